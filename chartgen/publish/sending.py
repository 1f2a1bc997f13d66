"""What saving and loading share: a base that is read to its end, and bytes that are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chartgen import registry
from chartgen.oci.archive import Archive
from chartgen.oci.source import CHUNK, BaseImage, Fetched, Stream
from chartgen.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A base whose layers are asked for again where a connection breaks off.

    An archive that is half written cannot begin anew, and a base may have gigabytes.
    """

    inner: BaseImage

    def manifest(self, reference: str) -> Fetched:
        """As the base has it."""
        return self.inner.manifest(reference)

    def blob(self, digest: str) -> Stream:
        """The content, to be verified by whoever reads it."""
        return _Resumed(self.inner, digest)


class _Resumed:
    """A blob that is read from its beginning again after a fault, up to where it was."""

    def __init__(self, base: BaseImage, digest: str) -> None:
        self._base, self._digest = base, digest
        self._stream: Stream | None = base.blob(digest)
        self._done = 0

    def read(self, size: int = -1, /) -> bytes:
        data = registry.Patience().run(lambda: self._try(size))
        self._done += len(data)
        return data

    def close(self) -> None:
        if self._stream:
            self._stream.close()
        self._stream = None

    def _try(self, size: int) -> bytes:
        try:
            if self._stream is None:
                self._stream = self._base.blob(self._digest)
                _skip(self._stream, self._done)
            return self._stream.read(size)
        except BaseException:
            self.close()
            raise


def _skip(stream: Stream, count: int) -> None:
    while count and (data := stream.read(min(CHUNK, count))):
        count -= len(data)


def counted(archive: Archive, watcher: Watcher) -> Iterator[bytes]:
    """The bytes of an archive; the watcher is told how many have gone out."""
    done, total = 0, archive.size
    for piece in archive:
        yield piece
        done += len(piece)
        watcher.progress(done, total)
