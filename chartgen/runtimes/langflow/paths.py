"""Ways through a JSON value: to every text in it, and as people write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a JSON value with the way to it, in the file's order."""
    waiting = [(path, value)]
    while waiting:
        here, item = waiting.pop()
        if isinstance(item, str):
            yield here, item
        elif isinstance(item, dict):
            waiting.extend(((*here, key), item[key]) for key in reversed(item))
        elif isinstance(item, list):
            waiting.extend(((*here, i), item[i]) for i in reversed(range(len(item))))


def path_text(root: str, path: Path) -> str:
    """A JSON path as people write it: `$.data.nodes[3].data`."""
    return root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
