"""What can be published, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from chartgen.errors import InvalidInput, Unavailable
from chartgen.image.access import Access
from chartgen.registry import BlobJob, Location, NotFound
from chartgen.watcher import Watcher

if TYPE_CHECKING:
    # Importing it loads requests, which most runs need not wait for.
    from chartgen.registry import Client


@dataclass(frozen=True, kw_only=True)
class Target(Access):
    """Where a release goes, and how the registry is reached."""

    chart_repository: str = ""
    force: bool = False


class Goods(Protocol):
    """Something to publish: where it goes, and what it is there."""

    @property
    def place(self) -> Location:
        """The repository that it goes to."""

    @property
    def tag(self) -> str:
        """The tag that it gets."""

    @property
    def reference(self) -> str:
        """How people name it there."""

    @property
    def digest(self) -> str:
        """Digest of its manifest."""

    def stands(self, client: Client, *, force: bool) -> bool:
        """Whether the registry has it. Raises InvalidInput when it may not be pushed."""

    def send(self, client: Client, target: Target, watcher: Watcher) -> None:
        """Push it, and see it there."""


def stands(client: Client, place: Location, tag: str, digest: str, *, force: bool) -> bool:
    """Whether the registry has this very content; other content is not silently replaced."""
    try:
        # Not a HEAD: what counts as there was seen, byte for byte.
        found = client.get_manifest(place.repository, tag).digest
    except NotFound:
        return False
    if found != digest and not force:
        raise InvalidInput(
            f"{place}:{tag} is published already with other content, {found}: take a new "
            "version, or --force to replace it under everybody who uses it"
        )
    return found == digest


def push_blobs(client: Client, jobs: Sequence[BlobJob], watcher: Watcher) -> None:
    """Push what is not there yet, and see that it is there now.

    A registry should refuse a manifest whose blobs it lacks; not every one looks.
    """
    outcomes = client.push_blobs(jobs, progress=watcher.progress)
    for job, outcome in zip(jobs, outcomes, strict=True):
        if outcome != "present" and not client.has_blob(job.repository, job.digest):
            raise Unavailable(
                f"{client.host} took {job.digest} and does not show it: run this again"
            )
