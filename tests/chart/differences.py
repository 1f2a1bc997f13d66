"""What differs between two renderings: path → what stands there afterwards.

A path is words with spaces between them, as no key of Kubernetes has one. An object is its kind,
with what its name adds to the release's; an item of a list is its name, where it has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.standards.documents import Documents

FULL_NAME = "demo-support"


class _Gone:
    def __repr__(self) -> str:
        return "GONE"


GONE = _Gone()


def changes(before: Documents, after: Documents) -> dict[str, Any]:
    """Everything that was changed, added or removed.

    >>> changes({"Pod/demo-support": {"a": [{"name": "x", "b": 1}]}},
    ...         {"Pod/demo-support": {"a": [{"name": "x", "b": 2}]}})
    {'Pod a x b': 2}
    """
    shorter = [{_object(name): found for name, found in each.items()} for each in (before, after)]
    return dict(_changes("", *shorter))


def _object(name: str) -> str:
    kind, _, own = name.partition("/")
    if own == FULL_NAME:
        return kind
    return f"{kind}{own.removeprefix(FULL_NAME)}" if own.startswith(f"{FULL_NAME}-") else name


def _changes(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(before, list) and isinstance(after, list):
        before, after = _named(before), _named(after)
    if not (isinstance(before, dict) and isinstance(after, dict)):
        if before != after or type(before) is not type(after):
            yield path, after
        return
    for key in {**before, **after}:
        place = f"{path} {key}".lstrip()
        if key not in after:
            yield place, GONE
        elif key not in before:
            yield place, after[key]
        else:
            yield from _changes(place, before[key], after[key])


def _named(items: list[Any]) -> dict[Any, Any]:
    named = {_name(number, item): item for number, item in enumerate(items)}
    assert len(named) == len(items)
    return named


def _name(number: int, item: Any) -> Any:
    if isinstance(item, dict):
        # Two mounts may be of one volume: the path tells them apart.
        return item.get("mountPath", item.get("name", number))
    return number
