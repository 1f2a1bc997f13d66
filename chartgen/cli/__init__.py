"""The edge: the only place that prints, reads the environment and exits.

What is loaded here is loaded for `chartgen --help` too, so it is little.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from itertools import takewhile

from chartgen import __version__
from chartgen.cli import terminal
from chartgen.cli.commands import COMMANDS
from chartgen.cli.parser import Parser, Usage
from chartgen.cli.values import meant

HELP = ("-h", "--help")
VERSION = "--version"
INTERRUPTED = 130  # 128 + SIGINT, as shells say it
TEXT = r"""Turn a folder of exported Langflow flows into a runtime image and a Helm chart.

Example:
  chartgen package flows/ --name support-bots --version 1.2.0 \
    --image registry.example.com/team/support-bots
  chartgen push dist/support-bots-1.2.0.release.json \
    --chart-repository oci://registry.example.com/charts
  chartgen credentials dist/support-bots-1.2.0.release.json > my-values.yaml
  helm install demo dist/support-bots-1.2.0.tgz -f my-values.yaml"""


def main() -> None:
    """Run the command line; every failure ends in words and an exit code.

    0 fine, 1 the input is wrong, 2 wrong usage, 3 something is unavailable, 70 our bug,
    130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(_run(sys.argv[1:]))


def _run(words: Sequence[str]) -> int:
    """Do what the words say; what goes wrong is told, and becomes the exit code."""
    command = COMMANDS.get(words[0]) if words else None
    parser = command.parser() if command else _chartgen()
    try:
        if any(word in HELP for word in takewhile("--".__ne__, words if command else words[:1])):
            terminal.out(parser.format_help())
            return 0
        if command is None:
            return _without_command(words, parser)
        from chartgen.cli.output import Mode

        flags = parser.read(words[1:])
        return command.run(flags, Mode(flags["output"] == "json")) or 0
    except KeyboardInterrupt:
        terminal.err("\n")
        return INTERRUPTED
    except Exception as fault:
        from chartgen.cli import failures

        return failures.end(fault, words, parser.advice())


def _without_command(words: Sequence[str], parser: Parser) -> int:
    if not words:
        terminal.err(parser.format_help())
        return Usage.exit_code
    if words[0] == VERSION:
        terminal.out(f"chartgen {__version__}\n")
        return 0
    kind = "option" if words[0].startswith("-") else "command"
    near = meant(words[0], (*COMMANDS, VERSION, *HELP))
    raise Usage(f"there is no {kind} {words[0]}.{near}")


def _chartgen() -> Parser:
    """A parser for its help and usage only: what stands behind a command is the command's."""
    parser = Parser("chartgen", TEXT)
    parser.usage = "chartgen COMMAND [OPTIONS]"
    commands = parser.section("Commands")
    for name, command in COMMANDS.items():
        commands.add_argument(name, metavar=name, help=command.summary)
    options = parser.section("Options")
    options.add_argument(VERSION, action="store_true", help="Show the version")
    options.add_argument(*HELP, action="help", help="Show this help, or that of a command")
    return parser
