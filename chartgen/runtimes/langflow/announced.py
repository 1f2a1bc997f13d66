"""Finds values in a text whose names say that they are secret, in whatever way both are written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartgen.runtimes.langflow import formats, wording

# What every name of a secret has in it.
MARKS = ("key", "token", "secret", "pass", "pwd", "auth", "credential", "cookie", "string")
NAME_LENGTH = 64
# How much of a text is looked through for names at a time.
WINDOW = 1 << 16
# How JSON in JSON in JSON writes the mark of a text.
MARK = r"\\{0,7}[\"']"
TEXT = rf"{MARK}([^\"'\s\\]{{6,512}}+)\\{{0,7}}[\"']"
QUOTED = re.compile(
    r"\\{0,7}[\"'\]]{0,3}\s{0,3}(?::\s{0,3}[A-Za-z][\w.\[\]| ]{0,24}?\s{0,3}=|[:=]=?>?|,)\s{0,3}"
    r"(?:SecretStr\(|str\(|[\[(])?\s{0,3}[rbuf]{0,2}\\{0,7}[\"']{1,3}(?:(?:bearer|basic|token)\s)?"
    r"([^\"'\s\\]{6,512}+)\\{0,7}[\"']",
    re.IGNORECASE,
)
# A value that comes later: in an object or a call that the name begins, or where nothing else is.
LATER = (
    re.compile(
        rf"{MARK}[^(){{}}]{{0,300}}?[\s,\"'\\](?:value|default){MARK}?\s{{0,3}}[:=]\s{{0,3}}"
        rf"{MARK}(?:(?:bearer|basic|token)\s)?([^\"'\s\\]{{6,512}}+)\\{{0,7}}[\"']",
        re.IGNORECASE,
    ),
    re.compile(rf"[^\n]{{0,120}}?(?:\b(?:or|else)\s{{1,3}}|\bdefault\s{{0,2}}=\s{{0,2}}){TEXT}"),
)
# The user and the password of a call such as `auth=("bot", "…")`.
PASSED = re.compile(rf"\s{{0,3}}=?\s{{0,3}}\(\s{{0,3}}[\"'][^\"'\n]{{1,99}}[\"'],\s{{0,3}}{TEXT}")
TAGGED = re.compile(r">\s{0,3}([^\s<>\"'&]{6,512}+)\s{0,3}</")
PAIR = re.compile(r"=([^;,\s(){}<>\"'&\\]{4,200}+)(?=[;\s\"'&\\]|$)")
BRACED = re.compile(r"=\{([^{};\s]{6,200}+)\}(?=[;\s\"'\\]|$)")
OTHER_PAIR = re.compile(
    r"(?i)\b(?:host|server|data source|user ?(?:id|name)?|uid|dbname|database|port|accountname|"
    r"endpoint|initial catalog|sharedaccesskeyname|defaultendpointsprotocol)="
    r"[^\s(){};\"']+(?=[;\s]|$)"
)
NEAR = 200
# What a program has in place of a value.
EXPRESSION = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\[?")
# `getenv("KEY", "…")` and its like: of other lists of texts nothing is known.
CALL = re.compile(r"(?i)(?:get|getenv|setdefault|set|header|add|append)\(\s*r?[\"']$")
# In Chinese a colon is as wide as a letter.
PROSE = re.compile(
    r"[\"'`*]{0,3}\s{0,2}(?:is\b\s{0,2}:?|[:=：|])[*\s]{0,4}[\"'`]?"
    r"([^\s\"'`,;<>(){}\[\]\\|]{8,200}+)"
)
FLAG = re.compile(r"(?: |=)([^\s\"'`,;<>(){}\[\]-][^\s\"'`,;<>(){}\[\]]{7,199}+)")
# People write `API key`, in two words.
FORMER = re.compile(r"(?i)(?:api|access|secret|private|auth|signing|encryption|account)[ \t]\Z")
# Variables such as `ACME_KEY`, which may be keys of any kind.
CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_KEY")


def find(text: str) -> Iterator[str]:
    """Each value in a text that its name calls secret."""
    done = -1
    # In windows: of a long text all names at once, or its small letters, take many times its size.
    for first in range(0, len(text), WINDOW):
        before = min(first, NAME_LENGTH)
        low = _lower(text[first - before : first + WINDOW + NAME_LENGTH])
        for found in sorted(_names(low, before)):
            start, end = (place + first - before for place in found)
            if end > done:
                done = end
                if value := _value(text, start, end):
                    yield value


def _lower(text: str) -> str:
    """A text in small letters, each in its place: one letter of Turkish would become two."""
    return text.replace("İ", "i").lower()


def _names(low: str, before: int) -> Iterator[tuple[int, int]]:
    """Where the words stand that have a mark in them, from a place to the window's end."""
    for mark in MARKS:
        at = low.find(mark, before, before + WINDOW + len(mark) - 1)
        while at >= 0:
            start, end = at, at + len(mark)
            while start and at - start < NAME_LENGTH and _in_name(low[start - 1]):
                start -= 1
            while end < len(low) and end - at < NAME_LENGTH and _in_name(low[end]):
                end += 1
            yield start, end
            at = low.find(mark, end, before + WINDOW + len(mark) - 1)


def _in_name(character: str) -> bool:
    return character.isalnum() or character in "_-"


def _value(text: str, start: int, end: int) -> str:
    """The secret that a name announces, or ""."""
    name = text[start:end]
    if name.lower() in {"key", "keys"} and (
        former := FORMER.search(text, max(0, start - 11), start)
    ):
        name = former[0] + name
    if not wording.announces(name):
        match = QUOTED.match(text, end) if CAPITALS.fullmatch(name) else None
        return match[1] if match and wording.is_key(name, match[1]) else ""
    is_password = wording.announces_password(name)
    is_flag = name[0] == "-" or text[max(0, start - 1) : start] == "-"
    if (match := QUOTED.match(text, end)) and is_literal(match[1], weak=is_password):
        listed = "," in text[end : match.start(1)]
        if not listed or is_flag or CALL.search(text[max(0, start - NEAR) : start]):
            return match[1]
    if (match := PASSED.match(text, end)) and is_literal(match[1], weak=True):
        return match[1]
    if (match := PAIR.match(text, end)) and _is_connections(text, start, match):
        return match[1]
    return _strong(text, end, is_flag)


def _strong(text: str, end: int, is_flag: bool) -> str:
    """The secret behind a name where only its looks tell it from other words, or ""."""
    if (match := BRACED.match(text, end)) and not EXPRESSION.fullmatch(match[1]):
        return match[1] if wording.is_strong(match[1]) else ""
    for shape in (*LATER, TAGGED):
        if (match := shape.match(text, end)) and is_literal(match[1], weak=False):
            return match[1]
    match = (FLAG if is_flag else PROSE).match(text, end)
    if match and is_literal(match[1], weak=False):
        return match[1] if not re.search(r"[._]\w*[a-z]{3}", match[1]) else ""
    return ""


def _is_connections(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether `name=value` is a part of a connection string."""
    value, after = match[1], text[match.end() : match.end() + NEAR]
    if is_example(value) or wording.HARMLESS.fullmatch(value):
        return False
    if not after.startswith(";") and EXPRESSION.fullmatch(value) and not wording.is_strong(value):
        return False
    return bool(OTHER_PAIR.search(text[max(0, start - NEAR) : start] + after))


def is_example(text: str) -> bool:
    """Whether a text is none of anybody's secrets: an example, a placeholder, a variable."""
    return (
        text.lower() in wording.EXAMPLE_PASSWORDS
        or text.startswith(("{", "$", "%"))
        or wording.is_placeholder(text)
        or bool(formats.EXAMPLE.search(text))
    )


def is_literal(text: str, *, weak: bool) -> bool:
    """Whether a text under a secret's name is one; a password may be `weak`."""
    if is_example(text) or wording.HARMLESS.fullmatch(text) or "://" in text:
        return False
    if re.fullmatch(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z]+(?:[_.-][a-z]+)*\d?", text):
        return False  # the name of a variable or of a field
    if any(c in "{}()<>" for c in text) or any(map(str.isspace, text)):
        return False
    return wording.is_strong(text) or (
        weak and any(not c.isalpha() and c not in "_-" for c in text)
    )
