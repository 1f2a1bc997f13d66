"""What checkov says of every variant: nothing, except where credentials are variables."""

from __future__ import annotations

import pytest

from tests import chart_variants
from tests.chart_variants import VARIANTS
from tests.standards import checkov

# "Prefer using secrets as files over secrets as environment variables": how it is asked for.
ENVIRONMENT = "CKV_K8S_35"


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    # A release of its own each: the policy of one would stand for the pods of another.
    releases = {
        name: chart_variants.engine().documents(
            chart_variants.values(variant), api_versions=variant.api_versions, name=name
        )
        for name, variant in VARIANTS.items()
    }
    try:
        return checkov.failures(releases, tmp_path_factory.mktemp("checkov"))
    except checkov.Missing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("variant", VARIANTS)
def test_checkov_finds_nothing_but_that_credentials_are_variables_where_they_are(
    variant: str, failures: dict[str, set[str]]
) -> None:
    found = failures.get(variant, set())
    excused = set(VARIANTS[variant].excused)
    if chart_variants.values(VARIANTS[variant]).get("credentialsAs") != "file":
        assert f"{ENVIRONMENT} Deployment-{variant}-support" in found
        excused.add(ENVIRONMENT)
    left = sorted(failure for failure in found if failure.split()[0] not in excused)
    assert not left, "\n".join(left)
