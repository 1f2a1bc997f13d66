"""Releases on their way: bases laid into the registry of the tests, and what stands there after."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chartgen import registry
from chartgen.image import Built, Order
from chartgen.image import oci as oci_builder
from chartgen.model import App, Base
from chartgen.registry import Patience
from tests import cli as terminal
from tests.oci_base import Shelf, digest
from tests.registry_server import Registry
from tests.sample import sample_app, sample_image

RELEASE = ("--name", "bots", "--version", "1.0.0")
REPORT = "dist/bots-1.0.0.release.json"


def hasten(patch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let nobody wait between two tries."""
    quick = {"delays": (0.0, 0.0), "read": 5.0, "commit": 5.0, "longest": 0.5, **changes}
    made: Callable[[], Patience] = lambda: Patience(**quick)  # noqa: E731
    patch.setattr(registry, "Patience", made)


def lay(server: Registry, repository: str, shelf: Shelf) -> None:
    """Put all that a shelf holds into a repository."""
    for name, data in shelf.blobs.items():
        server.blobs[repository, name] = data
    for name, (data, media_type) in shelf.manifests.items():
        server.manifests[repository, name] = (media_type, data)
    for tag, name in shelf.tags.items():
        server.manifests[repository, tag] = server.manifests[repository, name]


def package(base: str, image: str, *more: str) -> terminal.Outcome:
    """Package `flows` on a base."""
    return terminal.run("package", "flows", *RELEASE, "--base", base, "--image", image, *more)


def push(*more: str) -> terminal.Outcome:
    """Push what was packaged."""
    return terminal.run("push", REPORT, *more)


def told() -> dict[str, str]:
    """What the report says of the image."""
    found: dict[str, str] = json.loads(Path(REPORT).read_text())["image"]
    return found


def stands(server: Registry, repository: str, reference: str) -> str:
    """The digest of a manifest under which everything is in the registry, "" if anything lacks."""
    media_type, body = server.manifests.get((repository, reference), ("", b""))
    if not media_type:
        return ""
    found = json.loads(body)
    for child in found.get("manifests", ()):
        if stands(server, repository, child["digest"]) != child["digest"]:
            return ""
    blobs = [*found.get("layers", ()), *([found["config"]] if "config" in found else [])]
    for blob in blobs:
        data = server.blobs.get((repository, blob["digest"]))
        if "urls" not in blob and (data is None or digest(data) != blob["digest"]):
            return ""
    return digest(body)


def all_stand(server: Registry, out: str) -> bool:
    """Whether all that a push has printed is in the registry, whole."""
    lines = out.split()
    for line, repository in zip(lines, ("team/bots", "charts/bots"), strict=True):
        name, _, found = line.partition("@")
        tag = name.rpartition(":")[2]
        if stands(server, repository, tag) != found or stands(server, repository, found) != found:
            return False
    return True


class Nobody:
    """Listens to nothing."""

    def step(self, text: str) -> None: ...
    def line(self, text: str) -> None: ...
    def progress(self, done: int, total: int) -> None: ...


def app(**changes: Any) -> App:
    """The sample application on the layout `base`."""
    base = Base(reference="oci-layout:base:1", profile="custom", reason="asked for")
    return sample_app(**{"base": base, "packages": (), **changes})


def build(**changes: Any) -> Built:
    """Build it without Docker; `changes` are fields of the order."""
    fields: dict[str, Any] = {"app": app(), "image": sample_image(digest=""), "context": {}}
    return oci_builder.build(Order(**{**fields, **changes}), Nobody())
