"""Where the layers of a base come from when an image is pushed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cli as terminal
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Registry
from tests.releases import all_stand, package, push, stands

TO = "--chart-repository"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


def test_the_layers_of_a_base_of_the_same_registry_are_mounted(
    server: Registry, charts: tuple[str, str]
) -> None:
    assert push().code == 0
    steps = server.steps()
    # A layer of ours and a configuration for each platform are sent, and nothing else.
    assert steps.count("mount") == 2
    assert steps.count("upload") == 3
    assert stands(server, "team/bots", "1.0.0") == releases.told()["digest"]


def test_the_layers_of_a_base_are_sent_where_mounting_is_refused(
    server: Registry, charts: tuple[str, str]
) -> None:
    server.mounts = False
    assert push().code == 0
    assert server.steps().count("upload") == 5
    assert stands(server, "team/bots", "1.0.0") == releases.told()["digest"]


def test_the_layers_of_a_base_elsewhere_are_streamed_to_the_registry(server: Registry) -> None:
    with Registry().serve() as other:
        made = package(f"{server.host}/base:1", f"{other.host}/team/bots")
        assert made.code == 0, made.err
        server.seen.clear()
        done = push(TO, f"oci://{other.host}/charts")
        assert done.code == 0, done.err
        assert all_stand(other, done.out)
        assert server.steps() == ["get blob"] * 2
        assert "mount" not in other.steps()


def test_the_layers_of_a_layout_on_disk_are_sent(tmp_path: Path, server: Registry) -> None:
    shelf = Shelf()
    root = shelf.several(docker=True)
    shelf.write(tmp_path / "layout", {"1": root})
    made = package("oci-layout:layout:1", f"{server.host}/team/bots")
    assert made.code == 0, made.err
    assert push().code == 0
    assert stands(server, "team/bots", "1.0.0") == releases.told()["digest"]


def test_layers_that_may_not_be_distributed_stay_where_they_are(server: Registry) -> None:
    shelf = Shelf()
    plain = shelf.image()
    layers = json.loads(shelf.manifests[plain][0])["layers"]
    foreign = {
        **layers[0],
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "urls": ["https://vendor.example.com/layer"],
    }
    shelf.image(docker=True, tag="1", manifest={"layers": [foreign, layers[1]]})
    releases.lay(server, "windy", shelf)
    made = package(f"{server.host}/windy:1", f"{server.host}/team/bots")
    assert made.code == 0, made.err
    assert push().code == 0
    assert ("team/bots", foreign["digest"]) not in server.blobs
    assert ("team/bots", layers[1]["digest"]) in server.blobs
    assert stands(server, "team/bots", "1.0.0") == releases.told()["digest"]
