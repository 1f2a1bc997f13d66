"""From bytes to a JSON value, strictly.

Langflow itself reads flow files with plain `json.loads` on UTF-8 text (lfx 1.13.0,
`initial_setup/setup.py`), so whatever Python's parser would let through but a pod would
choke on later (NaN, lone surrogates, NUL, a byte order mark) is settled here.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chartgen.runtimes.langflow.paths import Path, path_text

DEPTH_LIMIT = 100
# What a value takes in memory: an object, a list, what stands in either, and a text beside itself.
OBJECT, LIST, MEMBER, STRING = 232, 88, 32, 48
# How often a text is in memory at the same time, beside the file.
COPIES = 3
# How many times its size a file may take, and what any file may, by its values and by its texts.
TIMES = 10
FREE, FREE_TEXTS = 4 * 1024 * 1024, 64 * 1024 * 1024
INFINITE = (float("inf"), float("-inf"))
# Python keeps one or two bytes a character, but four where one character is beyond U+FFFF.
WIDE = re.compile(r"[\U00010000-\U0010ffff]|\\u[dD][89abAB]")
TEXT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
# How a NUL or a surrogate gets into a text that was decoded well: by an escape.
DOUBTFUL = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


class Refused(ValueError):
    """Something Python's JSON parser accepts and we do not."""


@dataclass
class _Doubts:
    """What the parser is asked to notice: keys that stand twice, numbers out of all bounds."""

    repeated: set[str] = field(default_factory=set)
    infinite: bool = False

    def pairs(self, items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) < len(items):
            counts = Counter(key for key, _ in items)
            self.repeated.update(key for key, count in counts.items() if count > 1)
        return result

    def number(self, text: str) -> float:
        value = float(text)
        self.infinite = self.infinite or value in INFINITE
        return value


def load(data: bytes) -> tuple[Any, tuple[str, ...]]:
    """The JSON value that bytes hold, and the keys that stand twice in one of its objects.

    Raises Refused, in words that say where in the value.
    """
    try:
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as fault:
        raise Refused(f"byte {fault.start} is not {fault.encoding.upper()} text") from fault
    if _is_dense(text, len(data)):
        raise Refused("this holds more objects, lists and values than any flow of its size")
    if _is_wide(text, len(data)):
        raise Refused(
            "this holds a text of megabytes with an emoji in it, or another character beyond U+FFFF"
        )
    doubts = _Doubts()
    value = _parsed(text, doubts)
    # Nearly every file is beyond doubt, and to look at each value takes longer than to parse all.
    if doubts.infinite or DOUBTFUL.search(text) or _is_deep(value):
        _inspect(value)
    return value, tuple(sorted(doubts.repeated))


def _is_dense(text: str, size: int) -> bool:
    """Whether the values of a file of that size would take far more memory than the file."""
    room = max(FREE, TIMES * size) - (1 + COPIES) * size
    if _cost(text) + STRING * text.count('"') <= room:
        return False
    # Braces and commas in texts cost nothing, and to leave them out takes a while.
    end = 0
    for match in TEXT.finditer(text):
        room -= STRING + _cost(text[end : match.start()])
        if room < 0:
            return True
        end = match.end()
    return _cost(text[end:]) > room


def _cost(text: str) -> int:
    return OBJECT * text.count("{") + LIST * text.count("[") + MEMBER * text.count(",")


def _is_wide(text: str, size: int) -> bool:
    """Whether texts with four bytes a character would take far more memory than the file."""
    cost = 4 * COPIES * len(text)
    if cost > max(FREE_TEXTS, TIMES * size) and WIDE.search(text):
        cost = 4 * COPIES * sum(len(m[0]) for m in TEXT.finditer(text) if WIDE.search(m[0]))
        return cost > max(FREE_TEXTS, TIMES * size)
    return False


def _parsed(text: str, doubts: _Doubts) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=doubts.pairs,
            parse_float=doubts.number,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise Refused(f"this is not JSON: {fault.msg} at {place}") from fault
    except RecursionError as fault:
        raise Refused(_too_deep()) from fault
    except Refused:
        raise
    except ValueError as fault:
        raise Refused("this holds a whole number of thousands of digits") from fault


def _refuse_constant(text: str) -> Any:
    raise Refused(f"{text} is not JSON")


def _is_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_LIMIT):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _too_deep() -> str:
    return f"this is nested more than {DEPTH_LIMIT} levels deep"


def _inspect(value: Any) -> None:
    """Refuse what cannot be written back: too deep, infinite, no text."""
    waiting: list[tuple[Any, Path]] = [(value, ())]
    while waiting:
        item, path = waiting.pop()
        if len(path) > DEPTH_LIMIT:
            raise Refused(_too_deep())
        if isinstance(item, dict):
            for key, child in item.items():
                _inspect_text(key, path)
                waiting.append((child, (*path, key)))
        elif isinstance(item, list):
            waiting.extend((child, (*path, i)) for i, child in enumerate(item))
        elif isinstance(item, str):
            _inspect_text(item, path)
        elif isinstance(item, float) and item in INFINITE:
            raise Refused(f"the number at {path_text('$', path)} is too large")


def _inspect_text(text: str, path: Path) -> None:
    if "\0" in text:
        raise Refused(f"the text at {path_text('$', path)} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        at = path_text("$", path)
        raise Refused(f"the text at {at} holds half a surrogate pair") from fault
