"""Where a base image comes from: a layout on disk here, a registry or a lock file elsewhere."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple, Protocol

from chartgen.errors import InvalidInput
from chartgen.oci import manifest
from chartgen.oci.descriptor import Descriptor, digest_of, is_digest

CHUNK = 1024 * 1024
LARGEST_CONFIG = 8 * 1024 * 1024


class Fetched(NamedTuple):
    """A manifest or an index, byte for byte as it was found."""

    data: bytes
    media_type: str
    digest: str


class Stream(Protocol):
    """Bytes that come one after the other."""

    def read(self, size: int = -1, /) -> bytes:
        """At most that many bytes; none at the end."""

    def close(self) -> None:
        """Nothing more is read."""


class BaseImage(Protocol):
    """A repository that holds a base image."""

    def manifest(self, reference: str) -> Fetched:
        """The manifest or index under a tag or a digest; "" means the only one there is."""

    def blob(self, digest: str) -> Stream:
        """The content of a blob, unverified: `chunks` and `read` verify it."""


def fetch(source: BaseImage, reference: str, told: str = "") -> Fetched:
    """A manifest or an index, verified; `told` is the media type that its descriptor names."""
    found = source.manifest(reference)
    digest = digest_of(found.data) if found.digest.startswith("sha256:") else ""
    if digest != found.digest or (is_digest(reference) and digest != reference):
        raise InvalidInput(f"the manifest {reference or found.digest} does not have that digest")
    kind = manifest.media_type(found.data, told or found.media_type, f"the manifest {digest}")
    return Fetched(found.data, kind, digest)


def chunks(stream: Stream, descriptor: Descriptor) -> Iterator[bytes]:
    """The content that a descriptor points at; InvalidInput at its end if it is other content.

    A disk that fails is InvalidInput too, a network that does Unavailable.
    """
    summed = hashlib.new(descriptor.digest.partition(":")[0])
    left = descriptor.size
    with closing(stream):
        # One byte more than there should be tells a blob that is too long.
        while chunk := _read(stream, min(CHUNK, left + 1), descriptor.digest):
            left -= len(chunk)
            if left < 0:
                break
            summed.update(chunk)
            yield chunk
    algorithm = summed.name
    if left or f"{algorithm}:{summed.hexdigest()}" != descriptor.digest:
        raise InvalidInput(f"the blob {descriptor.digest} is damaged: {_damage(left)}")


def _read(stream: Stream, size: int, digest: str) -> bytes:
    """A fault of the disk that is read must not be taken for one of what is written to."""
    try:
        return stream.read(size)
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise InvalidInput(f"the blob {digest} cannot be read: {reason}") from fault


def in_memory(data: bytes) -> Stream:
    """Bytes at hand as a stream."""
    return io.BytesIO(data)


def _damage(left: int) -> str:
    if left > 0:
        return f"{left} bytes are missing"
    return "it is too long" if left else "its content has another digest"


def read(source: BaseImage, descriptor: Descriptor) -> bytes:
    """A small blob, such as a configuration, as a whole and verified."""
    if descriptor.size > LARGEST_CONFIG:
        raise InvalidInput(f"the configuration {descriptor.digest} is {descriptor.size} bytes long")
    return b"".join(chunks(source.blob(descriptor.digest), descriptor))
