"""What is needed later lies on disk until then: a run holds one flow in memory, not a thousand."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from chartgen.errors import Unavailable
from chartgen.tree import Reader


class Store:
    """A temporary file without a name: it ends with the last one who can read from it.

    It is written by one thread and read by any number. Raises Unavailable when the disk is full.
    """

    def __init__(self) -> None:
        with _said(), tempfile.TemporaryFile() as file:
            self._handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._handle)
        self.size = 0

    def write(self, data: bytes, /) -> None:
        """Put bytes at the end."""
        rest = memoryview(data)
        with _said():
            while rest:
                rest = rest[os.pwrite(self._handle, rest, self.size + len(data) - len(rest)) :]
        self.size += len(data)

    def add(self, data: bytes) -> Reader:
        """Put a content at the end; what comes back reads it."""
        start = self.size
        self.write(data)
        return partial(self.read, start, len(data))

    def open(self) -> Stored:
        """Everything that was written, from its beginning."""
        return Stored(self)

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from there on."""
        parts = []
        # One call reads no more than 2 GiB.
        while size and (part := os.pread(self._handle, size, start)):
            parts.append(part)
            start, size = start + len(part), size - len(part)
        return b"".join(parts)


class Stored:
    """A store's content as a stream."""

    def __init__(self, store: Store) -> None:
        self._store, self._at = store, 0

    def read(self, size: int = -1, /) -> bytes:
        """At most that many bytes, or all that are left; none at the end."""
        left = self._store.size - self._at
        data = self._store.read(self._at, left if size < 0 else min(size, left))
        self._at += len(data)
        return data

    def close(self) -> None:
        """Nothing: the store goes when nobody holds it any more."""


@contextmanager
def _said() -> Iterator[None]:
    """Say what a file without a name cannot: where it was to be, and who decides that."""
    try:
        yield
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise Unavailable(
            f"no temporary file can be written: {reason} (TMPDIR names the folder for them)"
        ) from fault
