"""The two ways a run can fail, and the exit code each one means."""

from __future__ import annotations

from collections.abc import Iterable

from chartgen.model import Finding


class ChartgenError(Exception):
    """A failure that is told to the user in words, never as a traceback.

    `findings` holds every problem at once; `exit_code` is what the process ends with.
    """

    exit_code = 1

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.findings = tuple(findings)


class InvalidInput(ChartgenError):
    """The input is wrong: retrying is useless until somebody changes it."""

    exit_code = 1


class Unavailable(ChartgenError):
    """A tool, a daemon or a registry did not answer: the same command may work later."""

    exit_code = 3
