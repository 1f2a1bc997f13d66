"""Changes to a flow: in its bytes, and in its tree of values."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.hostile import HOSTILE
from tests.unit.test_langflow_hostile import STRANGE

Way = tuple[Any, ...]
Mutation = Callable[[Any, random.Random], Any]

HUGE: tuple[Any, ...] = (
    10**400, 1e308, -(2**63), "x" * 100_000, "a-" * 20_000, "{" * 20_000, "((((" * 5_000,
    "\\" * 20_000, "'" * 20_000, "http://" + "a." * 5_000, "=" * 20_000, [[]] * 5_000,
    ["A_KEY"] * 2_000, {str(n): n for n in range(2_000)}, "import a." + "b." * 3_000 + "c",
    "f(" * 300 + ")" * 300, "\ud800", "\udfff", "\0", "postgresql://u:" + "p" * 10_000 + "@h/d",
)  # fmt: skip
TOKENS = (
    b"null", b"{}", b"[]", b'"', b"\\u0000", b"\\ud800", b"1e999", b"NaN", b"-", b"\xff\xfe",
    b"\xef\xbb\xbf", b"[" * 200, b'{"a":' * 200, b"9" * 5_000, b",,", b"\xed\xa0\x80",
)  # fmt: skip
# Names with a meaning where they end up: in YAML, templates, shells, paths, labels, processes.
NAMES = (
    *HOSTILE, "..", "../../etc/passwd", "/etc/passwd", "a/b\\c", "CON", "-rf", "--help", "PATH",
    "LD_PRELOAD", "KUBERNETES_SERVICE_HOST", "LANGFLOW_SECRET_KEY", "PYTHONPATH", "a" * 300,
    "8f3ba2f5-6d1c-4a55-9a0e-1b6f6f0d7c11", "<<: *a", "!!python/object:x", "${{x}}",
)  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> tuple[str, bytes]:
    """One mutant of a file: the name that it lies under, and its content."""
    kind = chance.random()
    if kind < 0.25:
        return "flow.json", in_bytes(data, chance)
    changed = in_values(data, chance)
    if kind > 0.97:
        return "flow.zip", _hurt(_zipped(changed, chance), chance)
    return "flow.json", changed


def in_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bits turned, parts cut out, doubled, or replaced, the end lost."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(found) + 1)
        end = at + chance.choice((0, 1, 4, 50))
        kind = chance.randrange(5)
        if kind == 0 and at < len(found):
            found[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            found[at:end] = chance.choice(TOKENS)
        elif kind == 2:
            found[at:end] = b""
        elif kind == 3:
            found[at:at] = found[at:end]
        elif chance.random() < 0.1:
            del found[at:]
    return bytes(found)


def in_values(data: bytes, chance: random.Random) -> bytes:
    """Values swapped, deleted, made huge, strange, or of another type."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return in_bytes(data, chance)
    holder = [value]
    ways = [*_ways(holder)]
    for _ in range(chance.choice((1, 1, 2, 4, 12))):
        way = chance.choice(ways)
        parent = _at(holder, way[:-1])
        if parent is not None and _has(parent, way[-1]):
            _change(parent, way[-1], chance, holder, ways)
    return json.dumps(holder[0], ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")


def _change(parent: Any, key: Any, chance: random.Random, holder: Any, ways: Sequence[Way]) -> None:
    kind = chance.randrange(8)
    if kind == 0 and parent is not holder:
        del parent[key]
    elif kind == 1:
        other = chance.choice(ways)
        parent[key] = copy.deepcopy(_at(holder, other))
    elif kind == 2 and isinstance(parent, dict):
        parent[chance.choice(NAMES)] = parent.pop(key)
    elif kind == 3 and isinstance(parent, list):
        parent.extend([copy.deepcopy(parent[key])] * chance.choice((1, 3, 20)))
    elif kind == 4:
        parent[key] = chance.choice(HUGE)
    elif kind == 5:
        parent[key] = chance.choice(NAMES)
    elif kind == 6:
        parent[key] = _retyped(parent[key])
    else:
        parent[key] = copy.deepcopy(chance.choice(STRANGE))


def _retyped(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value.items()]
    if isinstance(value, list):
        return {str(number): item for number, item in enumerate(value)}
    return {"value": value}


def _ways(value: Any, way: Way = ()) -> Iterator[Way]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, child in items:
        yield (*way, step)
        if isinstance(child, dict | list):
            yield from _ways(child, (*way, step))


def _has(parent: Any, key: Any) -> bool:
    if isinstance(parent, dict):
        return key in parent
    return isinstance(parent, list) and isinstance(key, int) and key < len(parent)


def _at(value: Any, way: Way) -> Any:
    for step in way:
        if not _has(value, step):
            return None
        value = value[step]
    return value


def _zipped(data: bytes, chance: random.Random) -> bytes:
    buffer = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in ("a.json", "../b.json", "/c.json", "folder\\d.json")[: chance.randint(1, 4)]:
            archive.writestr(name, data)
    return buffer.getvalue()


def _hurt(archive: bytes, chance: random.Random) -> bytes:
    return archive if chance.random() < 0.5 else in_bytes(archive, chance)
