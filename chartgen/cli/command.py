"""What a command is: a function, its docstring as help, and the options it takes."""

from __future__ import annotations

import textwrap

from chartgen.cli import options
from chartgen.cli.parser import Parser

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from chartgen.cli.output import Mode

    # Takes the values of all options; gives the exit code, where it is not 0.
    Run = Callable[[dict[str, Any], Mode], int | None]
    Declare = Callable[[Parser], None]


class Command:
    """A command; its name and its help are those of the function that it runs."""

    def __init__(self, run: Run, declare: tuple[Declare, ...]) -> None:
        self.name = run.__name__
        self.run = run
        self.summary, _, self._more = (run.__doc__ or "").partition("\n")
        self._declare = declare

    def parser(self) -> Parser:
        """A parser for the words behind the command's name."""
        text = f"{self.summary}\n{textwrap.dedent(self._more)}".strip()
        parser = Parser(f"chartgen {self.name}", text)
        for declare in (*self._declare, options.general):
            declare(parser)
        return parser


def command(*declare: Declare) -> Callable[[Run], Command]:
    """Make a function a command with the options that are declared; help has them in this order."""
    return lambda run: Command(run, declare)
