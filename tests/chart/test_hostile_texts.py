"""Whatever text stands in a value arrives as it is where it should, and changes nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache

import pytest

from tests import chart_variants
from tests.chart.contract import Contract
from tests.chart.differences import changes
from tests.chart.hostile_texts import TEXTS
from tests.chart.text_groups import DOUBLED, GROUPS, HANDED_ON, NAMED
from tests.chart.text_places import Place, places, readable, replaced
from tests.chart_pieces import Values, merged
from tests.standards.documents import Documents

CONTRACT = Contract(json.loads(chart_variants.files()["values.schema.json"]))
PLACES = places(CONTRACT)
# Variables that hold a list.
LISTS = {"TOPICS"}
# Control characters, and what is no character: no YAML holds them as they are.
UNWRITABLE = re.compile("[\x7f-\x9f\ufffe\uffff\U0001fffe]")


def short(text: str) -> str:
    return ascii(text)[:30]


def begins(place: Place, starts: Iterable[str]) -> bool:
    return any(str(place) == start or str(place).startswith(f"{start}.") for start in starts)


def takes(place: Place, text: str) -> bool:
    """Say whether a text can stand in a place; what is handed on keeps no blanks at an end."""
    if begins(place, HANDED_ON) and (UNWRITABLE.search(text) or not text.strip()):
        return False
    form = next((form for start, form in NAMED.items() if begins(place, (start,))), "(?s).*")
    return place.takes(text) and bool(re.fullmatch(form, text))


@cache
def tried(name: str) -> tuple[Place, ...]:
    return tuple(place for place in PLACES if GROUPS[name].has(str(place)))


def filled(name: str, text: str | None = None) -> Values:
    """Values with the text in every place of a group that takes it, and markers in the others."""
    group = GROUPS[name]
    values = merged(chart_variants.given(), group.values)
    for absent in group.without:
        del values[absent]
    for place in tried(name):
        fits = text is not None and takes(place, text)
        values = CONTRACT.placed(values, place.path, text if fits else place.marker)
    return values


@cache
def marked(name: str) -> Documents:
    return readable(chart_variants.engine().as_clusters_read(filled(name)), LISTS)


def test_there_are_enough_texts_and_places() -> None:
    assert len(TEXTS) >= 133
    assert {trial.values[0] for trial in TRIALS} == set(TEXTS)
    assert len(PLACES) >= 100


def test_every_place_for_a_text_is_tried() -> None:
    tried_ones = {str(place) for name in GROUPS for place in tried(name)}
    assert [str(place) for place in PLACES if str(place) not in tried_ones] == []


@pytest.mark.parametrize("name", GROUPS)
def test_every_text_is_seen_somewhere(name: str) -> None:
    text = json.dumps(marked(name))
    assert [str(place) for place in tried(name) if place.marker not in text] == []


# Where the schema refuses a text everywhere, that is right, too.
TRIALS = [
    pytest.param(text, name, id=f"{name}-{short(text)}")
    for name in GROUPS
    for text in TEXTS
    if any(takes(place, text) for place in tried(name))
]


@pytest.mark.parametrize(("text", "name"), TRIALS)
def test_a_hostile_text_arrives_as_it_is_and_changes_nothing_else(text: str, name: str) -> None:
    inserted = [place for place in tried(name) if takes(place, text)]

    def change(found: str) -> str:
        for place in inserted:
            if place.marker in found:
                told = text.replace("$", "$$") if begins(place, DOUBLED) else text
                found = found.replace(place.marker, told)
        return found

    rendered = chart_variants.engine().as_clusters_read(filled(name, text))
    assert changes(replaced(marked(name), change), readable(rendered, LISTS)) == {}


@pytest.mark.parametrize("start", HANDED_ON)
def test_what_no_yaml_holds_is_refused_where_it_would_be_left_out(start: str) -> None:
    below = merged(chart_variants.given(), GROUPS["values"].values)
    for place in tried("values"):
        if begins(place, (start,)) and place.takes("\x7f"):
            values = CONTRACT.placed(below, place.path, "\x7f")
            assert "YAML cannot carry" in chart_variants.engine().refusal(values), str(place)
