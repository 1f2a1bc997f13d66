"""The header `WWW-Authenticate`, in which a registry says how one logs in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 - RFC 9110's word for a word
_PIECE = re.compile(rf'({_TOKEN})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?')


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """One way to log in: its scheme in lower case, and its parameters."""

    scheme: str
    parameters: Mapping[str, str]


def parse(header: str) -> tuple[Challenge, ...]:
    """All challenges of a header (RFC 9110, section 11.6.1); what makes no sense is left out."""
    found: list[tuple[str, dict[str, str]]] = []
    for piece in _PIECE.finditer(header):
        name, quoted, plain = piece.groups()
        if quoted is None and plain is None:
            found.append((name.lower(), {}))
        elif found:
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1][1].setdefault(name.lower(), value)
    return tuple(Challenge(scheme=scheme, parameters=values) for scheme, values in found)
