"""What `docker save` wrote, as a base: a manifest in OCI's media types is made for it.

Its `manifest.json` names the configuration and the layers, whichever release of Docker wrote it;
newer ones put an OCI layout around the same files. Source: moby, `image/spec/v1.2.md` ("Combined
Image JSON + Filesystem Changeset Format").
"""

from __future__ import annotations

import hashlib
from contextlib import closing
from pathlib import Path

from chartgen.errors import InvalidInput
from chartgen.oci import document, manifest, media, source
from chartgen.oci.descriptor import Descriptor, digest_of
from chartgen.oci.document import Json
from chartgen.oci.entries import Damaged
from chartgen.oci.inplace import Files
from chartgen.oci.source import Fetched, Stream

INDEX = "manifest.json"
# Docker's own store keeps layers apart and saves them as they are unpacked; containerd's saves
# them as they were pulled. The first bytes tell.
_COMPRESSED = {b"\x1f\x8b": media.LAYER_GZIP, b"\x28\xb5\x2f\xfd": f"{media.LAYER}+zstd"}


class Saved:
    """The one image in an archive of `docker save`.

    Layers that are not compressed stay so: their digests stand in the configuration, and
    whoever reads them verifies them. Raises InvalidInput for what is no such archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._files = Files(path)
        except (Damaged, OSError) as fault:
            raise InvalidInput(f"{path} is not what docker save writes: {fault}") from None
        told = self._told()
        name = document.text(told, "Config", f"{path}/{INDEX}")
        self._config = self._small(name, source.LARGEST_CONFIG)
        self._names: dict[str, str] = {}
        layers = self._layers(document.texts(told, "Layers", f"{path}/{INDEX}"))
        self._manifest = document.dump(
            {
                "schemaVersion": 2,
                "mediaType": media.MANIFEST,
                "config": Descriptor.of(self._config, media.CONFIG).json(),
                "layers": [layer.json() for layer in layers],
            }
        )

    def manifest(self, reference: str) -> Fetched:
        """The image's manifest; "" and its own digest mean it."""
        digest = digest_of(self._manifest)
        if reference not in {"", digest}:
            raise InvalidInput(f"{self._path} holds one image, and not {reference}")
        return Fetched(self._manifest, media.MANIFEST, digest)

    def blob(self, digest: str) -> Stream:
        """The content of a layer or of the configuration."""
        if digest == digest_of(self._config):
            return source.in_memory(self._config)
        stream = self._files.open(self._names[digest]) if digest in self._names else None
        if stream is None:
            raise InvalidInput(f"{self._path} has no blob {digest}")
        return stream

    def has(self, digest: str) -> bool:
        """Whether a layer or the configuration has this digest."""
        return digest in self._names or digest == digest_of(self._config)

    def _told(self) -> Json:
        what = f"{self._path}/{INDEX}"
        # Documents are objects elsewhere, and this one is a list.
        data = b'{"images":%b}' % self._small(INDEX, manifest.LARGEST)
        images = document.items(document.load(data, what), "images", what)
        if len(images) != 1:
            raise InvalidInput(f"{what} tells of {len(images)} images, and not of one")
        return document.mapping(images[0], what)

    def _layers(self, names: list[str]) -> list[Descriptor]:
        """The layers, bottom first, as a manifest lists them."""
        what = f"the configuration in {self._path}"
        diff_ids = manifest.config(self._config, what).diff_ids
        if len(diff_ids) != len(names):
            raise InvalidInput(f"{what} has {len(diff_ids)} layers, and beside it are {len(names)}")
        found = [self._layer(name, one) for name, one in zip(names, diff_ids, strict=True)]
        self._names = {one.digest: name for one, name in zip(found, names, strict=True)}
        return found

    def _layer(self, name: str, diff_id: str) -> Descriptor:
        size = self._files.size(name)
        if size is None:
            raise InvalidInput(f"{self._path} has no layer {name}: it is not complete")
        start = self._read(name, 4)
        for magic, kind in _COMPRESSED.items():
            if start.startswith(magic):
                return Descriptor(media_type=kind, digest=self._digest(name), size=size)
        return Descriptor(media_type=media.LAYER, digest=diff_id, size=size)

    def _digest(self, name: str) -> str:
        summed = hashlib.sha256()
        stream = self._files.open(name)
        if stream:
            with closing(stream):
                while chunk := stream.read(source.CHUNK):
                    summed.update(chunk)
        return f"sha256:{summed.hexdigest()}"

    def _small(self, name: str, limit: int) -> bytes:
        data = self._read(name, limit + 1)
        if not data or len(data) > limit:
            raise InvalidInput(
                f"{self._path} is not what docker save writes: its {name} is missing or too large"
            )
        return data

    def _read(self, name: str, size: int) -> bytes:
        stream = self._files.open(name)
        if stream is None:
            return b""
        with closing(stream):
            return stream.read(size)
