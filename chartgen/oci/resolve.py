"""Resolving a base: which of its images are built on.

The choice among an index's entries is ko's: attestations are told by the annotation that BuildKit
gives them and by `unknown` in their platform.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from chartgen.errors import InvalidInput
from chartgen.oci import manifest, media, source
from chartgen.oci.descriptor import Descriptor, Platform
from chartgen.oci.manifest import Manifest
from chartgen.oci.source import BaseImage, Fetched

_PLATFORM = re.compile(r"[a-z0-9_]+/[a-z0-9_]+(/[a-z0-9_.]+)?", re.ASCII)
_ATTESTATION = "vnd.docker.reference.type"


@dataclass(frozen=True, kw_only=True)
class Child:
    """The base for one platform: manifest and configuration as they were fetched."""

    digest: str
    platform: Platform
    manifest: bytes = field(repr=False)
    config: bytes = field(repr=False)

    @property
    def parsed(self) -> Manifest:
        """The manifest, read."""
        return manifest.manifest(self.manifest, f"the base's manifest {self.digest}")


@dataclass(frozen=True, kw_only=True)
class Base:
    """A resolved base: its digest, and an image for each platform, in the index's order.

    `created` is when its first Linux image was made, whatever platforms were asked for: so what
    is built for one platform is the same alone and among others.
    """

    digest: str
    created: int
    children: tuple[Child, ...]


def platform(text: str) -> Platform:
    """A platform as people write it: `linux/arm64`, `linux/arm/v7`."""
    if not _PLATFORM.fullmatch(text):
        raise InvalidInput(f"{text!r} is not a platform: write it as linux/amd64 or linux/arm/v7")
    os, architecture, *variant = text.split("/")
    if os != "linux":
        raise InvalidInput(f"{text!r}: images are built for Linux only")
    return Platform(os=os, architecture=architecture, variant="".join(variant))


def resolve(base: BaseImage, reference: str, platforms: Iterable[Platform] = ()) -> Base:
    """The images of a base that are built on: those of the platforms, or all for Linux."""
    wanted = tuple(platforms)
    root = source.fetch(base, reference)
    if root.media_type in media.MANIFESTS:
        child = _child(base, root, None)
        _choose([child.platform], wanted)
        return Base(digest=root.digest, created=_created(child), children=(child,))
    entries = _images(base, manifest.index(root.data, f"the index {root.digest}"))
    chosen = _choose(list(entries), wanted)
    linux = [entry for one, entry in entries.items() if one.os == "linux"]
    children = {
        entry.digest: _child(base, source.fetch(base, entry.digest, entry.media_type), entry)
        for entry in linux
        if entry is linux[0] or entry.platform in chosen
    }
    return Base(
        digest=root.digest,
        created=_created(children[linux[0].digest]),
        children=tuple(c for c in children.values() if c.platform in chosen),
    )


def _images(base: BaseImage, entries: Sequence[Descriptor]) -> dict[Platform, Descriptor]:
    """The entries of an index that are images; of two for one platform runtimes take the first."""
    kept: dict[Platform, Descriptor] = {}
    for entry in entries:
        if entry.media_type in media.INDEXES:
            raise InvalidInput(
                "the base is an index of indexes, and no runtime says which is meant: name the "
                f"inner one, {entry.digest}"
            )
        unknown = entry.platform and "unknown" in (entry.platform.os, entry.platform.architecture)
        attests = unknown or entry.artifact_type or _ATTESTATION in entry.annotations
        if entry.media_type in media.MANIFESTS and not attests:
            platform = entry.platform or _platform(base, entry)
            kept.setdefault(platform, replace(entry, platform=platform))
    return kept


def _platform(base: BaseImage, entry: Descriptor) -> Platform:
    """The platform that an index leaves to the image's configuration."""
    return _child(base, source.fetch(base, entry.digest, entry.media_type), None).platform


def _choose(found: Sequence[Platform], wanted: Sequence[Platform]) -> list[Platform]:
    """The platforms to build for, or InvalidInput that lists those there are."""
    linux = [item for item in found if item.os == "linux"]
    for one in wanted:
        if not any(item.fits(one) for item in linux):
            raise InvalidInput(f"the base has no image for {one}: {_available(found)}")
    if not linux:
        raise InvalidInput(f"the base has no image for Linux: {_available(found)}")
    return [item for item in linux if not wanted or any(item.fits(one) for one in wanted)]


def _available(found: Sequence[Platform]) -> str:
    names = ", ".join(dict.fromkeys(map(str, found)))
    return f"there is {names}" if names else "there is none at all"


def _child(base: BaseImage, fetched: Fetched, entry: Descriptor | None) -> Child:
    what = f"the base's manifest {fetched.digest}"
    read = manifest.manifest(fetched.data, what)
    config = source.read(base, read.config)
    parsed = manifest.config(config, f"the base's configuration {read.config.digest}")
    if len(parsed.diff_ids) != len(read.layers):
        raise InvalidInput(
            f"{what} has {len(read.layers)} layers, and its configuration {len(parsed.diff_ids)}"
        )
    # Configurations of another architecture than the index says do exist; runtimes go by the index.
    named = entry.platform if entry and entry.platform else parsed.platform
    return Child(digest=fetched.digest, platform=named, manifest=fetched.data, config=config)


def _created(child: Child) -> int:
    return manifest.config(child.config, f"the base's configuration of {child.digest}").created
