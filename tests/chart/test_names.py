"""Whatever a release is called: its objects have names that Kubernetes takes, or it is refused."""

from __future__ import annotations

import pytest

from tests import chart_variants
from tests.chart.test_standards import ALL
from tests.chart_pieces import EVERYTHING, merged

LONGEST = 53
RELEASES = (
    *("a", "a.b", "support", "my-support-2", "r" * LONGEST, "a.b-" * 13 + "c"),
    # A name is cut where a dash, or two, would be its end.
    *(f"{'r' * (length - 1)}-{'s' * (LONGEST - length)}" for length in (45, 46, 51, 52)),
    *(f"{'r' * (length - 2)}--{'s' * (LONGEST - length)}" for length in (45, 46, 51, 52)),
    *("1demo", "9"),
)


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_has_names_that_kubernetes_takes_or_is_refused(release: str) -> None:
    assert len(release) <= LONGEST
    engine = chart_variants.engine()
    values = merged(chart_variants.given(), EVERYTHING)
    if said := engine.refusal(values, name=release):
        assert "templates/values/validate.yaml" in said
    else:
        assert ALL["G19"].faults(engine.documents(values, name=release)) == []
