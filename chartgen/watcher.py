"""Who is told what happens during a run: a terminal, a test, nobody."""

from __future__ import annotations

from typing import Protocol


class Watcher(Protocol):
    """Told of steps, of what a build says, and of bytes on their way."""

    def step(self, text: str) -> None:
        """A step begins, and the one before it is done."""

    def line(self, text: str) -> None:
        """A build said a line."""

    def progress(self, done: int, total: int) -> None:
        """So many bytes of so many have been moved in this step."""
