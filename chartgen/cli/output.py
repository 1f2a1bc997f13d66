"""What people see: results on stdout, steps and findings on stderr."""

from __future__ import annotations

import contextlib
import re
import time
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from chartgen import report
from chartgen.cli import terminal
from chartgen.cli.terminal import style
from chartgen.errors import ChartgenError
from chartgen.model import Finding

COLORS = {"error": "red", "warning": "yellow", "info": "cyan"}
SHOWN_INFOS = 5
SHOWN_PLACES = 5
MIB = 1024 * 1024
BAR_WIDTH = 20
REDRAW_SECONDS = 0.1
# What a build colours its lines with.
COLOURING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Controls, marks that turn the direction of a text, and what is no character at all.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


@dataclass
class Mode:
    """How the result is printed, which `--output` says."""

    as_json: bool

    def result(self, lines: Sequence[str], data: Any) -> None:
        """The result, and nothing else, on stdout."""
        if self.as_json:
            self._data(data)
        else:
            terminal.out("".join(f"{line}\n" for line in lines))

    def fail(self, message: str, code: int, findings: Iterable[Finding] = ()) -> None:
        """A failure as data, for whoever asked for data."""
        if self.as_json:
            # Where this cannot be written, the words on stderr have to do.
            with contextlib.suppress(OSError):
                self._data(report.failure(message, code, findings))

    def _data(self, data: Any) -> None:
        # Bytes, because JSON is UTF-8 whatever the terminal's encoding is.
        terminal.out(report.dump(data).encode())


class Narrator:
    """Tells the steps of a run on stderr, each with the seconds it took.

    A context: when it is left, the last step has ended, well or not.
    """

    def __init__(self) -> None:
        self._step = ""
        self._since = 0.0
        self._open = False
        self._drawn = 0.0

    def __enter__(self) -> Narrator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: object, trace: TracebackType | None
    ) -> None:
        self._end("" if kind is None else ", failed")

    def step(self, text: str) -> None:
        """Begin a step; the one before it is done."""
        self._end("")
        self._step, self._since, self._open = text, time.monotonic(), True
        terminal.err(one_line(text))

    def line(self, text: str) -> None:
        """Show one line of a build, under the name of its step."""
        if self._open:
            tell(":")
            self._open = False
        tell(style(f"  {one_line(COLOURING.sub('', text))}", "dim"))

    def progress(self, done: int, total: int) -> None:
        """Draw on a terminal how far a step is, in place of what was drawn before."""
        now = time.monotonic()
        if not terminal.on_terminal() or (now - self._drawn < REDRAW_SECONDS and done < total):
            return
        self._drawn = now
        speed = done / MIB / max(now - self._since, 0.001)
        filled = BAR_WIDTH * done // max(total, 1)
        bar = "█" * filled + "░" * (BAR_WIDTH - filled)
        size = f"{done / MIB:.1f} of {total / MIB:.1f} MiB, {speed:.1f} MiB/s"
        terminal.err(f"\r\x1b[K{one_line(self._step)} {bar} {size}")
        self._open = True

    def _end(self, how: str) -> None:
        if self._step:
            name = "" if self._open else one_line(self._step)
            tell(f"{name} ({time.monotonic() - self._since:.1f} s{how})")
        self._step = ""


def tell(text: str) -> None:
    """A line on stderr."""
    terminal.err(f"{text}\n")


def findings(items: Iterable[Finding]) -> None:
    """Every finding: what is wrong, where, and what to do. Of many infos only the number."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for item in items:
        groups.setdefault((item.level, item.code, item.message, item.fix), []).append(item)
    infos = [found for found in groups.values() if found[0].level == "info"]
    for found in groups.values():
        if found[0].level != "info" or len(infos) <= SHOWN_INFOS:
            _group(found)
    if len(infos) > SHOWN_INFOS:
        tell(f"{_level('info')} {sum(map(len, infos))} notes, which --output json lists")


def _group(found: Sequence[Finding]) -> None:
    """One message with all its places; only of what stops nothing some may be left out."""
    first = found[0]
    tell(f"{_level(first.level)} {one_line(first.message)} [{first.code}]")
    shown = found if first.level == "error" else found[:SHOWN_PLACES]
    for item in shown:
        if place := _place(item):
            tell(f"  {place}")
    if len(found) > len(shown):
        tell(f"  and {len(found) - len(shown)} more, which --output json lists")
    if first.fix:
        tell(f"  → {one_line(first.fix)}")


def _place(item: Finding) -> str:
    at = item.at.removeprefix("$").removeprefix(".")
    words = " → ".join(part for part in (item.flow, item.component, item.field) if part)
    return ": ".join(one_line(part) for part in (item.file, at, words) if part)


def _level(name: str) -> str:
    return style(f"{name}:", COLORS[name], "bold")


def fail(fault: ChartgenError) -> None:
    """A failure in words: its findings, then the sentence."""
    findings(fault.findings)
    wrong(fault.message)


def wrong(message: str) -> None:
    """One sentence about what went wrong."""
    tell(style("chartgen: ", "red", "bold") + printable(message))


def bug(fault: Exception, *, trace: bool) -> str:
    """Words for what should not happen, with `trace` also where it did.

    The fault's own text stays unsaid: it may quote the input, and so a secret.
    """
    sentence = f"this is a bug in chartgen ({type(fault).__name__}), not in your flows"
    if trace:
        tell("".join(traceback.format_tb(fault.__traceback__)).rstrip())
        advice = "Please report it with the lines above"
    else:
        advice = "Run it again with CHARTGEN_DEBUG=1 and report what it says"
    wrong(f"{sentence}. {advice}.")
    return sentence


def printable(text: str) -> str:
    """Text that cannot move a terminal's cursor; line breaks stay."""
    return UNSEEN.sub("�", text)


def one_line(text: str) -> str:
    """Text on one line that cannot move a terminal's cursor."""
    return printable(" ".join(text.splitlines()))
