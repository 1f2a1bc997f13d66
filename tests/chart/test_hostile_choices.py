"""Where a value has a form or is a choice: a hostile text is refused there, or arrives as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import chart_variants
from tests.chart.contract import FREE_KEY, Path, forbidden, kinds_of
from tests.chart.hostile_texts import TEXTS
from tests.chart.test_contract_rules import needs
from tests.chart.test_hostile_texts import CONTRACT, PLACES, short
from tests.chart_pieces import merged


def narrow() -> Iterator[Path]:
    """The places for a text that the other tests of hostile texts leave out."""
    wide = {tuple(FREE_KEY if _free(part) else part for part in place.path) for place in PLACES}
    for path, rule in CONTRACT.rules():
        text = "string" in kinds_of(rule) or "enum" in rule
        if text and path not in wide and not forbidden(rule):
            yield path


def _free(part: str | int) -> bool:
    return str(part).startswith("key") and str(part)[3:].isdigit()


NARROW = [*narrow()]


def test_every_place_for_a_text_is_tried_here_or_there() -> None:
    assert len(NARROW) >= 25
    assert ("global", "imageRegistry") in NARROW
    assert ("networkAccess",) in NARROW


@pytest.mark.parametrize("text", TEXTS, ids=short)
def test_a_hostile_text_is_refused_where_it_stands_or_arrives_as_it_is(text: str) -> None:
    values = chart_variants.given()
    for path in NARROW:
        values = CONTRACT.placed(values, path, text)
    said = chart_variants.engine().refusal(values)
    for path in NARROW:
        if f"at '/{'/'.join(map(str, path))}'" not in said:
            arrives(path, text)


def arrives(path: Path, text: str) -> None:
    place = ".".join(map(str, path))
    below = merged(chart_variants.given(), needs(place))
    engine = chart_variants.engine()
    before = engine.as_clusters_read(below)
    after = engine.as_clusters_read(CONTRACT.placed(below, path, text))
    assert after.keys() == before.keys()
    assert any(text in leaf for leaf in leaves(after)), place


def leaves(tree: Any) -> Iterator[str]:
    """All texts of a tree, but for its keys; a number is none."""
    if isinstance(tree, dict):
        tree = [*tree.values()]
    if isinstance(tree, list):
        for each in tree:
            yield from leaves(each)
    elif isinstance(tree, str):
        yield tree
