"""The edge: the only place that prints, reads the environment and exits."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from chartgen import __version__
from chartgen.cli import commands, output
from chartgen.errors import ChartgenError, Unavailable

USAGE = 2
BUG = 70  # sysexits.h, EX_SOFTWARE
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="chartgen", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn a folder of exported Langflow flows into a runtime image and a Helm chart.

    \b
    Example:
      chartgen package flows/ --name support-bots --version 1.2.0 \\
        --image registry.example.com/team/support-bots
      chartgen push dist/support-bots-1.2.0.release.json \\
        --chart-repository oci://registry.example.com/charts
      chartgen credentials dist/support-bots-1.2.0.release.json > my-values.yaml
      helm install demo dist/support-bots-1.2.0.tgz -f my-values.yaml
    """


for command in (
    commands.inspect,
    commands.package,
    commands.chart,
    commands.image,
    commands.lock,
    commands.push,
    commands.credentials,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line; every failure ends in words and an exit code.

    0 fine, 1 the input is wrong, 2 wrong usage, 3 something is unavailable, 70 our bug.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    mode = output.Mode()
    try:
        code = _run(mode)
    except BrokenPipeError:
        output.hush()
        code = 0
    sys.exit(code)


def _run(mode: output.Mode) -> int:
    """Run a command; what goes wrong in it is told, and becomes the exit code."""
    try:
        # Without this, click would end the process itself on a failure of ours.
        code: Any = cli.main(standalone_mode=False, obj=mode)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as fault:
        fault.show()
        mode.fail(fault.format_message(), USAGE)
        return USAGE
    except ChartgenError as fault:
        output.fail(fault)
        mode.fail(fault.message, fault.exit_code, fault.findings)
        return fault.exit_code
    except BrokenPipeError:
        raise
    except OSError as fault:
        said = Unavailable(f"{fault.filename or 'the system'}: {fault.strerror or fault}")
        output.fail(said)
        mode.fail(said.message, said.exit_code)
        return said.exit_code
    except Exception as fault:
        mode.fail(output.bug(fault, trace=bool(os.environ.get("CHARTGEN_DEBUG"))), BUG)
        return BUG
    return code if isinstance(code, int) else 0
