"""One tar archive that is an OCI layout and what `docker load` takes, both at once.

Docker's `manifest.json` points at the layout's blobs: so they are in it once, and skopeo reads it
as `oci-archive:` and as `docker-archive:`. Source: moby, `image/spec/v1.2.md` ("Combined Image
JSON + Filesystem Changeset Format").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chartgen.model import ImageRef
from chartgen.oci import document, layout, tarball
from chartgen.oci.descriptor import Platform
from chartgen.oci.image import OciImage
from chartgen.oci.layout import Entry
from chartgen.oci.source import BaseImage


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A tar archive on its way: its bytes when it is iterated over, and how many there will be."""

    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """The bytes of the whole archive."""
        return sum(map(_size, self.entries)) + len(tarball.END)

    def __iter__(self) -> Iterator[bytes]:
        for entry in self.entries:
            yield tarball.file(entry.path, entry.size, 0)
            yield from entry.chunks()
            yield tarball.padding(entry.size)
        yield tarball.END


def stream(
    image: OciImage, base: BaseImage, name: ImageRef, platform: Platform | None = None
) -> Archive:
    """The whole image. `docker load` knows no indexes and takes `platform`, or else the first."""
    mark, index, *blobs = layout.entries(image, base, name)
    return Archive(entries=(mark, index, _docker(image, name, platform), *blobs))


def thin(
    image: OciImage, base: BaseImage, name: ImageRef, platform: Platform | None = None
) -> Archive:
    """Our layer alone, for an engine that has the base and keeps its layers apart.

    An engine without the base, or with containerd's image store, needs the whole image.
    """
    parsed = image.parsed(platform)
    needed = {parsed.config.digest, parsed.layers[-1].digest}
    ours = [layout.blob_entry(b, base) for b in image.blobs if b.descriptor.digest in needed]
    ours.sort(key=lambda entry: entry.path)
    return Archive(entries=(_docker(image, name, platform), *ours))


def _docker(image: OciImage, name: ImageRef, platform: Platform | None) -> Entry:
    parsed = image.parsed(platform)
    entry = {
        "Config": layout.path_of(parsed.config.digest),
        "RepoTags": [f"{name.repository}:{name.tag}"],
        "Layers": [layout.path_of(layer.digest) for layer in parsed.layers],
    }
    return layout.in_memory("manifest.json", document.dump([entry]))


def _size(entry: Entry) -> int:
    header, padding = tarball.file(entry.path, entry.size, 0), tarball.padding(entry.size)
    return len(header) + entry.size + len(padding)
