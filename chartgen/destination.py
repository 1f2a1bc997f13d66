"""The folder that results go to: looked at before anything is made, and taken by one run at a time.

A release is laid whole into a stage first, a folder inside of the destination, so that all that is
left to do is to rename. Nothing cleans up behind a run that was killed but the next one.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chartgen.errors import InvalidInput, Unavailable

STAGE = ".chartgen-"
STAGES = re.compile(re.escape(STAGE) + r"[a-z0-9_]{8}")
# How long a run waits for another one that writes to the same folder, in seconds.
PATIENCE = 60.0
PAUSE = 0.05


def check(folder: Path, sources: Iterable[Path]) -> None:
    """Refuse what could not be written after a long build, or would be read as flows."""
    place = folder.absolute()
    if any(path.resolve() == place.resolve() for path in sources):
        raise InvalidInput(f"{folder} holds the flows: name another destination")
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise InvalidInput(f"the destination {folder} cannot be: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InvalidInput(f"the destination {folder} cannot be written to")


@contextmanager
def stage(folder: Path) -> Iterator[Path]:
    """An empty folder inside of `folder`, where no other run writes meanwhile; it goes in the end.

    Raises Unavailable when another run does not come to its end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _turn(folder) as alone:
        if alone:
            _sweep(folder)
        made = Path(tempfile.mkdtemp(prefix=STAGE, dir=folder))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)


def put(fresh: Path, place: Path, aside: Path) -> None:
    """Move a file or a folder to its place; an old folder is moved out of its way."""
    if place.is_dir():
        place.rename(aside)
    fresh.rename(place)


@contextmanager
def _turn(folder: Path) -> Iterator[bool]:
    """Wait for the runs before this one; false where the file system cannot tell of any.

    The lock is the folder's own: it leaves no file behind, and ends with the process.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(handle, folder)
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> bool:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise Unavailable(f"another run of chartgen is writing to {folder}") from None
            time.sleep(PAUSE)
        except OSError:
            # Not every file system has locks: there, who runs two at once must not.
            return False
        else:
            return True


def _sweep(folder: Path) -> None:
    """Remove what runs that were killed have left."""
    for left in folder.iterdir():
        if STAGES.fullmatch(left.name) and left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
