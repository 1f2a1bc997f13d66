"""A Docker engine for tests: small base images made on the spot, and what containers show."""

from __future__ import annotations

import contextlib
import gc
import io
import shutil
import tarfile
import uuid
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.errors import DockerException, ImageNotFound
from docker.models.images import Image

# BusyBox is one program under many names.
TOOLS = ("sh", "cat", "find", "id", "stat", "touch", "rm", "sleep")
PYTHON = "bin/python"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or folder of a container."""

    mode: int
    owner: tuple[int, int]
    data: bytes = field(repr=False)


class Engine:
    """The engine that answers here, and the images that a test makes in it."""

    def __init__(self) -> None:
        self.client = docker.from_env(timeout=60)
        self.prefix = f"chartgen-test/{uuid.uuid4().hex[:12]}"
        self._bases: set[str] = set()

    def base(self, name: str, *, python: str = "exit 0") -> str:
        """Make a base image: BusyBox, and under the name of python a shell script or nothing."""
        reference = f"{self.prefix}-{name}:1"
        answer = self.client.api.import_image_from_data(
            base_layer(python),
            repository=reference.rpartition(":")[0],
            tag="1",
            changes=["ENV PATH=/bin"],
        )
        assert "error" not in answer, answer
        self._bases.add(str(self.image(reference).id))
        return reference

    def image(self, reference: str) -> Image:
        """An image by its reference."""
        return self.client.images.get(reference)

    def run(self, reference: str, script: str) -> tuple[str, dict[str, Entry]]:
        """Run a shell script in a container without network: what it prints, and its /app."""
        container = self.client.containers.create(
            reference, ["sh", "-c", script], network_mode="none"
        )
        try:
            container.start()
            code = container.wait(timeout=60)["StatusCode"]
            said = container.logs().decode()
            assert code == 0, said
            stream, _ = container.get_archive("/app")
            return said, _entries(b"".join(stream))
        finally:
            container.remove(force=True)

    def close(self) -> None:
        """Remove every image that stands on a base from here, what failed builds left included."""
        # One question, not one an image: others may be removing theirs at this moment.
        parents = {item["Id"]: item["ParentId"] for item in self.client.api.images(all=True)}
        lines = [_line(image, parents) for image in parents]
        for line in sorted(lines, key=len, reverse=True):
            if self._bases & set(line):
                with contextlib.suppress(ImageNotFound):
                    self.client.images.remove(line[0], force=True)
        self.client.close()


def _line(image: str, parents: Mapping[str, str]) -> list[str]:
    """An image and all that it stands on."""
    line = [image]
    while parents.get(line[-1]):
        line.append(parents[line[-1]])
    return line


def base_layer(python: str = "") -> bytes:
    """BusyBox under its names as a tar archive, and under the name of python a shell script."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("there is no busybox: install one with `apt-get install busybox-static`")
    files = {"bin/busybox": Path(busybox).read_bytes()}
    if python:
        files[PYTHON] = f"#!/bin/sh\n{python}\n".encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(data), 0o755
            archive.addfile(entry, io.BytesIO(data))
        for tool in TOOLS:
            entry = tarfile.TarInfo(f"bin/{tool}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return buffer.getvalue()


def _entries(data: bytes) -> dict[str, Entry]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found: dict[str, Entry] = {}
        for entry in archive:
            file = archive.extractfile(entry)
            found[entry.name] = Entry(
                mode=entry.mode & 0o7777,
                owner=(entry.uid, entry.gid),
                data=file.read() if file else b"",
            )
        return found


def labels(image: Image) -> Mapping[str, Any]:
    """The labels of an image."""
    return image.attrs["Config"]["Labels"] or {}


@pytest.fixture
def engine() -> Iterator[Engine]:
    """The engine, or a skip with the way to start one."""
    engine = answering()
    try:
        yield engine
    finally:
        engine.close()


def answering() -> Engine:
    """Return the engine, or skip with the way to start one."""
    with warnings.catch_warnings():
        # docker-py leaves the socket open on which nobody has answered.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return Engine()
        except (DockerException, OSError) as fault:
            reason = str(fault)
        gc.collect()
    pytest.skip(f"no Docker engine answers: start one with `dockerd &` ({reason})")


def exists(engine: Engine, reference: str) -> bool:
    """Whether the engine has an image."""
    try:
        engine.image(reference)
    except ImageNotFound:
        return False
    return True
