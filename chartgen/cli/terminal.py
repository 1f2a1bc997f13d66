"""The terminal: text out, colours where they are wanted, and how wide it is.

It loads nothing, because help comes at once.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from typing import TextIO

WIDEST = 100
USUAL = 80
# ECMA-48, "select graphic rendition".
LOOKS = {"bold": 1, "dim": 2, "red": 31, "yellow": 33, "cyan": 36}


def out(text: str | bytes) -> None:
    """Text on stdout, at once; whoever reads it may have seen enough.

    Raises another OSError when it cannot be written.
    """
    try:
        _write(sys.stdout, text)
    except BrokenPipeError:
        return


def err(text: str) -> None:
    """Text on stderr, at once. Nobody need be listening, and no run fails for want of it."""
    try:
        _write(sys.stderr, text)
    except OSError:
        return


def _write(stream: TextIO | None, text: str | bytes) -> None:
    if stream is None:
        return  # It was closed before Python began.
    try:
        if isinstance(text, str):
            stream.write(text)
        else:
            stream.buffer.write(text)
        stream.flush()
    except OSError:
        # Else Python would try again at the end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


def on_terminal() -> bool:
    """Whether a terminal shows stderr."""
    return sys.stderr is not None and sys.stderr.isatty()


def can_ask() -> bool:
    """Whether somebody is there who sees questions and can type answers."""
    return on_terminal() and sys.stdin is not None and sys.stdin.isatty()


def style(text: str, *looks: str) -> str:
    """Text for stderr in some of LOOKS; plain where there is no terminal, or with NO_COLOR."""
    if os.environ.get("NO_COLOR") or not on_terminal():
        return text
    return "".join(f"\x1b[{LOOKS[look]}m" for look in looks) + f"{text}\x1b[0m"


def columns() -> int:
    """How many columns help takes: as many as the terminal has, and not too many to read."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return min(int(told), WIDEST)
    try:
        # shutil has this too, and takes longer to load than help to print.
        width = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
    except (OSError, ValueError):
        width = 0
    return min(width or USUAL, WIDEST)
