"""Where a base image is read from: a registry, an OCI layout on disk, or the local engine."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chartgen import registry
from chartgen.errors import InvalidInput, Unavailable
from chartgen.image.exported import EngineImage
from chartgen.oci import layout
from chartgen.oci.source import BaseImage, Fetched, Stream
from chartgen.reference import IMAGE
from chartgen.registry import Denied, Location, NotFound, Refused

if TYPE_CHECKING:
    # Importing it loads requests, which most runs need not wait for.
    from chartgen.registry import Client

LAYOUT = "oci-layout:"
# The name that skopeo, podman and their like have for it.
ENGINE = "docker-daemon:"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A base image in a registry.

    `seconds` is how long a manifest may take, None for as long as the client has patience.
    """

    client: Client
    path: str
    seconds: float | None = None

    def manifest(self, reference: str) -> Fetched:
        """The manifest or index under a tag or a digest."""
        with _no_fault_of_the_flows():
            return _within(self.seconds, self.client.host, lambda: self._manifest(reference))

    def blob(self, digest: str) -> Stream:
        """The content of a blob."""
        with _no_fault_of_the_flows():
            return self.client.get_blob(self.path, digest)

    def _manifest(self, reference: str) -> Fetched:
        found = self.client.get_manifest(self.path, reference or "latest")
        return Fetched(found.body, found.media_type, found.digest)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A base that can be read: where, under which tag or digest, and its place in a registry."""

    source: BaseImage
    reference: str
    location: Location | None


@contextmanager
def opened(
    text: str,
    *,
    seconds: float | None = None,
    connect: Callable[[str], Client] = registry.connect,
) -> Iterator[Opened]:
    """A base by its name: in a registry, `oci-layout:PATH[:tag]`, or `docker-daemon:IMAGE[:tag]`.

    In a registry it is `registry/repository:tag` or `…@sha256:…`; a digest wins over a tag.
    Raises InvalidInput for what is no layout and no name of an image; a registry or an engine
    is asked only when something is read.
    """
    if text.startswith(LAYOUT):
        path, reference = _layout_path(text.removeprefix(LAYOUT))
        yield Opened(source=layout.read(path), reference=reference, location=None)
        return
    if name := engine_name(text):
        with tempfile.TemporaryDirectory(prefix="chartgen-") as folder:
            yield Opened(source=EngineImage(name, Path(folder)), reference="", location=None)
        return
    repository, reference = _split(text)
    location = registry.parse(repository)
    with connect(location.host) as client:
        source = Repository(client=client, path=location.repository, seconds=seconds)
        yield Opened(source=source, reference=reference, location=location)


def is_local(text: str) -> bool:
    """Whether a base lies on this machine alone: a layout on disk, or an image of the engine."""
    return text.startswith((LAYOUT, ENGINE))


def engine_name(text: str) -> str:
    """What the engine calls a base that is an image of the engine; "" for every other base.

    Raises InvalidInput for what cannot be a name: it stands in a Dockerfile and in addresses.
    """
    if not text.startswith(ENGINE):
        return ""
    name = text.removeprefix(ENGINE)
    if not IMAGE.fullmatch(name):
        raise InvalidInput(
            f"{text!r} names no image of the engine: write it as {ENGINE}NAME:TAG, as "
            "`docker images` lists it"
        )
    return name


@contextmanager
def _no_fault_of_the_flows() -> Iterator[None]:
    """What a registry does not give is a matter of network and rights: the exit code is 3."""
    try:
        yield
    except (Denied, NotFound, Refused) as fault:
        raise Unavailable(f"the base image cannot be had: {fault.message}") from fault


def _within(seconds: float | None, host: str, action: Callable[[], Fetched]) -> Fetched:
    """What an action gives, if it does so in time; else it is left alone.

    A thread, because looking up a name and a row of silent addresses each have a patience of
    their own, which together is minutes.
    """
    if seconds is None:
        return action()
    given: list[Fetched | BaseException] = []

    def run() -> None:
        try:
            given.append(action())
        except BaseException as fault:
            given.append(fault)

    worker = threading.Thread(target=run, daemon=True, name="base")
    worker.start()
    worker.join(seconds)
    if not given:
        raise Unavailable(f"{host} does not answer within {seconds:g} seconds")
    if isinstance(given[0], BaseException):
        raise given[0]
    return given[0]


def _layout_path(text: str) -> tuple[Path, str]:
    path, _, tag = text.rpartition(":")
    return (Path(path), tag) if path and not Path(text).exists() else (Path(text), "")


def _split(text: str) -> tuple[str, str]:
    name, _, digest = text.partition("@")
    head, _, tag = name.rpartition(":")
    # What stands behind the last colon is a port when a slash follows.
    repository, tag = (head, tag) if head and "/" not in tag else (name, "")
    return repository, digest or tag
