"""Data to bytes and back: JSON and YAML in the one shape that Helm reads as it is meant."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from chartgen.errors import InvalidInput

# Keys that may stand bare: not so `Y`, `NO` or `NULL`, which some parser takes for no text.
_BARE_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_NOT_A_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


def to_bytes(text: str) -> bytes:
    """Encode a text; half a character, which JSON can smuggle in, is refused in words."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        broken = text[error.start : error.end].encode("unicode-escape").decode()
        raise InvalidInput(f"half a character ({broken}) in a text cannot be written") from None


def to_json(data: object) -> bytes:
    """Write JSON as charts carry it: two spaces, every character as itself."""
    return to_bytes(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def to_line(data: object) -> str:
    """Write JSON on one line, for annotations."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def to_yaml(data: object) -> bytes:
    """Write YAML; the comments of what was read with `from_yaml` stay."""
    buffer = io.StringIO()
    _yaml().dump(data, buffer)
    return to_bytes(buffer.getvalue())


def from_yaml(data: bytes) -> CommentedMap:
    """Read a YAML mapping together with its comments."""
    loaded = _yaml().load(data.decode())
    if not isinstance(loaded, CommentedMap):
        raise TypeError("the template's YAML is a mapping")
    return loaded


def quoted(value: object) -> object:
    """Double-quote all texts in a value: what looks like a number or a truth stays a text."""
    if isinstance(value, str):
        to_bytes(value)
        return DoubleQuotedScalarString(value)
    if isinstance(value, Mapping):
        return CommentedMap((key(name), quoted(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return CommentedSeq(quoted(item) for item in value)
    return value


def key(name: str) -> str:
    """Double-quote a key unless every YAML parser takes it for a text as it stands."""
    bare = _BARE_KEY.fullmatch(name) and name.lower() not in _NOT_A_TEXT
    return name if bare else DoubleQuotedScalarString(name)


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000_000  # a folded text is harder to read, and to compare
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
