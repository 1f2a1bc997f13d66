"""Finds secrets by their looks, wherever in a flow they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# The shapes are the vendors' published key formats.
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?<![A-Za-z0-9_-]){shape}"))
    for kind, shape in (
        ("an OpenAI or Anthropic API key", r"sk-(?=[\w-]*\d)[A-Za-z0-9_-]{20,}"),
        ("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})"),
        ("a GitLab token", r"glpat-[\w-]{20,}"),
        ("a Hugging Face token", r"hf_[A-Za-z0-9]{30,}"),
        ("a Slack token", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
        ("an AWS access key", r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        ("a Google API key", r"AIza[\w-]{35}"),
        ("a Groq API key", r"gsk_[A-Za-z0-9]{40,}"),
        ("a Stripe key", r"[rs]k_live_[A-Za-z0-9]{16,}"),
        ("a Tavily API key", r"tvly-[A-Za-z0-9-]{20,}"),
        ("an NVIDIA API key", r"nvapi-[\w-]{40,}"),
        ("a Pinecone API key", r"pcsk_[\w-]{40,}"),
        ("an Astra DB token", r"AstraCS:[A-Za-z]{10,}:[a-f0-9]{32,}"),
        ("a SendGrid key", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
        ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
        ("a JSON web token", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    )
)
URL = re.compile(r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s\"'<>]+")
# A password in front of the host: RFC 3986, section 3.2.1.
USERINFO = re.compile(r"://[^\s/:@{}$]*:([^\s/@]+)@[\w.-]")
QUERY = re.compile(
    r"(?i)[?&](?:api[_-]?key|(?:access|auth)[_-]?token|(?:client[_-]?)?secret|token|password)="
    r"([^&{}$#]{8,})"
)
# Nearly no text has any of these, and one search is cheaper than one for each format.
HINT = re.compile(
    r"sk-|gh[pousr]_|github_pat_|glpat-|hf_|xox|AKIA|ASIA|AIza|gsk_|[rs]k_live_|tvly-|nvapi-|"
    r"pcsk_|AstraCS:|SG\.|-----BEGIN|eyJ"
)
EXAMPLE_PASSWORDS = frozenset(
    {"password", "pass", "pwd", "passwd", "secret", "postgres", "user", "username"}
)
EXAMPLE = re.compile(r"(?i)x{4,}|\*{3,}|\.{3}|your|example|placeholder|(.)\1{9,}|1234567890abcdef")
PLACEHOLDER = re.compile(
    r"(?i)(?:<.*>|\{\{?.*\}?\}|\$\{?\w+\}?|\*+|\.+|x{3,}|"
    r"(?:your|insert|enter|paste|replace)[\s_-].*|(?:my|add|put|change)[\s_-][a-z\s_-]*|change-?me|"
    r"placeholder|dummy|example|todo|none|null|n/?a|"
    r"(?:api|access)[\s_-]*(?:key|token)(?:[\s_-]*here)?|sk-(?:x+|\.+|your.*))"
)
CODE_LENGTHS = range(500, 50_000)
# How Langflow writes a variable inside another text.
VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")
SECRET_WORDS = frozenset(
    {
        "KEY",
        "APIKEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTH",
        "AUTHORIZATION",
        "COOKIE",
        "DSN",
        "JWT",
        "BEARER",
        "PASSPHRASE",
    }
)
# `primary_key` and the like name no secret; these do.
KEY_WORDS = frozenset({"API", "ACCESS", "SECRET", "PRIVATE", "AUTH", "ENCRYPTION", "SIGNING"})
# What stands beside a secret, or where one could and does not.
HARMLESS = re.compile(r"(?i)(?:bearer|basic|token|true|false|[\d.,:\s-]*)\s*")


def kinds(text: str) -> Iterator[str]:
    """What secrets a text holds, in words; the secrets themselves are not given."""
    yield from (_kinds_in_code if len(text) in CODE_LENGTHS else _kinds)(text)


def _kinds(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(kind for kind, _ in _found(text)))


# Flows share their components' code. Short texts are looked at as fast as they are looked up, and
# long ones would fill the memory.
_kinds_in_code = lru_cache(maxsize=512)(_kinds)


def redacted(text: str) -> str:
    """The text without the secrets that it holds."""
    for _, literal in [*_found(text)]:
        text = text.replace(literal, "***")
    return text


def _found(text: str) -> Iterator[tuple[str, str]]:
    for kind, shape in FORMATS if HINT.search(text) else ():
        for match in shape.finditer(text):
            if not EXAMPLE.search(match[0]):
                yield kind, match[0]
    for url in URL.finditer(text) if "://" in text else ():
        for kind, shape in (("a password in a URL", USERINFO), ("a key in a URL", QUERY)):
            for match in shape.finditer(url[0]):
                if not _is_example_password(match[1]):
                    yield kind, match[1]


def _is_example_password(text: str) -> bool:
    return (
        text.lower() in EXAMPLE_PASSWORDS
        or text.startswith(("{", "$", "%"))
        or is_placeholder(text)
        or bool(EXAMPLE.search(text))
    )


def is_placeholder(text: str) -> bool:
    """Whether a text stands where a secret is to come and is none: `<your key>`, `xxx`."""
    return not text.strip() or bool(PLACEHOLDER.fullmatch(text.strip()))


def looks_secret(name: str) -> bool:
    """Whether a variable or header of this name may hold a secret, by its words."""
    found = words(name)
    return not SECRET_WORDS.isdisjoint(found) or {"CONNECTION", "STRING"} <= {*found}


def held_under(key: object, text: str) -> bool:
    """Whether a header's or variable's value is a secret, by its key or by its looks."""
    rest = VARIABLE.sub("", text)
    if is_placeholder(rest) or HARMLESS.fullmatch(rest):
        return False
    return (isinstance(key, str) and len(rest) > 3 and _announced(key, rest)) or any(kinds(text))


def _announced(key: str, text: str) -> bool:
    """Whether a key says that its value is secret: `API_KEY` does, `AUTH_TYPE` does not."""
    *before, last = words(key)
    if last == "KEY":
        return not KEY_WORDS.isdisjoint(before[-1:]) or (bool(before) and _is_random(text))
    return last in SECRET_WORDS or [*before[-1:], last] == ["CONNECTION", "STRING"]


def _is_random(text: str) -> bool:
    return bool(re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])[^\s_]{16,}", text))


def words(text: str) -> list[str]:
    """The words of a name in capitals, never none: `OpenAIModel` → OPENAI, MODEL."""
    plain = text.rpartition(":")[2].partition("@")[0]
    spaced = re.sub(r"(?<=[A-Za-z0-9])(?=[A-Z][a-z])", "_", plain)
    return [word for word in re.split(r"[^A-Z0-9]+", spaced.upper()) if word] or ["FLOW"]
