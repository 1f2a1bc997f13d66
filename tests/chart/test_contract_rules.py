"""Each rule of the schema: one input that passes and one that is refused, where it stands."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests import chart_variants
from tests.chart.contract import KEYWORDS, Case, Contract, Path, forbidden
from tests.chart.toggles import MATRIX
from tests.chart_pieces import Values, merged

CONTRACT = Contract(json.loads(chart_variants.files()["values.schema.json"]))
CASES = list(CONTRACT.cases())
# What one value is bound to by another.
ALSO_NEEDED: Values = {
    "autoscaling.maxReplicas": {"autoscaling": {"minReplicas": 1}},
    "terminationGracePeriodSeconds": {"preStopSeconds": 0},
}


@pytest.mark.parametrize("case", [case for case in CASES if case.fits], ids=str)
def test_a_rule_takes_what_fits(case: Case) -> None:
    assert not chart_variants.engine().refusal(placed(case))


@pytest.mark.parametrize("case", [case for case in CASES if not case.fits], ids=str)
def test_a_rule_refuses_what_breaks_it_and_says_where(case: Case) -> None:
    place = "/".join(("", *(str(part).replace("/", "~1") for part in case.path)))
    assert f"at '{place}'" in chart_variants.engine().refusal(placed(case)), case.value


def test_every_rule_has_an_input_that_is_refused() -> None:
    tried = {(case.path, case.keyword) for case in CASES if not case.fits}
    assert ruled() - tried == set()


def test_every_rule_has_an_input_that_passes() -> None:
    tried = {(case.path, case.keyword) for case in CASES if case.fits}
    # What fits a type has the keys that are required, and no unknown one.
    typed = {path for path, keyword in tried if keyword == "type"}
    left = {
        (path, keyword)
        for path, keyword in ruled() - tried
        if keyword not in {"required", "additionalProperties"} or path not in typed
    }
    assert left == set()


def ruled() -> set[tuple[Path, str]]:
    """Every keyword of the schema that asks for something, with its place."""
    return {
        (path, keyword)
        for path, rule in CONTRACT.rules()
        for keyword, asked in rule.items()
        if path and not forbidden(rule) and keyword in KEYWORDS and not isinstance(asked, Mapping)
    }


def placed(case: Case) -> Values:
    """All values with the input of a case among them."""
    below = merged(chart_variants.given(), needs(case.place))
    value = case.value
    if case.fits and case.keyword in {"type", "pattern"}:
        if case.place in MATRIX:
            value = MATRIX[case.place].value
        if isinstance(value, Mapping):
            value = merged(_inside(below, case.path), value)
    return dict(CONTRACT.placed(below, case.path, value))


def _inside(values: Any, path: Path) -> Any:
    for part in path:
        there = values[part] if isinstance(part, int) and values else {}
        values = values.get(part) or {} if isinstance(values, Mapping) else there
    return values


def needs(place: str) -> Values:
    """What else has to be set for a value to be taken: as the matrix has it."""
    above = [path for path in MATRIX if place == path or place.startswith(f"{path}.")]
    below = [path for path in MATRIX if path.startswith(f"{place}.")]
    known = [*above, *below]
    return merged(MATRIX[known[0]].needs if known else {}, ALSO_NEEDED.get(place, {}))
