"""Jinja for prose and Dockerfiles: nothing that a machine parses as data is made here."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from jinja2 import Environment, StrictUndefined

# Control characters, line and paragraph breaks, marks that turn the direction of a text,
# and what is no character at all (which YAML refuses even in a comment).
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]+"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#])")


def one_line(text: object) -> str:
    """Replace every kind of line break, and what cannot be seen, by a space."""
    return _UNSEEN.sub(" ", str(text)).strip()


def cell(text: object) -> str:
    """Escape a text for a Markdown table cell, where it shall look as it is written."""
    return _MARKDOWN.sub(r"\\\1", one_line(text))


def code(text: object) -> str:
    """Write a text as a Markdown code span that may stand in a table cell."""
    line = one_line(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{fence}{padding}{line}{padding}{fence}"


def quoted(text: object) -> str:
    """Quote a text as one word of a POSIX shell."""
    return shlex.quote(str(text))


def label(text: object) -> str:
    """Quote a text as the value of a Dockerfile's `LABEL`: no line break, no expansion."""
    return '"' + re.sub(r'([\\"$])', r"\\\1", one_line(text)) + '"'


def _environment() -> Environment:
    environment = Environment(
        variable_start_string="<%=",
        variable_end_string="%>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<%#",
        comment_end_string="%>",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # HTML escaping would spoil Markdown and Dockerfiles; each text is escaped
        # by the filter of the place where it stands.
        autoescape=False,  # noqa: S701 - it makes no HTML
    )
    environment.filters.update(cell=cell, code=code, label=label, one_line=one_line, sh=quoted)
    return environment


def render(source: str, values: Mapping[str, object]) -> str:
    """Fill a template; a name that is missing in `values` is an error, never an empty text."""
    return _environment().from_string(source).render(values)
