"""The command that judges the values for a release."""

from __future__ import annotations

from chartgen.cli import options, values
from chartgen.cli.command import command

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from typing import Any

    from chartgen.cli.output import Mode
    from chartgen.cli.parser import Parser

    Flags = dict[str, Any]


def values_files(parser: Parser) -> None:
    """For the command that reads values for Helm."""
    parser.option(
        options.RELEASE,
        "--values",
        "FILE",
        "Values for Helm; may stand more than once, and the later wins",
        reads=values.existing_file,
        many=True,
    )


@command(options.report, values_files)
def doctor(flags: Flags, mode: Mode) -> int:
    """Say which values weaken a release, and whether its base has become unsafe.

    Nothing is installed and no cluster is asked. Values are those that `helm install` is given,
    and none of them is shown. Ends with 1 when something weakens the release, or when the chart
    would refuse a value.

    Example:
      chartgen doctor dist/support-bots-1.2.0.release.json --values my-values.yaml
    """
    from chartgen import doctor as doctors
    from chartgen import report
    from chartgen.cli import output, resolve

    made = doctors.examine(flags["report_file"], flags["values"] or (), resolve.today())
    output.findings(made.findings)
    count = made.weaknesses
    said = {0: "nothing weakens", 1: "1 thing weakens"}.get(count, f"{count} things weaken")
    told = report.examined(made.name, made.version, made.findings)
    mode.result([f"{said} {made.name} {made.version}"], told)
    return 1 if count else 0
