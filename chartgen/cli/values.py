"""What becomes of an option's text. Readers raise ArgumentTypeError for a text that will not do."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

YES = ("1", "true", "t", "yes", "y", "on")
NO = ("0", "false", "f", "no", "n", "off")


def path(text: str) -> Path:
    """A path, whatever is there."""
    from pathlib import Path

    return Path(text)


def file(text: str) -> Path:
    """A path where there is a file or nothing."""
    if os.path.isdir(text):  # noqa: PTH112 - unlike a Path's this never raises
        raise ArgumentTypeError(f"{text!r} is a folder, not a file")
    return path(text)


def existing_file(text: str) -> Path:
    """The path of a file that is there."""
    if not os.path.exists(text):  # noqa: PTH110 - as above
        raise ArgumentTypeError(f"there is no file {text!r}")
    return file(text)


def folder(text: str) -> Path:
    """A path where there is a folder or nothing."""
    if os.path.isfile(text):  # noqa: PTH113 - as above
        raise ArgumentTypeError(f"{text!r} is a file, not a folder")
    return path(text)


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """A reader that takes these words and no others."""

    def read(text: str) -> str:
        if text not in words:
            known = ", ".join(words)
            raise ArgumentTypeError(f"{text!r} is not one of {known}.{meant(text, words)}")
        return text

    return read


def number(least: int, most: int) -> Callable[[str], int]:
    """A reader that takes a whole number between two, which count too."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text[:9]) <= most):
            raise ArgumentTypeError(f"{text!r} is no number from {least} to {most}")
        return int(text)

    return read


def yes_or_no(text: str) -> bool:
    """What a variable says of a switch."""
    word = text.strip().lower()
    if word not in YES + NO:
        raise ArgumentTypeError(f"{text!r} is neither true nor false")
    return word in YES


def meant(word: str, known: Iterable[str]) -> str:
    """A question after the known word that a wrong one comes close to, if there is one."""
    import difflib

    near = difflib.get_close_matches(word, known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""
