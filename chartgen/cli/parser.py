"""The grammar of the command line: argparse, variables for options, errors that are raised."""

from __future__ import annotations

import argparse
import os

from chartgen.cli import layout, values

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, NoReturn


class Usage(Exception):
    """The command line is wrong, and how, in words."""

    exit_code = 2


class Switch(argparse.Action):
    """An option without a value: its first name says yes, its second, if it has one, no."""

    def __init__(self, option_strings: Sequence[str], dest: str, **settings: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **settings)

    def __call__(self, parser: object, into: object, _: object, name: str | None = None) -> None:
        """Note which of its names was given."""
        setattr(into, self.dest, name == self.option_strings[0])


class Parser(argparse.ArgumentParser):
    """Reads the words of a command. Each option --like-this reads CHARTGEN_LIKE_THIS too."""

    def __init__(self, prog: str, text: str) -> None:
        """`prog` are the words in front of the options; `text` is told above them."""
        super().__init__(
            prog=prog,
            usage=f"{prog} [OPTIONS]",
            description=text,
            add_help=False,
            allow_abbrev=False,
        )
        self._sections: dict[str, argparse._ArgumentGroup] = {}
        # By its key: an option's variable, how its text is read, and its default.
        self._elsewhere: dict[str, tuple[str, Callable[[str], Any], Any]] = {}

    def section(self, title: str) -> argparse._ArgumentGroup:
        """The part of the help under a title; the order is that of their first mention."""
        if title not in self._sections:
            self._sections[title] = self.add_argument_group(title)
        return self._sections[title]

    def argument(
        self, key: str, metavar: str, text: str, *, reads: Callable[[str], Any], many: bool = False
    ) -> None:
        """What stands without a dash: exactly one, or `many`, which may be none."""
        self.usage = f"{self.usage} {metavar}"
        self.section("Arguments").add_argument(
            key, metavar=metavar, help=text, type=reads, nargs="*" if many else None
        )

    def option(
        self,
        section: str,
        name: str,
        metavar: str,
        text: str,
        *,
        reads: Callable[[str], Any] = str,
        default: str | None = None,
        many: bool = False,
    ) -> None:
        """An option with a value, which `reads` makes of its text, raising ArgumentTypeError.

        An option that stands `many` times gives a list, and its variable has spaces between.
        """
        action = self.section(section).add_argument(
            name, metavar=metavar, type=reads, action="append" if many else "store"
        )
        read = (lambda text: [reads(word) for word in text.split()]) if many else reads
        self._describe(action, text, read, default)

    def choice(
        self,
        section: str,
        name: str,
        words: tuple[str, ...],
        text: str,
        *,
        default: str | None = None,
    ) -> None:
        """An option whose value is one of some words."""
        reads = values.one_of(words)
        self.option(section, name, "|".join(words), text, reads=reads, default=default)

    def switch(self, section: str, *names: str, text: str, default: bool | None = None) -> None:
        """An option that is on by its first name and off by its second, if it has one."""
        action = self.section(section).add_argument(*names, action=Switch)
        self._describe(action, text, values.yes_or_no, default)

    def _describe(
        self, action: argparse.Action, text: str, read: Callable[[str], Any], default: Any
    ) -> None:
        variable = f"CHARTGEN_{action.dest.upper()}"
        shown = f" [default: {default}]" if default else ""
        action.help = f"{text}{shown} [env var: {variable}]"
        self._elsewhere[action.dest] = (variable, read, default)

    def read(self, words: Iterable[str]) -> dict[str, Any]:
        """The value of each option: from the words, else its variable, else its default.

        Raises Usage for what cannot be understood.
        """
        found = vars(self.parse_args(self._arranged(words)))
        return {key: self._look(key) if found[key] is None else found[key] for key in found}

    def _arranged(self, words: Iterable[str]) -> list[str]:
        """Each option with its value in one word, then `--`, then all that is no option.

        By itself argparse takes no value that begins with a dash, and no files on both sides
        of an option.
        """
        options: list[str] = []
        others: list[str] = []
        rest = iter(words)
        for word in rest:
            name, equals, _ = word.partition("=")
            known = self._option_string_actions.get(name)
            if word == "--":
                others += rest
            elif not word.startswith("-") or word == "-":
                others.append(word)
            elif known is None:
                near = values.meant(name, self._option_string_actions)
                self.error(f"there is no option {name}.{near}")
            elif known.nargs == 0 and equals:
                self.error(f"{name} takes no value")
            elif known.nargs == 0 or equals:
                options.append(word)
            elif (value := next(rest, None)) is None:
                self.error(f"{name} needs a value")
            else:
                options.append(f"{word}={value}")
        return [*options, "--", *others] if others else options

    def _look(self, key: str) -> Any:
        variable, read, default = self._elsewhere[key]
        text = os.environ.get(variable)
        if not text:
            return default
        try:
            return read(text)
        except argparse.ArgumentTypeError as fault:
            self.error(f"{variable}: {fault}")

    def format_usage(self) -> str:
        """One line: how the command is used."""
        return f"Usage: {self.usage}\n"

    def format_help(self) -> str:
        """All that is to be said about the command."""
        sections = {
            title: [(_shown(action), action.help or "") for action in group._group_actions]
            for title, group in self._sections.items()
        }
        return layout.page(self.format_usage().rstrip(), self.description or "", sections)

    def advice(self) -> str:
        """What to tell whoever used it wrongly."""
        return f"{self.format_usage()}Try '{self.prog} --help' for help.\n"

    def error(self, message: str) -> NoReturn:
        """Raise Usage, where argparse would print and end the process."""
        raise Usage(message.removeprefix("argument "))


def _shown(action: argparse.Action) -> str:
    names = (", " if action.dest == "help" else " / ").join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {action.metavar}".strip()
