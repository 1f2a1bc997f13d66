from __future__ import annotations

from typing import Any

import pytest

from chartgen import report
from chartgen.model import App, Selection
from tests.flows_factory import (
    FAKE_KEY,
    codes,
    component,
    credentials,
    edge,
    flow,
    found,
    load,
    secret,
    template,
)

LITERALS = [
    FAKE_KEY,
    "EnE19gQwErTyUiOpAsDfGh12",
    "hunter2-is-No-Good",
    "AKIAQ3EGRZWTPNBVXYKD",
    "correct horse battery staple",
    "lower_case_name",
    "8F3BA2F56D1C4A559A0E",
]


def bound(name: str) -> dict[str, Any]:
    return {"value": name, "load_from_db": True}


def assert_kept_out(app: App, value: str) -> None:
    """The value stands nowhere in what people see or take along."""
    assert value not in repr(app)
    assert value not in report.dump(report.of(app))
    assert all(value.encode() not in data for data in app.files.values())


@pytest.mark.parametrize("value", LITERALS)
@pytest.mark.parametrize("mark", [True, False])
def test_a_literal_stops_the_packaging_and_is_never_shown(value: str, mark: bool) -> None:
    app = load(flow(component("Acme", "n", "My tool", api_key=secret(value, mark)), name="Bot"))
    finding = found(app, "literal-secret")
    assert finding.level == "error"
    assert (finding.file, finding.flow, finding.component) == ("0.json", "Bot", "My tool")
    assert finding.at == "$.data.nodes[0].data.node.template.api_key.value"
    assert "--bind-literals" in finding.fix
    assert_kept_out(app, value)


@pytest.mark.parametrize("value", LITERALS)
def test_with_bind_literals_a_literal_is_cut_out(value: str) -> None:
    app = load(flow(component(api_key=secret(value))), bind_literals=True)
    assert codes(app) == ["literal-cut"]
    assert template(app)["api_key"].items() >= bound("ACME_API_KEY").items()
    assert_kept_out(app, value)


@pytest.mark.parametrize("value", [["a-Literal-1"], {"key": "a-Literal-1"}, 123456789])
def test_a_literal_need_not_be_text(value: Any) -> None:
    app = load(flow(component(api_key=secret(value))))
    assert codes(app) == ["literal-secret"]
    assert_kept_out(app, "a-Literal-1")


def test_every_literal_is_named_at_once() -> None:
    node = component(a=secret("Literal-One-1"), b=secret("Literal-Two-2"))
    app = load(flow(node), flow(component(c=secret("Literal-Three-3")), name="B"))
    places = [(f.file, f.field) for f in app.findings if f.code == "literal-secret"]
    assert places == [("0.json", "a"), ("0.json", "b"), ("1.json", "c")]


def test_two_different_literals_never_become_one_credential() -> None:
    nodes = [component("Acme", f"n{n}", key=secret(f"Literal-{n % 2}-abc")) for n in range(4)]
    app = load(flow(*nodes), bind_literals=True)
    assert credentials(app) == {"ACME_KEY", "ACME_KEY_2"}
    assert [template(app, n)["key"]["value"] for n in range(4)] == ["ACME_KEY", "ACME_KEY_2"] * 2


def test_a_literal_under_an_edge_is_cut_out_and_told_too() -> None:
    given = flow(component(key=secret("Literal-1")), edges=[edge("Acme-1", "key")])
    assert codes(load(given)) == ["literal-secret"]
    app = load(given, bind_literals=True)
    assert (codes(app), credentials(app)) == (["literal-cut"], set())
    assert_kept_out(app, "Literal-1")


def test_literals_that_a_mapping_names_get_the_name_it_says() -> None:
    nodes = [component("Acme", f"n{n}", key=secret(f"Literal-{n}-abc")) for n in range(2)]
    choice = Selection(field="key", name="CRM_KEY")
    app = load(flow(*nodes), credentials=[choice], bind_literals=True)
    assert credentials(app) == {"CRM_KEY"}


def test_a_literal_in_a_field_that_the_editor_hides_is_bound_too() -> None:
    app = load(flow(component(key=secret("Literal-1", show=False))), bind_literals=True)
    assert credentials(app) == {"ACME_KEY"}


def test_a_mapping_does_not_excuse_a_literal() -> None:
    choice = Selection(field="key", name="CRM_KEY")
    app = load(flow(component(key=secret("Literal-1"))), credentials=[choice])
    assert codes(app) == ["literal-secret"]
    assert_kept_out(app, "Literal-1")
