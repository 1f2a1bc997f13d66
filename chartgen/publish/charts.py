"""Charts on their way into a registry."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartgen import registry
from chartgen.chart import artifact, beside
from chartgen.chart.artifact import Artifact
from chartgen.oci.descriptor import digest_of
from chartgen.publish import goods
from chartgen.registry import BlobJob, Location
from chartgen.watcher import Watcher

if TYPE_CHECKING:
    # Importing it loads requests, which most runs need not wait for.
    from chartgen.registry import Client


def chart(release: Mapping[str, Any], folder: Path, repository: str) -> goods.Goods:
    """The chart that a report in a folder tells of."""
    # What follows oci:// begins with a host, even where only that is given.
    place = registry.parse(f"oci://{repository.removeprefix('oci://')}").child(release["name"])
    return Chart(place=place, made=artifact.artifact(beside.archive(release, folder)))


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart as OCI artifact."""

    place: Location
    made: Artifact = field(repr=False)

    @property
    def tag(self) -> str:
        """The version, as it can be a tag."""
        return self.made.tag

    @property
    def reference(self) -> str:
        """How people name it there."""
        return f"oci://{self.place}:{self.tag}"

    @property
    def digest(self) -> str:
        """Digest of its manifest."""
        return self.made.digest

    def stands(self, client: Client, *, force: bool) -> bool:
        """Whether the registry has it."""
        return goods.stands(client, self.place, self.tag, self.digest, force=force)

    def send(self, client: Client, target: goods.Target, watcher: Watcher) -> None:
        """Configuration and archive first, then the tag."""
        jobs = [self._job(self.made.config), self._job(self.made.layer)]
        goods.push_blobs(client, jobs, watcher)
        client.push_manifest(
            self.place.repository, self.tag, self.made.manifest, artifact.MANIFEST_TYPE
        )

    def _job(self, data: bytes) -> BlobJob:
        return BlobJob(
            repository=self.place.repository,
            digest=digest_of(data),
            size=len(data),
            open_stream=partial(io.BytesIO, data),
        )
