"""Images on their way into a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chartgen import registry
from chartgen.errors import InvalidInput
from chartgen.image import bases
from chartgen.oci.image import Blob
from chartgen.publish import goods, made
from chartgen.publish.made import Made
from chartgen.registry import BlobJob, Client, Location, NotFound
from chartgen.watcher import Watcher


def image(release: Mapping[str, Any], folder: Path) -> goods.Goods:
    """The image that a report in a folder tells of."""
    name = made.reference(release)
    plain, builder = f"{name.repository}:{name.tag}", release["image"]["builder"]
    if "/" not in name.repository:
        raise InvalidInput(
            f"{plain} names no registry: package again with --image registry.example.com/team/bots"
        )
    place = registry.parse(name.repository)
    if builder == "oci":
        return Image(place=place, made=made.of(release, folder))
    if name.digest:
        return Elsewhere(place=place, tag=name.tag, digest=name.digest)
    if builder == "none":
        raise InvalidInput(f"{plain} was not built: package again where it can be")
    raise InvalidInput(
        f"{plain} is in the local engine only, and its digest is not known: package again "
        "with --builder oci; or push it with docker push, and then package again, so that the "
        "chart pins its digest"
    )


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of ours: our part of it in a layout on disk, the rest in its base."""

    place: Location
    made: Made

    @property
    def tag(self) -> str:
        """The tag that it gets."""
        return self.made.name.tag

    @property
    def digest(self) -> str:
        """Digest of its manifest, or of its index when it is for several platforms."""
        return self.made.name.digest

    @property
    def reference(self) -> str:
        """How people name it there."""
        return f"{self.place}:{self.tag}"

    def stands(self, client: Client, *, force: bool) -> bool:
        """Whether the registry has it."""
        return goods.stands(client, self.place, self.tag, self.digest, force=force)

    def send(self, client: Client, target: goods.Target, watcher: Watcher) -> None:
        """Blobs first, then each platform's manifest, and at last the tag."""
        repository = self.place.repository
        read = self.made.read()
        with bases.opened(self.made.base, connect=partial(self._connect, target)) as base:
            goods.push_blobs(client, [self._job(blob, base) for blob in read.blobs], watcher)
        for one in read.documents():
            # What the tag names comes last; those below it have no tag.
            reference = self.tag if one == read.root else one.descriptor.digest
            client.push_manifest(repository, reference, one.data, one.descriptor.media_type)

    def _connect(self, target: goods.Target, host: str) -> Client:
        if host == self.place.host:
            return target.connect(host)
        # Plain HTTP was asked for where we push to, not where the base is.
        return registry.connect(host, ca_file=target.ca_file)

    def _job(self, blob: Blob, base: bases.Opened) -> BlobJob:
        """A blob: ours from the layout, the base's from where the base is."""
        digest = blob.descriptor.digest
        near = None if blob.open else base.location
        return BlobJob(
            repository=self.place.repository,
            digest=digest,
            size=blob.descriptor.size,
            open_stream=blob.open or partial(base.source.blob, digest),
            mount_from=near.repository if near and near.host == self.place.host else None,
        )


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """An image that was pushed by somebody else: what counts is that the registry has it."""

    place: Location
    tag: str
    digest: str

    @property
    def reference(self) -> str:
        """How people name it there."""
        return str(self.place)

    def stands(self, client: Client, *, force: bool) -> bool:
        """Whether the registry has it."""
        try:
            client.get_manifest(self.place.repository, self.digest)
        except NotFound:
            raise InvalidInput(
                f"{self.reference}@{self.digest} is not in the registry, and the chart pins it: "
                "push it with docker push, then run this again"
            ) from None
        return True

    def send(self, client: Client, target: goods.Target, watcher: Watcher) -> None:
        """Nothing is sent."""
        raise AssertionError("it is there, or stands has raised")
