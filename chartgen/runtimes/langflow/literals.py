"""Finds secrets in a text by what stands around them: URLs, connection strings, assignments."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from chartgen.runtimes.langflow import formats, wording

URL = re.compile(r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s\"'<>]+")
# A password in front of the host: RFC 3986, section 3.2.1. In a database's URL people forget to
# escape the slash in it.
USERINFO = re.compile(r"://[^\s/:@{}$]*:([^\s/@]+)@[\w.-]")
DATABASE = re.compile(r"^(?!https?:)[^:]+://[^\s/:@{}$]*:(?!\d{1,5}/)([^\s@]+)@[\w.-]")
# A token alone in front of the host, as Git and Sentry take it.
TOKEN_AS_USER = re.compile(r"://([A-Za-z0-9_-]{16,})@[\w.-]")
QUERY = re.compile(
    r"(?i)[?&;](?:api[_-]?key|(?:access|auth|id|refresh)[_-]?token|(?:client[_-]?)?secret|token|"
    r"password|pass|pwd|(?:account|access|shared|subscription|function|consumer)[_-]?key)="
    r"([^&{}$#<]{6,})"
)
# Short names that mean a key when what follows looks like one.
QUERY_KEY = re.compile(
    r"(?i)[?&](?:key|auth|sig|signature|code|appid|app_id|pat|sas)=([^&{}$#<]{16,})"
)
WEBHOOK = re.compile(
    r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:\w+\.)?discord(?:app)?\.com/api/"
    r"webhooks|[\w.-]+\.webhook\.office\.com|outlook\.office\.com/webhook|hooks\.zapier\.com/hooks|"
    r"api\.telegram\.org)/(\S{0,99}?\d\S{15,200})"
)
# What every name of a secret has in it.
MARKS = ("key", "token", "secret", "pass", "pwd", "auth", "credential", "cookie", "string")
NAME_LENGTH = 64
# How much of a text is looked through for names at a time.
WINDOW = 1 << 16
# A URL with a password, or a name and a value, are no shorter.
SHORTEST = 12
QUOTED = re.compile(
    r"\\{0,2}[\"'\]]{0,3}\s{0,3}(?::\s{0,3}[A-Za-z][\w.\[\]| ]{0,24}?\s{0,3}=|[:=]=?>?|,)\s{0,3}"
    r"(?:SecretStr\(|str\()?[rbuf]{0,2}\\{0,2}[\"'](?:(?:bearer|basic|token)\s)?"
    r"([^\"'\s\\]{6,512}+)\\{0,2}[\"']",
    re.IGNORECASE,
)
PAIR = re.compile(r"=([^;,\s(){}<>\"'&\\]{4,200}+)(?=[;\s\"'&\\]|$)")
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
PROSE = re.compile(
    r"[\"'`*]{0,3}\s{0,2}(?:is\b\s{0,2}:?|:|=)[*\s]{0,4}[\"'`]?([^\s\"'`,;<>(){}\[\]\\]{8,200}+)"
)
FLAG = re.compile(r"(?: |=)([^\s\"'`,;<>(){}\[\]-][^\s\"'`,;<>(){}\[\]]{7,199}+)")
SCHEME = re.compile(r"(?i)\b(bearer|basic)\s{1,3}([A-Za-z0-9._~+/=-]{12,2048})")
AZURE = re.compile(r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])")


def find(text: str) -> Iterator[tuple[str, str]]:
    """Each secret in a text: its kind in words, and the secret itself."""
    if len(text) < SHORTEST:
        return
    yield from formats.find(text)
    if "://" in text:
        for match in URL.finditer(text):
            yield from _in_url(match[0])
    if "Q~" in text:
        yield from (("an Azure client secret", match[0]) for match in AZURE.finditer(text))
    yield from _announced(text)


def _in_url(url: str) -> Iterator[tuple[str, str]]:
    for kind, shape in (
        ("a password in a URL", USERINFO),
        ("a password in a URL", DATABASE),
        ("a key in a URL", QUERY),
    ):
        for match in shape.finditer(url):
            if not is_example(match[1]):
                yield kind, match[1]
    for kind, shape in (
        ("a token in a URL", TOKEN_AS_USER),
        ("a key in a URL", QUERY_KEY),
        ("the address of a webhook", WEBHOOK),
    ):
        for match in shape.finditer(url):
            if wording.is_strong(match[1]) and not is_example(match[1]):
                yield kind, match[1]


def is_example(text: str) -> bool:
    """Whether a text is none of anybody's secrets: an example, a placeholder, a variable."""
    return (
        text.lower() in wording.EXAMPLE_PASSWORDS
        or text.startswith(("{", "$", "%"))
        or wording.is_placeholder(text)
        or bool(formats.EXAMPLE.search(text))
    )


def _announced(text: str) -> Iterator[tuple[str, str]]:
    """Values whose names say that they are secret, wherever a name and a value stand."""
    done, is_header = -1, False
    # In windows: of a long text all names at once, or its small letters, take many times its size.
    for first in range(0, len(text), WINDOW):
        before = min(first, NAME_LENGTH)
        low = _lower(text[first - before : first + WINDOW + NAME_LENGTH])
        is_header = is_header or "bearer " in low or "basic " in low
        for start, end in sorted(_names(low, before)):
            start, end = start + first - before, end + first - before
            if end <= done:
                continue
            done = end
            name = text[start:end]
            if wording.announces(name) and (value := _value(text, start, end, name)):
                yield "a value that its name calls secret", value
    if is_header:
        yield from _in_headers(text)


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


def _value(text: str, start: int, end: int, name: str) -> str:
    """The secret that a name announces, or ""."""
    is_password = wording.announces_password(name)
    if (match := QUOTED.match(text, end)) and is_literal(match[1], weak=is_password):
        listed = "," in text[end : match.start(1)]
        if not listed or CALL.search(text[max(0, start - NEAR) : start]):
            return match[1]
    if (match := PAIR.match(text, end)) and _is_connections(text, start, match):
        return match[1]
    shape = FLAG if text[max(0, start - 1) : start + 1] in ("--", "-") or name[0] == "-" else PROSE
    match = shape.match(text, end)
    if match and wording.is_strong(match[1]) and is_literal(match[1], weak=False):
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


def _in_headers(text: str) -> Iterator[tuple[str, str]]:
    for match in SCHEME.finditer(text):
        scheme, value = match.groups()
        if is_example(value):
            continue
        if scheme.lower() == "basic":
            if _is_pair(value):
                yield "a user and a password in base64", value
        elif wording.is_strong(value):
            yield "a bearer token", value


def _is_pair(text: str) -> bool:
    try:
        plain = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    user, colon, password = plain.partition(":")
    return bool(user and colon and password) and not is_example(password)
