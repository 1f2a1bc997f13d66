"""Images on their way into a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from chartgen import registry, report
from chartgen.errors import InvalidInput
from chartgen.image import bases
from chartgen.oci import layout, manifest, media
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.source import Fetched, Stream, fetch
from chartgen.publish import goods
from chartgen.registry import BlobJob, Client, Location, NotFound
from chartgen.watcher import Watcher


def image(release: Mapping[str, Any], folder: Path) -> goods.Goods:
    """The image that a report in a folder tells of."""
    told = release.get("image")
    if not told:
        raise InvalidInput("this release has no image: chartgen package makes one")
    name, _, tag = told["reference"].rpartition(":")
    if "/" not in name:
        raise InvalidInput(
            f"{name}:{tag} names no registry: package again with "
            "--image registry.example.com/team/bots"
        )
    place, digest, builder = registry.parse(name), told["digest"] or "", told["builder"]
    if builder == "oci":
        return Image(
            place=place,
            tag=tag,
            digest=digest,
            base=release["base"]["reference"],
            folder=folder / f"{release['name']}-{release['version']}{report.IMAGE_FOLDER}",
        )
    if digest:
        return Elsewhere(place=place, tag=tag, digest=digest)
    if builder == "none":
        raise InvalidInput(f"{name}:{tag} was not built: package again where it can be")
    raise InvalidInput(
        f"{name}:{tag} is in the local engine only, and its digest is not known: package again "
        "with --builder oci; or push it with docker push, and then package again, so that the "
        "chart pins its digest"
    )


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image of ours: our part of it in a layout on disk, the rest in its base."""

    place: Location
    tag: str
    digest: str
    base: str
    folder: Path

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
        root, children = self._read()
        with bases.opened(self.base, connect=partial(self._connect, target)) as base:
            goods.push_blobs(client, self._jobs(children, base), watcher)
        for child in children:
            if child.digest != root.digest:
                client.push_manifest(repository, child.digest, child.data, child.media_type)
        client.push_manifest(repository, self.tag, root.data, root.media_type)

    def _connect(self, target: goods.Target, host: str) -> Client:
        if host == self.place.host:
            return target.connect(host)
        # Plain HTTP was asked for where we push to, not where the base is.
        return registry.connect(host, ca_file=target.ca_file)

    def _read(self) -> tuple[Fetched, tuple[Fetched, ...]]:
        """The image's manifest, and those of its platforms: itself when it is for one."""
        if not self.folder.is_dir():
            raise InvalidInput(f"{self.folder} is not there: it holds the image, package again")
        source = layout.read(self.folder)
        root = fetch(source, self.digest)
        if root.media_type not in media.INDEXES:
            return root, (root,)
        entries = manifest.index(root.data, f"{self.folder}: the index")
        return root, tuple(fetch(source, entry.digest, entry.media_type) for entry in entries)

    def _jobs(self, children: tuple[Fetched, ...], base: bases.Opened) -> list[BlobJob]:
        """Every blob, ours from the layout and the base's from where the base is."""
        jobs = []
        for child in children:
            parsed = manifest.manifest(child.data, f"the manifest {child.digest}")
            for blob in (*parsed.layers, parsed.config):
                if not blob.foreign:
                    jobs.append(self._job(blob, base))
        return jobs

    def _job(self, blob: Descriptor, base: bases.Opened) -> BlobJob:
        file = self.folder / layout.path_of(blob.digest)
        ours = file.is_file()
        near = None if ours else base.location

        def open_stream() -> Stream:
            return file.open("rb") if ours else base.source.blob(blob.digest)

        return BlobJob(
            repository=self.place.repository,
            digest=blob.digest,
            size=blob.size,
            open_stream=open_stream,
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
