"""Blobs on their way: checked while they stream, in constant memory, and counted."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from chartgen.errors import InvalidInput
from chartgen.registry.faults import Mismatch, Transient
from chartgen.registry.retry import Cancelled

T = TypeVar("T")

# Called with the bytes that are done, and how many there are in all. What the registry has
# already counts as done; when an upload begins anew, the first number falls back.
Progress = Callable[[int, int], None]
Outcome = Literal["present", "mounted", "uploaded"]
CHUNK = 1 << 20
# Slower than this, in bytes a second, is a registry that has gone wrong, not a slow line.
SLOWEST = 4096


class Readable(Protocol):
    """What a blob is read from: a file will do, or another registry's blob."""

    def read(self, size: int = ..., /) -> bytes | None:
        """At most `size` bytes; nothing at the end."""

    def close(self) -> None:
        """No more will be read."""


@dataclass(frozen=True, kw_only=True)
class BlobJob:
    """One blob to push. `open_stream` may be called more than once, and begins at the start.

    `mount_from` is a repository of the same registry that may have the blob already.
    """

    repository: str
    digest: str
    size: int
    open_stream: Callable[[], Readable] = field(repr=False)
    mount_from: str | None = None


class Meter:
    """Adds up what several threads have done, and tells it."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self.done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """So many bytes more are done, or less."""
        with self._lock:
            self.done += count
            if self._progress and count:
                self._progress(self.done, self.total)


class Sending:
    """The body of an upload: exactly the bytes that were promised, or the upload breaks off.

    requests takes it for a stream because of `__iter__`, and its length from `__len__`; a bare
    response or a file that grew would be announced with a wrong Content-Length.
    """

    def __init__(self, job: BlobJob, meter: Meter, traffic: Meter, stop: threading.Event) -> None:
        self._job = job
        self._meter = meter
        self._traffic = traffic
        self._stop = stop
        self._source: Readable | None = None
        self._hash = hashlib.sha256()
        self._sent = 0

    def begin(self) -> Sending | bytes:
        """From the start, once more: the body of one request."""
        self.drop()
        self._hash = hashlib.sha256()
        self._source = self._guard(self._job.open_stream)
        if self._job.size:
            return self
        # Without a byte, requests would take the length for unknown.
        return self._checked(b"")

    def drop(self) -> None:
        """What was sent did not arrive."""
        self.close()
        self._meter.add(-self._sent)
        self._sent = 0

    def close(self) -> None:
        """Let go of the source."""
        if self._source is not None:
            self._source.close()
        self._source = None

    def __len__(self) -> int:
        return self._job.size

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read(CHUNK):
            yield piece

    def read(self, size: int = -1) -> bytes:
        """The next bytes; the last ones only once length and digest are known to be right."""
        if self._stop.is_set():
            raise Cancelled("given up")
        left = self._job.size - self._sent
        if not left or self._source is None:
            return b""
        wanted = min(left, size if size > 0 else CHUNK)
        piece = self._checked(self._guard(lambda: self._take(wanted)))
        self._sent += len(piece)
        self._meter.add(len(piece))
        self._traffic.add(len(piece))
        return piece

    def _checked(self, piece: bytes) -> bytes:
        self._hash.update(piece)
        left = self._job.size - self._sent - len(piece)
        right = bool(piece) or not left
        if right and not left:
            right = f"sha256:{self._hash.hexdigest()}" == self._job.digest
            right = right and not self._guard(lambda: self._take(1))
        if not right:
            raise InvalidInput(
                f"{self._job.digest} is not what is read for it: did a file change meanwhile?"
            )
        return piece

    def _take(self, size: int) -> bytes:
        return (self._source.read(size) if self._source else b"") or b""

    def _guard(self, action: Callable[[], T]) -> T:
        """A fault of the disk must not be taken for one of the network."""
        try:
            return action()
        except OSError as fault:
            why = fault.strerror or type(fault).__name__
            raise InvalidInput(f"{self._job.digest} cannot be read ({why})") from None


class BlobReader(io.RawIOBase):
    """A blob as it comes from a registry: the end is only reached when the digest is right.

    Whoever stops before the end has not had it checked.
    """

    def __init__(
        self,
        pieces: Iterator[bytes],
        release: Callable[[], None],
        *,
        what: str,
        digest: str,
        size: int | None,
        seconds: float,
    ) -> None:
        super().__init__()
        self._pieces = pieces
        self._release = release
        self._what = what
        self._digest = digest
        self._size = size
        self._until = time.monotonic() + seconds
        self._hash = hashlib.sha256()
        self._left = b""
        self.count = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, or all; none at the end."""
        return super().read(size) or b""

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what has come; 0 is the end."""
        if not self._left:
            self._left = next(self._pieces, b"")
            self._check()
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count

    def _check(self) -> None:
        self.count += len(self._left)
        self._hash.update(self._left)
        if self._size is not None and self.count > self._size:
            raise Mismatch(f"{self._what} sends more than the {self._size} bytes of {self._digest}")
        # By what has come and not by the size, which not everybody knows who asks for a layer.
        if time.monotonic() > self._until + self.count / SLOWEST:
            raise Transient(f"{self._what} sends too slowly")
        if self._left and self.count != self._size:
            return
        if self._size is not None and self.count < self._size:
            raise Transient(f"{self._what} sends {self.count} of {self._size} bytes")
        if f"sha256:{self._hash.hexdigest()}" != self._digest:
            raise Mismatch(f"{self._what} sends something else for {self._digest}")

    def close(self) -> None:
        """Let go of the connection."""
        if not self.closed:
            self._release()
        super().close()
