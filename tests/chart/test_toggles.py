"""Each value changes what it says, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from tests import chart_variants
from tests.chart.differences import changes
from tests.chart.toggles import MATRIX, Toggle
from tests.chart_pieces import Values, merged

# There to be refused, and there for a parent chart.
WITHOUT_EFFECT = {"downloadFlows", "enabled"}


@pytest.mark.parametrize("path", MATRIX)
def test_a_value_changes_what_it_says_and_nothing_else(path: str) -> None:
    toggle = MATRIX[path]
    below = merged(chart_variants.given(), toggle.needs)
    engine = chart_variants.engine()
    found = changes(engine.documents(below), engine.documents(replaced(below, path, toggle.value)))
    for place, value in found.items():
        assert value == wanted(toggle, place), place
    missing = [each for each in toggle.changes if not any(fnmatchcase(at, each) for at in found)]
    assert missing == [], list(found)


@pytest.mark.parametrize("enabled", [True, False])
def test_a_condition_of_a_parent_chart_changes_nothing_in_the_chart_itself(enabled: bool) -> None:
    engine, given = chart_variants.engine(), chart_variants.given()
    assert engine.documents({**given, "enabled": enabled}) == engine.documents(given)


def test_every_value_is_in_the_matrix() -> None:
    files = chart_variants.files()
    known = {
        *leaves(yaml.safe_load(files["values.yaml"])),
        *properties(json.loads(files["values.schema.json"])),
    }
    groups = {path for path in known if any(each.startswith(f"{path}.") for each in known)}
    assert sorted(known - groups - WITHOUT_EFFECT - MATRIX.keys()) == []
    assert sorted(MATRIX.keys() - known) == []


def wanted(toggle: Toggle, place: str) -> Any:
    """What a place has to be afterwards; no two rows speak of one place."""
    rows = [path for path in toggle.changes if fnmatchcase(place, path)]
    assert len(rows) == 1, f"{place} is changed, too"
    return toggle.changes[rows[0]]


def replaced(values: Values, path: str, value: Any) -> Values:
    """Put a value in its place; what stands there is not merged with it."""
    first, _, rest = path.partition(".")
    return {**values, first: replaced(values.get(first) or {}, rest, value) if rest else value}


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The paths of all values that are no groups."""
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def properties(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The paths of all values that a schema describes, those without a default among them."""
    for name, rule in schema["properties"].items():
        if rule.get("properties"):
            yield from properties(rule, f"{prefix}{name}.")
        elif "properties" not in rule:
            yield f"{prefix}{name}"
