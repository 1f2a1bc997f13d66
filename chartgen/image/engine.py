"""A Docker engine: found, asked what it has, given images and asked for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from chartgen.errors import ChartgenError, Unavailable

PING_SECONDS = 10
# Installing packages may be silent for long; a build that says nothing for an hour is dead.
SILENCE_SECONDS = 3600
# How an engine whose images are kept by containerd says so.
_CONTAINERD = "io.containerd.snapshotter"


class Refused(ChartgenError):
    """The engine answers that it will not, in its own words."""


@contextmanager
def client() -> Iterator[Any]:
    """docker-py's client for an engine that has answered, closed in the end.

    Raises Unavailable when no engine answers.
    """
    import docker
    from docker.errors import DockerException

    try:
        # Asks for the engine's version, so an engine that is not there is noticed here.
        found = docker.from_env(timeout=PING_SECONDS)
    except (DockerException, OSError) as fault:
        raise silent(fault) from fault
    with closing(found):
        found.api.timeout = SILENCE_SECONDS
        yield found


def silent(fault: Exception) -> Unavailable:
    """The failure of an engine that does not answer, or no longer."""
    return Unavailable(
        f"no Docker engine answers ({type(fault).__name__}): is it running, and "
        "may you use it? DOCKER_HOST names another one"
    )


@dataclass(frozen=True, kw_only=True)
class Held:
    """An image that an engine has: its id, and what its layers unpack to, bottom first."""

    id: str
    diff_ids: tuple[str, ...]


class Engine:
    """An engine that has answered. Everything raises Unavailable when it no longer does."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def architecture(self) -> str:
        """What it runs, in the words of an image: `amd64`, `arm64`."""
        with told():
            return str(self._client.version().get("Arch", ""))

    @property
    def keeps_layers(self) -> bool:
        """Whether layers once loaded serve other images, which then may come without them.

        Docker's own store keeps them by content and names an image by its configuration's
        digest; containerd's wants every image whole and names it by its manifest's.
        """
        with told():
            status = self._client.info().get("DriverStatus") or ()
        return not any(_CONTAINERD in str(value) for _, value in status)

    def find(self, name: str) -> Held | None:
        """An image by its name or id, None when there is none."""
        from docker.errors import NotFound

        with told():
            try:
                found = self._client.api.inspect_image(name)
            except NotFound:
                return None
        return Held(
            id=str(found["Id"]),
            diff_ids=tuple((found.get("RootFS") or {}).get("Layers") or ()),
        )

    def tagged(self, repository: str) -> tuple[str, ...]:
        """The ids of the images that have a tag of a repository."""
        with told():
            return tuple(item["Id"] for item in self._client.api.images(name=repository))

    def load(self, archive: Iterable[bytes]) -> None:
        """Give it an archive as `docker load` takes it. Raises Refused when it does not.

        What the archive itself raises while it is read comes through.
        """
        with told():
            for message in self._client.api.load_image(iter(archive)):
                if "error" in message:
                    raise _refused(str(message["error"]))

    def export(self, image_id: str) -> Iterator[bytes]:
        """The archive that `docker save` writes of an image, a piece at a time."""
        with told():
            yield from self._client.api.get_image(image_id)


@contextmanager
def told() -> Iterator[None]:
    """docker-py's failures in our words: Refused, or Unavailable when the engine falls silent."""
    from docker.errors import APIError, DockerException
    from requests import RequestException

    try:
        yield
    except APIError as fault:
        raise _refused(str(fault.explanation or fault)) from fault
    except (DockerException, RequestException) as fault:
        raise silent(fault) from fault


def _refused(words: str) -> Refused:
    return Refused(f"the Docker engine refuses: {words.strip()}")


@contextmanager
def answering() -> Iterator[Engine]:
    """The engine of this machine, or the one that DOCKER_HOST names.

    Raises Unavailable when it does not answer.
    """
    with client() as found:
        yield Engine(found)
