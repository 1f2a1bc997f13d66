"""Finds secrets in a text by their forms and by what stands around them: names, URLs, headers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from chartgen.runtimes.langflow import announced, formats, wording

URL = re.compile(r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s\"'<>]+")
# A password in front of the host: RFC 3986, section 3.2.1. In a database's URL people forget to
# escape the slash in it.
USERINFO = re.compile(r"://[^\s/:{}$]*:([^\s/@]+)@[\w.\[-]")
DATABASE = re.compile(r"^(?!https?:)[^:]+://[^\s/:@{}$]*:(?!\d{1,5}/)([^\s@]+)@[\w.\[-]")
# A token alone in front of the host, as Git and Sentry take it.
TOKEN_AS_USER = re.compile(r"://([A-Za-z0-9_-]{16,})@[\w.-]")
QUERY = re.compile(
    r"(?i)(?:[?&;]|%3F|%26)(?:api[_-]?key|(?:access|auth|id|refresh)[_-]?token|(?:client[_-]?)?secret|token|"
    r"password|pass|pwd|(?:account|access|shared|subscription|function|consumer)[_-]?key)"
    r"(?:=|%3D)([^&{}$#<]{6,})"
)
# Short names that mean a key when what follows looks like one.
QUERY_KEY = re.compile(
    r"(?i)[?&](?:key|auth|sig|signature|code|appid|app_id|pat|sas)=([^&{}$#<]{16,})"
)
WEBHOOK = re.compile(
    r"://(?:hooks\.slack\.com/(?:services|workflows|triggers)|(?:\w+\.)?discord(?:app)?\.com/api/"
    r"webhooks|[\w.-]+\.webhook\.office\.com|outlook\.office\.com/webhook|hooks\.zapier\.com/hooks|"
    r"mcp\.zapier\.com/api|hook\.(?:\w+\.)?make\.com|maker\.ifttt\.com/(?:trigger|use)|"
    r"api\.telegram\.org)/(\S{0,99}?\d\S{15,200})"
)
SHORTEST = 12
SCHEMES = ("earer ", "EARER ", "asic ", "ASIC ")
SCHEME = re.compile(r"(?i)\b(bearer|basic)\s{1,3}([A-Za-z0-9._~+/=-]{12,2048})")
# What no name announces, nor any letters in front: by letters that must be in the text.
SHAPES = (
    ("Q~", "an Azure client secret", r"(?<![\w~.-])([\w~.]{3}\dQ~[\w~.-]{31,34})(?![\w~.-])"),
    (":AA", "a Telegram bot's token", r"(?<![\w:-])(\d{8,10}:AA[\w-]{33})(?![\w-])"),
    ("racle:", "a password of a database",
     r"(?i)\boracle:(?:thin:|//)[\w$#-]+/([^\s/@\"'{}]{4,200})@"),
    ("curl", "a password of a command",
     r"\s(?:-u|--user|--proxy-user)[\s=]{1,3}[\"']?[^\s:\"'{}$<>]+:([^\s\"'{}$<>]{4,200})"),
    ("login", "a password of a login", r"\blogin\s{1,3}\S{1,99}\s{1,3}password\s{1,3}(\S{4,200})"),
)  # fmt: skip


def find(text: str) -> Iterator[tuple[str, str]]:
    """Each secret in a text: its kind in words, and the secret itself."""
    if len(text) < SHORTEST:
        return
    yield from formats.find(text)
    if "://" in text:
        for match in URL.finditer(text):
            yield from _in_url(match[0])
    for letters, kind, shape in SHAPES:
        for match in re.finditer(shape, text) if letters in text else ():
            if announced.is_literal(match[1], weak=True):
                yield kind, match[1]
    yield from (("a value that its name calls secret", value) for value in announced.find(text))
    if any(letters in text for letters in SCHEMES):
        yield from _in_headers(text)


def _in_url(url: str) -> Iterator[tuple[str, str]]:
    for kind, shape in (
        ("a password in a URL", USERINFO),
        ("a password in a URL", DATABASE),
        ("a key in a URL", QUERY),
    ):
        for match in shape.finditer(url):
            if not announced.is_example(match[1]):
                yield kind, match[1]
    for kind, shape in (
        ("a token in a URL", TOKEN_AS_USER),
        ("a key in a URL", QUERY_KEY),
        ("the address of a webhook", WEBHOOK),
    ):
        for match in shape.finditer(url):
            if wording.is_strong(match[1]) and not announced.is_example(match[1]):
                yield kind, match[1]


def _in_headers(text: str) -> Iterator[tuple[str, str]]:
    for match in SCHEME.finditer(text):
        scheme, value = match.groups()
        if announced.is_example(value):
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
    return bool(user and colon and password) and not announced.is_example(password)
