"""The files in a plain tar archive, read where they lie."""

from __future__ import annotations

import os
import posixpath
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from chartgen.oci import entries
from chartgen.oci.entries import Damaged
from chartgen.oci.source import Stream

# Docker links a layer that it has written before; a link to itself must come to an end.
MOST_LINKS = 8


class _Place(NamedTuple):
    start: int
    size: int


class Files:
    """The regular files of an archive on disk, symbolic links between them followed.

    Raises Damaged or OSError for what is no such archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[str, _Place] = {}
        self._links: dict[str, str] = {}
        with path.open("rb") as file:
            for entry, start in entries.read(file, partial(_skip, file)):
                name = posixpath.normpath(entry.name)
                if entry.isreg():
                    self._places[name] = _Place(start, entry.size)
                elif entry.issym():
                    target = posixpath.join(posixpath.dirname(name), entry.linkname)
                    self._links[name] = posixpath.normpath(target)

    def open(self, name: str) -> Stream | None:
        """The content of a file, None when there is none of that name."""
        place = self._find(name)
        return _Part(self._path.open("rb"), place) if place else None

    def size(self, name: str) -> int | None:
        """The bytes of a file, None when there is none of that name."""
        place = self._find(name)
        return place.size if place else None

    def _find(self, name: str) -> _Place | None:
        for _ in range(MOST_LINKS):
            if name not in self._links:
                break
            name = self._links[name]
        return self._places.get(name)


def _skip(file: BinaryIO, size: int) -> None:
    # The last byte is read: a file can be set to any place, behind its end, too.
    if size:
        file.seek(size - 1, os.SEEK_CUR)
        if not file.read(1):
            raise Damaged("it is cut off")


class _Part:
    """One file inside of another."""

    def __init__(self, file: BinaryIO, place: _Place) -> None:
        self._file, self._left = file, place.size
        file.seek(place.start)

    def read(self, size: int = -1, /) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        self._file.close()
