"""What names say of the values beside them, and which values stand where a secret is to come."""

from __future__ import annotations

import re
from functools import lru_cache

EXAMPLE_PASSWORDS = frozenset(
    {
        "password",
        "pass",
        "pwd",
        "passwd",
        "secret",
        "postgres",
        "user",
        "username",
        "tiger",
        "mypassword",
    }
)
PLACEHOLDER = re.compile(
    r"(?i)(?:<.*>|\{\{?.*\}?\}|\$\{?\w+\}?|\*+|\.+|x{3,}|"
    r"(?:your|insert|enter|paste|replace)[\s_-].*|(?:my|add|put|change)[\s_-][a-z\s_-]*|change-?me|"
    r"placeholder|dummy|example|todo|none|null|n/?a|"
    r"(?:api|access)[\s_-]*(?:key|token)(?:[\s_-]*here)?|sk-(?:x+|\.+|your.*))"
)
PASSWORD_WORDS = frozenset({"PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE"})
SECRET_WORDS = PASSWORD_WORDS | {
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "CREDENTIAL",
    "CREDENTIALS",
    "AUTH",
    "AUTHORIZATION",
    "COOKIE",
    "DSN",
    "JWT",
    "BEARER",
    "PAT",
    "SAS",
    "ACCOUNTKEY",
    "SHAREDACCESSKEY",
}
# `primary_key` and the like name no secret; these do.
KEY_WORDS = frozenset(
    {
        "API",
        "ACCESS",
        "SECRET",
        "PRIVATE",
        "AUTH",
        "ENCRYPTION",
        "SIGNING",
        "ACCOUNT",
        "SUBSCRIPTION",
    }
)
# Of these nobody makes a secret.
OTHER_KEYS = frozenset({"PUBLIC", "PRIMARY", "FOREIGN", "PARTITION", "SORT", "CACHE", "OBJECT"})
# Names that people write in one word.
ENDINGS = ("PASSWORD", "PASSWD", "APIKEY", "ACCESSKEY", "SECRETKEY", "SECRET", "TOKEN")
LONGEST_NAME = 100
# What a text needs to look as if it were made at random.
SHORTEST, LONG = 8, 12
DIGIT_AND_LETTER = re.compile(r"(?=\D*\d)(?=[\W\d_]*[^\W\d_])\S+\Z")
TWO = re.compile(r"(?=\D*\d\D*\d)[\W\d_]*[^\W\d_][\W\d_]*[^\W\d_]")
SPECIAL = re.compile(r"[!@#$%^&*+?]")
# What stands beside a secret, or where one could and does not.
HARMLESS = re.compile(r"(?i)(?:bearer|basic|token|true|false|[\d.,:\s-]*)\s*")


def words(text: str) -> list[str]:
    """The words of a name in capitals, never none: `OpenAIModel` → OPENAI, MODEL."""
    plain = text.rpartition(":")[2].partition("@")[0]
    spaced = re.sub(r"(?<=[A-Za-z0-9])(?=[A-Z][a-z])", "_", plain)
    return [word for word in re.split(r"[^A-Z0-9]+", spaced.upper()) if word] or ["FLOW"]


def looks_secret(name: str) -> bool:
    """Whether a variable or header of this name may hold a secret, by its words."""
    found = words(name)
    return not SECRET_WORDS.isdisjoint(found) or {"CONNECTION", "STRING"} <= {*found}


def announces(name: str) -> bool:
    """Whether a name says that its value is secret: `API_KEY` does, `AUTH_TYPE` does not."""
    return len(name) <= LONGEST_NAME and _announces(name)


# The same few names stand in every flow.
@lru_cache(maxsize=4096)
def _announces(name: str) -> bool:
    *before, last = words(name)
    # Lists of them are called by the plural; tokens in the plural are mostly counted.
    last = last.removesuffix("S") if last not in {"PASS", "SAS", "TOKENS"} else last
    if last == "KEY":
        return not KEY_WORDS.isdisjoint(before[-1:])
    return (
        last in SECRET_WORDS
        or last.endswith(ENDINGS)
        or [*before[-1:], last] == ["CONNECTION", "STRING"]
    )


def announces_password(name: str) -> bool:
    """Whether a name says that its value is a password, which people choose, and may be weak."""
    last = words(name)[-1].removesuffix("S")
    return words(name)[-1] in PASSWORD_WORDS or last.endswith(("PASSWORD", "PASSWD"))


def is_key(name: str, text: str) -> bool:
    """Whether a name such as `ACME_KEY` stands for a secret, because the value looks random."""
    *before, last = words(name)
    is_some = last == "KEY" and bool(before) and OTHER_KEYS.isdisjoint(before)
    return is_some and bool(re.fullmatch(r"(?=.*\d)(?=.*[A-Za-z])[^\s_]{16,}", text))


def is_placeholder(text: str) -> bool:
    """Whether a text stands where a secret is to come and is none: `<your key>`, `xxx`."""
    return not text.strip() or bool(PLACEHOLDER.fullmatch(text.strip()))


def is_strong(text: str) -> bool:
    """Whether a text looks made at random. It is a hint: alone it says nothing."""
    if len(text) < SHORTEST or not DIGIT_AND_LETTER.match(text):
        return False
    cases = text.lower() != text and text.upper() != text
    return cases or bool(SPECIAL.search(text)) or (len(text) >= LONG and bool(TWO.match(text)))
