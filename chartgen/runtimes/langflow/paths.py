"""Ways through a JSON value: to every text in it, and as people write them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from chartgen.runtimes.langflow.secrets import redacted

Path = tuple[str | int, ...]
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def strings(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a JSON value with the way to it, in the file's order; keys are texts too."""
    waiting: list[Iterator[tuple[Path, Any]]] = [iter([(path, value)])]
    while waiting:
        for here, item in waiting[-1]:
            if isinstance(item, str):
                yield here, item
            elif isinstance(item, dict | list):
                if isinstance(item, dict):
                    yield from (((*here, key), key) for key in item)
                waiting.append(_inside(here, item))
                break
        else:
            waiting.pop()


def _inside(path: Path, value: dict[str, Any] | list[Any]) -> Iterator[tuple[Path, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return (((*path, step), item) for step, item in items)


def texts(value: Any) -> set[str]:
    """Every text in a JSON value, each once: many times as fast as with the ways to them."""
    found: set[str] = set()
    level: list[Any] = [value]
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                found.update(item)
                below += item.values()
            elif isinstance(item, list):
                below += item
            elif isinstance(item, str):
                found.add(item)
        level = below
    return found


def path_text(root: str, path: Path) -> str:
    """A JSON path as people write it: `$.data.nodes[3].data`, `$.headers["x-api-key"]`."""
    return root + "".join(map(_step, path))


def _step(step: str | int) -> str:
    if isinstance(step, str) and PLAIN.fullmatch(step):
        return f".{step}"
    return f"[{json.dumps(redacted(step) if isinstance(step, str) else step)}]"
