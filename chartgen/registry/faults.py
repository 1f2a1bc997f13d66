"""What can go wrong with a registry, in words: where, what, and what to do. Never a secret."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chartgen.errors import ChartgenError, InvalidInput, Unavailable

# What go-containerregistry tries again; everything else stays as it is however often one asks.
PASSING = frozenset({408, 429, 499, 500, 502, 503, 504, 522})
SHOWN = 300


class Denied(InvalidInput):
    """The registry wants a login, or another one."""


class NotFound(InvalidInput):
    """The registry says that it does not have it: a 404, and nothing else."""


class Refused(InvalidInput):
    """The registry does not take the request, however often it is made."""


class Mismatch(Unavailable):
    """What the registry says or sends is not what was asked for or pushed."""


class Transient(Unavailable):
    """A fault that may pass in a moment; `after` is how many seconds the registry asks for."""

    def __init__(self, message: str, after: float = 0.0) -> None:
        super().__init__(message)
        self.after = after


def login_words(host: str) -> str:
    """How to log in."""
    return f"`docker login {host}` or `helm registry login {host}`"


def answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    purpose: str,
    hide: Callable[[str], str],
) -> ChartgenError:
    """The failure that an HTTP answer means.

    `purpose` is what was tried, as an infinitive; `hide` masks secrets that a registry echoes.
    """
    said = hide(_said(body))
    said = f" ({said})" if said else ""
    if status in PASSING:
        return Transient(f"{host} answers {status}{said}", _after(headers.get("Retry-After", "")))
    if status >= 500:
        return Unavailable(f"{host} answers {status}{said}: it cannot {purpose}")
    if status == 401:
        return Denied(f"{host} wants a login to {purpose}{said}: {login_words(host)}")
    if status == 403:
        return Denied(
            f"{host} does not allow you to {purpose}{said}: ask its owner for the right, or log "
            f"in as somebody who has it with {login_words(host)}"
        )
    if status == 404:
        return NotFound(
            f"{host} knows nothing of this: cannot {purpose}{said}. Check the name; some "
            "registries want a repository to be made before the first push"
        )
    if status == 413:
        return Refused(
            f"{host} takes no upload of this size: cannot {purpose}{said}. Often a proxy before "
            "it is the one that refuses (nginx: client_max_body_size)"
        )
    return Refused(f"{host} answers {status}{said}: cannot {purpose}")


def _said(body: bytes) -> str:
    """The registry's own words: distribution specification 1.1, "Error Codes"."""
    try:
        errors: Any = json.loads(body)["errors"]
        texts = [f"{error['code']}: {error.get('message', '')}" for error in errors[:3]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    text = "; ".join(text.strip(": ") for text in texts)
    return "".join(c if c.isprintable() else " " for c in text)[:SHOWN]


def _after(value: str) -> float:
    """`Retry-After` (RFC 9110, section 10.2.3): seconds, or a date."""
    if value.strip().isdecimal():
        return float(value[:12])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0
