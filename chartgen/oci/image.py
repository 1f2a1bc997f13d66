"""A finished image, still in memory except for its layers: all that a registry must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from chartgen.errors import InvalidInput
from chartgen.oci import append, document, manifest, media, source
from chartgen.oci.append import Change
from chartgen.oci.descriptor import Descriptor, Platform
from chartgen.oci.layer import Layer
from chartgen.oci.manifest import Manifest
from chartgen.oci.resolve import Base, Child
from chartgen.oci.source import BaseImage, Stream

Opener = Callable[[], Stream]


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A layer or a configuration. `open` gives its content, or is None where the base has it."""

    descriptor: Descriptor
    open: Opener | None = field(default=None, compare=False)

    def chunks(self, base: BaseImage) -> Iterator[bytes]:
        """The content, verified."""
        stream = self.open() if self.open else base.blob(self.descriptor.digest)
        return source.chunks(stream, self.descriptor)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A manifest or an index: exactly these bytes have the descriptor's digest."""

    descriptor: Descriptor
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OciImage:
    """An image for one platform or several.

    Pushed in this order it is whole at every moment: `blobs`, then `manifests` by their digests,
    then `root` by its tag. `root` is the index when there are several platforms, and otherwise
    the only manifest. Layers that may not be distributed are in the manifests alone.
    """

    root: Document
    manifests: tuple[Document, ...]
    blobs: tuple[Blob, ...]

    def documents(self) -> tuple[Document, ...]:
        """Every manifest, and the index last if there is one."""
        return self.manifests if self.root in self.manifests else (*self.manifests, self.root)

    def platforms(self) -> tuple[Platform, ...]:
        """What the image runs on, in the index's order."""
        return tuple(one.descriptor.platform for one in self.manifests if one.descriptor.platform)

    def parsed(self, platform: Platform | None = None) -> Manifest:
        """The manifest for a platform, read; without one the first."""
        for one in self.manifests:
            found = one.descriptor.platform
            if platform is None or (found and found.fits(platform)):
                return manifest.manifest(one.data, f"the manifest {one.descriptor.digest}")
        names = ", ".join(map(str, self.platforms()))
        raise InvalidInput(f"the image is not made for {platform}, but for {names}")


def assemble(
    base: Base,
    layers: Mapping[str, tuple[Layer, Opener]],
    change: Change,
    *,
    created: int | None = None,
) -> OciImage:
    """Put a layer on every child of a base: `layers` holds, under the child's digest, which.

    `created` is the time in seconds that everything carries, by default the base's own.
    """
    epoch = base.created if created is None else created
    blobs: dict[str, Blob] = {}
    manifests = []
    for child in base.children:
        layer, opener = layers[child.digest]
        config, data = append.append(child.manifest, child.config, layer, change, created=epoch)
        manifests.append(
            Document(descriptor=Descriptor.of(data, media.MANIFEST, child.platform), data=data)
        )
        for blob in _blobs(child, config, Blob(descriptor=layer.descriptor, open=opener)):
            blobs.setdefault(blob.descriptor.digest, blob)
    root = manifests[0] if len(manifests) == 1 else _index(base, manifests, change, epoch)
    return OciImage(root=root, manifests=tuple(manifests), blobs=tuple(blobs.values()))


def _blobs(child: Child, config: bytes, layer: Blob) -> Iterator[Blob]:
    for below in child.parsed.layers:
        if not below.foreign:
            oci = media.to_oci(below.media_type)
            yield Blob(descriptor=replace(below, media_type=oci))
    yield layer
    yield Blob(
        descriptor=Descriptor.of(config, media.CONFIG), open=lambda: source.in_memory(config)
    )


def _index(base: Base, manifests: list[Document], change: Change, epoch: int) -> Document:
    data = document.dump(
        {
            "schemaVersion": 2,
            "mediaType": media.INDEX,
            "manifests": [one.descriptor.json() for one in manifests],
            "annotations": append.annotations_of(change, base.digest, epoch),
        }
    )
    return Document(descriptor=Descriptor.of(data, media.INDEX), data=data)
