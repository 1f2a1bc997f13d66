"""Programs that go on after the one that started them, and are ended by their process ids."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

Found = TypeVar("Found")
SECONDS = 30


class Failed(Exception):
    """What did not come about, and what was said."""


def start(folder: Path, name: str, command: Sequence[str | Path]) -> int:
    """Start a program; its log and its process id lie in `folder` under its name."""
    for kind in ("logs", "pids"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    # Not subprocess: nobody waits for these, and whoever started them may be gone before them.
    pid = os.posix_spawnp(
        str(command[0]),
        [str(part) for part in command],
        # No proxy and no setting of whoever starts it.
        {"PATH": os.environ["PATH"]},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log(folder, name)), flags, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    (folder / "pids" / name).write_text(f"{pid} {_begun(pid)}")
    return pid


def log(folder: Path, name: str) -> Path:
    """Where a program writes what it says."""
    return folder / "logs" / f"{name}.log"


def running(folder: Path, name: str) -> int | None:
    """The process id of a program that was started from `folder` and still runs."""
    try:
        pid, begun = (folder / "pids" / name).read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    # The kernel gives numbers again: the same number is not the same process.
    return int(pid) if _begun(int(pid)) == begun else None


def child(pid: int) -> int:
    """The one process that another has started."""

    def found() -> int | None:
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and _status(int(entry.name))[1] == str(pid):
                    return int(entry.name)
        return None

    return wait(found, f"process {pid} has started no other")


def stop(folder: Path) -> None:
    """End everything that was started from `folder`, and wait for its end."""
    names = [file.name for file in (folder / "pids").glob("*")]
    pids = [pid for name in names if (pid := running(folder, name))]
    for pid in pids:
        # Nothing of theirs is kept, so that nothing needs time to be written.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait(
        lambda: not any(running(folder, name) for name in names),
        f"some of these do not end: {', '.join(names)}",
    )


def wait(condition: Callable[[], Found | None], reason: str, seconds: float = SECONDS) -> Found:
    """Wait until something is there: what it is."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(0.05)
    raise Failed(reason)


def _begun(pid: int) -> str:
    """When a process began, in the kernel's own count; nothing of one that has ended."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        status = _status(pid)
    except OSError:
        return ""
    return "" if status[0] == "Z" else status[19]


def _status(pid: int) -> list[str]:
    # The name, in brackets, may have spaces in it.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
