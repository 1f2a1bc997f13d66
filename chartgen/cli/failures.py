"""How a run ends that does not go well: words, data where data was asked for, an exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence

from chartgen.cli import output
from chartgen.cli.parser import Usage
from chartgen.errors import ChartgenError, Unavailable

BUG = 70  # sysexits.h, EX_SOFTWARE


def end(fault: Exception, words: Sequence[str], advice: str) -> int:
    """Tell what went wrong and give the exit code; `advice` is for wrong usage."""
    mode = output.Mode(_asked_for_json(words))
    if isinstance(fault, Usage):
        output.tell(advice)
        output.wrong(str(fault))
        mode.fail(str(fault), fault.exit_code)
        return fault.exit_code
    if isinstance(fault, OSError):
        fault = Unavailable(f"{fault.filename or 'the system'}: {fault.strerror or fault}")
    if isinstance(fault, ChartgenError):
        output.fail(fault)
        mode.fail(fault.message, fault.exit_code, fault.findings)
        return fault.exit_code
    mode.fail(output.bug(fault, trace=bool(os.environ.get("CHARTGEN_DEBUG"))), BUG)
    return BUG


def _asked_for_json(words: Sequence[str]) -> bool:
    """Whether JSON is wanted, of words that may be wrong in every other respect."""
    form = os.environ.get("CHARTGEN_OUTPUT", "")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--":
            break
        if word == "--output":
            form = following
        elif word.startswith("--output="):
            form = word.partition("=")[2]
    return form == "json"
