"""The folder that results go to, looked at before anything is made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from chartgen.errors import InvalidInput


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
