"""Reading the archive in a layer, however it is compressed, up to a limit."""

from __future__ import annotations

import gzip
import importlib
import io
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from chartgen.oci import entries
from chartgen.oci.entries import Damaged
from chartgen.oci.source import Stream

# Langflow's smaller image, as the tests make it, has 93 000.
MOST_ENTRIES = 1_000_000
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class Unreadable(Exception):
    """A layer cannot be looked through, with the reason in words."""


@dataclass
class Budget:
    """What may still be read, over all layers: bytes as they come and unpacked, and entries."""

    packed: int
    unpacked: int
    entries: int = MOST_ENTRIES


class _Limited(io.RawIOBase):
    """A stream that counts what is read; `held` is what was read of it before."""

    def __init__(
        self, stream: Stream, budget: Budget, kind: str, held: bytes = b"", *faults: type[Exception]
    ) -> None:
        self._stream, self._budget, self._kind, self._held = stream, budget, kind, held
        self._faults = faults

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        left = getattr(self._budget, self._kind)
        if left <= 0:
            raise Unreadable("its layers are too large to look through")
        try:
            data = self._held[: size if size >= 0 else None] or self._stream.read(size)
        except self._faults as fault:
            raise Damaged(str(fault)) from fault
        self._held = self._held[len(data) :]
        setattr(self._budget, self._kind, left - len(data))
        return data

    def readinto(self, buffer: Any, /) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def look(stream: Stream, budget: Budget) -> Iterator[tarfile.TarInfo]:
    """The entries of the archive in a layer.

    Raises Damaged, or Unreadable once the budget is spent.
    """
    for entry, _ in entries.read(unpack(stream, budget)):
        if budget.entries <= 0:
            raise Unreadable("its layers have too many entries to look through")
        budget.entries -= 1
        yield entry


def unpack(stream: Stream, budget: Budget) -> IO[bytes]:
    """The archive in a layer; its first bytes tell the compression, as they do for engines.

    Raises Unreadable once the budget is spent, or for Zstandard without a library for it.
    """
    magic = b""
    while len(magic) < len(_ZSTD) and (more := stream.read(len(_ZSTD) - len(magic))):
        magic += more
    packed = io.BufferedReader(_Limited(stream, budget, "packed", magic), 16 * 1024)
    if magic.startswith(_GZIP):
        faults = (gzip.BadGzipFile, zlib.error, EOFError)
        return _limited(gzip.GzipFile(fileobj=packed), budget, *faults)
    if magic == _ZSTD:
        return _limited(*_zstandard(packed, budget))
    return _limited(packed, budget)


def _limited(stream: Any, budget: Budget, *faults: type[Exception]) -> IO[bytes]:
    return cast("IO[bytes]", _Limited(stream, budget, "unpacked", b"", *faults))


def _zstandard(stream: IO[bytes], budget: Budget) -> tuple[Any, Budget, type[Exception]]:
    """Python 3.14 has it, and the package `zstandard` for those before."""
    try:
        library = importlib.import_module("compression.zstd")
        return library.ZstdFile(stream), budget, library.ZstdError
    except ImportError:
        pass
    try:
        library = importlib.import_module("zstandard")
    except ImportError:
        raise Unreadable(
            "its layers are compressed with Zstandard, which needs Python 3.14 or the package "
            "zstandard"
        ) from None
    reader = library.ZstdDecompressor().stream_reader(stream, read_across_frames=True)
    return reader, budget, library.ZstdError
