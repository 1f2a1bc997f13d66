"""Runs that are stopped on their way, and what a destination holds after them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen.cli import main
from tests import cli as terminal
from tests.oci_base import Shelf

REPORT = "bots-1.0.0.release.json"
STAGE = ".chartgen-"
IMAGE = ("--image", "registry.example.com/team/bots")
# What changes a disk; and what only looks is no place where a run could be caught half done.
CHANGES = frozenset({"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.chmod", "fcntl.flock"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT

Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One packaging run of a folder of flows: its builder, and its version."""

    flows: str
    builder: str
    version: str = "1.0.0"

    def words(self, destination: str = "dist") -> list[str]:
        """What to type."""
        base = ("--base", "oci-layout:base:1", *IMAGE) if self.builder == "oci" else ()
        name = ("--name", "bots", "--version", self.version)
        where = ("--builder", self.builder, "--destination", destination)
        return ["package", self.flows, *name, *where, *base]


def lay_out() -> None:
    """Put two folders of flows and a base into the current folder."""
    terminal.add("echo.json", to="before")
    terminal.add("echo.json", to="after", description="Another one")
    terminal.add("signed-webhook.json", to="after")
    shelf = Shelf()
    shelf.write(Path("base"), {"1": shelf.image(tag="1")})


def content(folder: str = "dist") -> Files:
    """Every file, what is hidden too."""
    return {name: (Path(folder) / name).read_bytes() for name in terminal.files(folder)}


def made(run: Run, folder: str) -> Files:
    """What a run makes when nothing stops it."""
    done = terminal.run(*run.words(folder))
    assert done.code == 0, done.err
    return content(folder)


def release_in(files: Files) -> Files:
    """The release that stands: without its report there is none."""
    seen = {name: data for name, data in files.items() if not name.startswith(STAGE)}
    return seen if REPORT in seen else {}


class Changes:
    """Counts what a process does to the disk; with a `last` it is killed before that one."""

    def __init__(self, last: int = 0) -> None:
        self.count, self._last = 0, last
        sys.addaudithook(self._heard)
        self._fsync = os.fsync
        os.fsync = self._syncing  # type: ignore[assignment]

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if event in CHANGES or opens:
            self._one_more()

    def _syncing(self, handle: Any) -> None:
        self._one_more()
        self._fsync(handle)

    def _one_more(self) -> None:
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


def _child(folder: str, words: Sequence[str], last: int, told: Any) -> None:
    os.chdir(folder)
    sys.argv = ["chartgen", *words]
    with Path(os.devnull).open("w") as nowhere:
        changes = Changes(last)
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            try:
                main()
            finally:
                told.value = changes.count


def start(words: Sequence[str], last: int = 0) -> tuple[Any, Any]:
    """Begin a run in a process of its own; beside it comes what counts its changes."""
    # A server that has loaded chartgen once forks off each run: 200 of them start in no time.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chartgen.pipeline", "chartgen.cli.resolve", __name__])
    told = context.Value("i", 0)
    child = context.Process(target=_child, args=(str(Path.cwd()), words, last, told))
    child.start()
    return child, told


def killed(words: Sequence[str], last: int) -> bool:
    """Run until just before the change of that number; false when it came to its end."""
    child, _told = start(words, last)
    child.join()
    assert child.exitcode in {0, -signal.SIGKILL}
    return bool(child.exitcode)


def changes(words: Sequence[str]) -> int:
    """How often a whole run changes the disk."""
    child, told = start(words)
    child.join()
    assert child.exitcode == 0
    return int(told.value)


def both(first: Sequence[str], second: Sequence[str]) -> tuple[int, int]:
    """Two runs at once, and how they ended."""
    one, other = start(first), start(second)
    for child, _ in (one, other):
        child.join()
    return one[0].exitcode, other[0].exitcode
