"""What Helm says about a value must never be the value itself."""

from __future__ import annotations

from typing import Any

import pytest

from chartgen import chart
from chartgen.model import Credential
from tests import helm
from tests.sample import sample_app, sample_image

FERNET = r"^[A-Za-z0-9_-]{43}=?$"
FILES = chart.build(
    sample_app(
        credentials=(
            Credential(name="FERNET_KEY", pattern=FERNET, min_length=43, description="32 bytes"),
            Credential(name="API_KEY", min_length=16),
        )
    ),
    sample_image(),
).files
CANARY = "canary+never/shown"


@pytest.mark.parametrize(
    "given",
    [
        {"FERNET_KEY": {"value": CANARY}},
        {"FERNET_KEY": {"value": CANARY * 3}},
        {"API_KEY": {"value": CANARY[:9]}},
        {"API_KEY": CANARY},
        {"API_KEY": [CANARY]},
        {"API_KEY": {"value": {"a": CANARY}}},
    ],
)
def test_a_credential_of_the_wrong_form_is_refused_without_being_shown(given: Any) -> None:
    values = helm.values_of(FILES)
    values["credentials"].update(given)
    said = helm.refusal(FILES, values)
    assert CANARY[:9] not in said
    assert next(iter(given)) in said


def test_a_key_of_another_form_is_refused_with_what_it_should_be() -> None:
    values = helm.values_of(FILES)
    values["credentials"]["FERNET_KEY"] = {"value": CANARY * 3}
    assert "credentials.FERNET_KEY.value has another form: 32 bytes" in helm.refusal(FILES, values)


def test_a_blank_that_was_not_filled_in_is_refused_with_what_it_is_for() -> None:
    values = helm.values_of(FILES)
    values["credentials"] = {"FERNET_KEY": {"value": ""}, "API_KEY": {"value": ""}}
    said = helm.refusal(FILES, values)
    assert "credentials.FERNET_KEY.value has another form: 32 bytes" in said
    assert "credentials.API_KEY.value has to have 16 characters or more" in said
