"""Manifests, indexes and configurations as they are read; what was fetched is never rewritten.

Sources: image-spec `manifest.md`, `image-index.md`, `config.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from chartgen.errors import InvalidInput
from chartgen.oci import document, media
from chartgen.oci.descriptor import Descriptor, Platform, check_digest
from chartgen.oci.document import Json

# distribution-spec, "Pushing Manifests": registries take at least this much, and few take more.
LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One image for one platform."""

    config: Descriptor
    layers: tuple[Descriptor, ...]


@dataclass(frozen=True, kw_only=True)
class Config:
    """How an image is run, and what its layers unpack to."""

    platform: Platform
    created: int
    diff_ids: tuple[str, ...]


def media_type(data: bytes, told: str, what: str) -> str:
    """What a fetched document is: its own word counts, then the server's, then its keys.

    A document that can be read as two things is refused (image-spec, CVE-2021-41190).
    """
    found = _versioned(data, what)
    own = document.text(found, "mediaType", what, default="")
    many, one = "manifests" in found, "layers" in found or "config" in found
    if many and one:
        raise InvalidInput(f"{what} is both an index and a manifest")
    if own not in {"", *media.ACCEPTED}:
        raise InvalidInput(f"{what} is not a container image: it is {own}")
    if own and told in media.ACCEPTED and own != told:
        raise InvalidInput(f"{what} was announced as {told} and says it is {own}")
    named = own or (told if told in media.ACCEPTED else "")
    if (named in media.INDEXES and one) or (named in media.MANIFESTS and many):
        raise InvalidInput(f"{what} is not what it says it is ({named})")
    return named or (media.INDEX if many else media.MANIFEST)


def manifest(data: bytes, what: str) -> Manifest:
    """The manifest of a container image."""
    found = _versioned(data, what)
    config = Descriptor.parse(found.get("config"), f"the configuration in {what}")
    if config.media_type not in media.CONFIGS:
        raise InvalidInput(f"{what} is not a container image: it holds {config.media_type}")
    layers = tuple(
        Descriptor.parse(layer, f"layer {number} of {what}")
        for number, layer in enumerate(document.items(found, "layers", what))
    )
    for layer in layers:
        if not media.is_layer(layer.media_type):
            raise InvalidInput(f"{what} is not a container image: it holds {layer.media_type}")
    return Manifest(config=config, layers=layers)


def index(data: bytes, what: str) -> tuple[Descriptor, ...]:
    """The entries of an index, in its order."""
    entries = document.items(_versioned(data, what), "manifests", what)
    return tuple(
        Descriptor.parse(entry, f"entry {number} of {what}") for number, entry in enumerate(entries)
    )


def config(data: bytes, what: str) -> Config:
    """The configuration of a container image."""
    found = document.load(data, what)
    rootfs = document.section(found, "rootfs", what)
    if document.text(rootfs, "type", f"rootfs of {what}") != "layers":
        raise InvalidInput(f"{what} is malformed: its rootfs is not made of layers")
    return Config(
        platform=Platform.parse(found, what),
        created=_seconds(document.text(found, "created", what, default=""), what),
        diff_ids=tuple(map(check_digest, document.texts(rootfs, "diff_ids", what))),
    )


def _versioned(data: bytes, what: str) -> Json:
    if len(data) > LARGEST:
        raise InvalidInput(f"{what} has {len(data)} bytes, more than a manifest may have")
    found = document.load(data, what)
    version = found.get("schemaVersion")
    if version == 1:
        raise InvalidInput(f"{what} is in Docker's schema 1, which nothing can build on any more")
    if version != 2 or isinstance(version, float):
        raise InvalidInput(f"{what} is malformed: schemaVersion is not 2")
    return found


def _seconds(text: str, what: str) -> int:
    """A time as image-spec writes it (RFC 3339), in whole seconds; no time at all is 0."""
    if not text:
        return 0
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"{what} is malformed: created is {text!r:.80}") from None
    # Go writes the year 1 where nothing was set; no archive can hold a time before 1970.
    seconds = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return max(0, int(seconds))


def time(seconds: int) -> str:
    """Seconds since 1970 as image-spec writes a time (RFC 3339)."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
