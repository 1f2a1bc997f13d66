"""Whether a text holds a secret: the question that all others of this folder ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chartgen.runtimes.langflow import announced, literals
from chartgen.runtimes.langflow.wording import (
    HARMLESS,
    announces,
    announces_password,
    is_key,
    is_placeholder,
    looks_secret,
    words,
)

__all__ = [
    "announces",
    "held_under",
    "is_placeholder",
    "kinds",
    "looks_secret",
    "redacted",
    "said_by",
    "words",
]

CODE_LENGTHS = range(500, 50_000)
# How Langflow writes a variable inside another text.
VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")


def kinds(text: str) -> Iterator[str]:
    """What secrets a text holds, in words; the secrets themselves are not given."""
    yield from (_kinds_in_code if len(text) in CODE_LENGTHS else _kinds)(text)


def _kinds(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind for kind, _ in literals.find(text)))


# Flows share their components' code. Short texts are looked at as fast as they are looked up, and
# long ones would fill the memory.
_kinds_in_code = lru_cache(maxsize=512)(_kinds)


def redacted(text: str) -> str:
    """The text without the secrets that it holds."""
    for _, literal in [*literals.find(text)]:
        text = text.replace(literal, "***")
    return text


def held_under(key: object, text: str) -> bool:
    """Whether a header's or variable's value is a secret, by its key or by its looks."""
    rest = VARIABLE.sub("", text)
    if is_placeholder(rest) or HARMLESS.fullmatch(rest):
        return False
    return (
        isinstance(key, str) and len(rest) > 3 and (announces(key) or is_key(key, rest))
    ) or any(kinds(text))


def said_by(name: str, text: str) -> bool:
    """Whether a plain field or a value somewhere is a secret, because its name says so.

    Names alone are not trusted as a header's is: the value must look like one, too.
    """
    if not announces(name):
        return False
    if words(name)[-1] == "COOKIE":
        return any(announced.is_literal(part, weak=False) for part in re.split(r"[=;\s]+", text))
    return announced.is_literal(text, weak=announces_password(name))
