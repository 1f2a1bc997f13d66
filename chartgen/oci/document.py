"""JSON documents of other people, read strictly, and our own, written one way only."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from chartgen.errors import InvalidInput

Json = dict[str, Any]
_MISSING = object()


def load(data: bytes, what: str) -> Json:
    """A JSON object, or InvalidInput that names `what`."""
    try:
        value = json.loads(data.decode(), parse_constant=_constant)
    except (ValueError, RecursionError) as fault:
        raise InvalidInput(f"{what} is not JSON: {fault}") from None
    return mapping(value, what)


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def dump(value: Json | list[Json]) -> bytes:
    """The one spelling of what we write ourselves: compact, UTF-8, keys as they stand.

    A lone surrogate, which no UTF-8 can hold, becomes a question mark as in other tools.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def mapping(value: Any, what: str) -> Json:
    """A JSON object."""
    if not isinstance(value, dict):
        raise InvalidInput(f"{what} is malformed: an object was expected, not {_name(value)}")
    return value


def section(value: Json, key: str, what: str) -> Json:
    """The object under a key; one that is not there, or null, is empty."""
    found = value.get(key)
    return {} if found is None else mapping(found, f"{key} of {what}")


def items(value: Json, key: str, what: str) -> list[Any]:
    """The list under a key; one that is not there, or null, is empty."""
    found = value.get(key)
    if found is not None and not isinstance(found, list):
        raise InvalidInput(f"{what} is malformed: {key} is {_name(found)}, not a list")
    return found or []


def texts(value: Json, key: str, what: str) -> list[str]:
    """The list of texts under a key."""
    found = items(value, key, what)
    if not all(isinstance(item, str) for item in found):
        raise InvalidInput(f"{what} is malformed: {key} does not hold texts only")
    return found


def text(value: Json, key: str, what: str, *, default: str | None = None) -> str:
    """The text under a key; without a default it must be there and not be empty."""
    found = value.get(key)
    if found is None and default is not None:
        return default
    if not isinstance(found, str) or not (found or default is not None):
        raise InvalidInput(f"{what} is malformed: {key} is {_name(value.get(key, _MISSING))}")
    return found


def size(value: Json, key: str, what: str) -> int:
    """The number of bytes under a key."""
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise InvalidInput(f"{what} is malformed: {key} is {_name(value.get(key, _MISSING))}")
    return found


def annotated(value: Json, what: str) -> dict[str, str]:
    """Annotations (image-spec `annotations.md`): texts under texts."""
    found = section(value, "annotations", what)
    if not all(isinstance(item, str) for item in found.values()):
        raise InvalidInput(f"{what} is malformed: an annotation is not a text")
    return found


def _name(value: Any) -> str:
    if value is _MISSING:
        return "missing"
    if value is None:
        return "null"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"{value!r:.80}"
