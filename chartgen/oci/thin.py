"""An image in a layout that lacks the layers of its base, read back to be sent somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from chartgen.errors import InvalidInput
from chartgen.oci import layout, manifest, media, source
from chartgen.oci.descriptor import Descriptor, Platform
from chartgen.oci.image import Blob, Document, OciImage
from chartgen.oci.manifest import Manifest
from chartgen.oci.source import BaseImage, Fetched, Stream


def read(folder: Path, digest: str) -> OciImage:
    """The image of that digest; what the folder lacks is taken for its base's.

    Manifests and configurations are verified here, layers by whoever reads them. Raises
    InvalidInput when the folder does not hold such an image, or holds it damaged.
    """
    held = layout.read(folder)
    root = source.fetch(held, digest)
    manifests = tuple(_documents(held, root))
    blobs: dict[str, Blob] = {}
    for parsed in map(_parsed, manifests):
        for one in (*parsed.layers, parsed.config):
            if not one.foreign:
                blobs.setdefault(one.digest, _blob(folder, one))
    return OciImage(
        root=manifests[0] if root.media_type in media.MANIFESTS else _document(root, None),
        manifests=manifests,
        blobs=tuple(blobs.values()),
    )


def only(image: OciImage, platform: Platform) -> OciImage:
    """The image for one of its platforms: its manifest there is the root."""
    chosen = next(one for one in image.manifests if one.descriptor.platform == platform)
    parsed = _parsed(chosen)
    needed = {parsed.config.digest, *(layer.digest for layer in parsed.layers)}
    blobs = tuple(blob for blob in image.blobs if blob.descriptor.digest in needed)
    return OciImage(root=chosen, manifests=(chosen,), blobs=blobs)


def _documents(held: BaseImage, root: Fetched) -> Iterator[Document]:
    """The manifests for the platforms: the root itself when it is for one."""
    if root.media_type in media.MANIFESTS:
        config = source.read(held, manifest.manifest(root.data, root.digest).config)
        yield _document(root, manifest.config(config, "the image's configuration").platform)
        return
    for entry in manifest.index(root.data, f"the index {root.digest}"):
        yield _document(source.fetch(held, entry.digest, entry.media_type), entry.platform)


def _document(found: Fetched, platform: Platform | None) -> Document:
    descriptor = Descriptor.of(found.data, found.media_type, platform)
    return Document(descriptor=descriptor, data=found.data)


def _parsed(one: Document) -> Manifest:
    return manifest.manifest(one.data, f"the manifest {one.descriptor.digest}")


def _blob(folder: Path, descriptor: Descriptor) -> Blob:
    file = folder / layout.path_of(descriptor.digest)
    return Blob(descriptor=descriptor, open=partial(_open, file) if file.is_file() else None)


def _open(file: Path) -> Stream:
    try:
        return file.open("rb")
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise InvalidInput(f"{file} cannot be read: {reason}") from fault
