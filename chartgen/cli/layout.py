"""How help looks, which is the same with every Python and on every terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping

from chartgen.cli import terminal

NARROWEST = 50
# Columns to the left of what is said about an option; a longer option gets its own line.
LEFT = 34
REMARK = re.compile(r"\[[^]]*\]")
# No space to textwrap, though it looks like one.
FIRM = "\xa0"


def page(usage: str, text: str, sections: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    """A page of help. In each section there are names, with what is said about them.

    `text` is wrapped, but for paragraphs in which lines are indented: those are examples.
    """
    width = max(terminal.columns(), NARROWEST)
    paragraphs = (
        part if "\n  " in part else textwrap.fill(part, width - 2) for part in text.split("\n\n")
    )
    prose = textwrap.indent("\n\n".join(paragraphs), "  ")
    longest = max(len(name) for rows in sections.values() for name, _ in rows)
    left = min(longest + 4, LEFT, width * 2 // 5)
    lists = (
        "\n".join([f"{title}:", *(_row(name, said, left, width) for name, said in rows)])
        for title, rows in sections.items()
    )
    return "\n\n".join([usage, prose, *lists]) + "\n"


def _row(name: str, said: str, left: int, width: int) -> str:
    """A name, and beside it what is said; a remark in brackets stays in one piece if it can."""

    def firm(remark: re.Match[str]) -> str:
        return remark[0].replace(" ", FIRM) if len(remark[0]) <= width - left else remark[0]

    margin = " " * left
    body = textwrap.fill(
        REMARK.sub(firm, said), width, initial_indent=margin, subsequent_indent=margin
    ).replace(FIRM, " ")
    if len(name) + 4 > left:
        return f"  {name}\n{body}"
    return f"  {name}".ljust(left) + body[left:]
