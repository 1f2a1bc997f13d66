"""Whatever a registry does at any step of a push: no success is told that is none."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests import cli as terminal
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Fault, Registry
from tests.releases import all_stand, package, push


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, Path]]:
    """A release on a base of a registry, made once: pushing changes nothing in it."""
    folder = tmp_path_factory.mktemp("packaged")
    with Registry().serve() as server, pytest.MonkeyPatch.context() as patch:
        terminal.settle(folder, patch)
        shelf = Shelf()
        shelf.several(tag="1")
        releases.lay(server, "base", shelf)
        done = package(f"{server.host}/base:1", f"{server.host}/team/bots")
        assert done.code == 0, done.err
        yield server, folder


@pytest.fixture
def server(packaged: tuple[Registry, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """The registry with nothing but the base in it."""
    started, folder = packaged
    terminal.settle(folder, monkeypatch)
    releases.hasten(monkeypatch)
    blobs, manifests = dict(started.blobs), dict(started.manifests)
    yield started
    started.always.clear()
    started.faults.clear()
    started.blobs, started.manifests = blobs, manifests


STEPS = ("head blob", "mount", "begin", "upload", "put manifest", "get manifest")
FAULTS = {
    "401": Fault(status=401),
    "403": Fault(status=403),
    "404": Fault(status=404),
    "429": Fault(status=429, headers={"Retry-After": "1000"}),
    "500": Fault(status=500),
    "503": Fault(status=503),
    "reset": Fault(reset=True),
    "said done": Fault(status=201),
    "said fine": Fault(status=200),
    "redirect": Fault(status=307, headers={"Location": "http://10.0.0.1/elsewhere"}),
    "wrong digest": Fault(headers={"Docker-Content-Digest": f"sha256:{'0' * 64}"}),
    "cut short": Fault(cut=10),
}


# A registry that says it has a blob is believed: only its refusal of the manifest could tell.
ALWAYS = [pair for pair in product(STEPS, FAULTS) if pair != ("head blob", "said fine")]


@pytest.mark.parametrize(("step", "fault"), ALWAYS)
def test_a_step_that_always_fails_is_never_taken_for_a_success(
    step: str, fault: str, server: Registry
) -> None:
    server.always[step] = FAULTS[fault]
    done = push("--chart-repository", f"oci://{server.host}/charts")
    server.always.clear()
    if done.code == 0:
        assert all_stand(server, done.out), done.err
    else:
        assert done.code in {1, 3}, done.err
        assert done.out == ""
        assert "chartgen: " in done.err


@pytest.mark.parametrize("fault", ["429 soon", "500", "503", "reset", "cut short"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_once_is_done_again(step: str, fault: str, server: Registry) -> None:
    soon = Fault(status=429, headers={"Retry-After": "0"})
    server.faults[step] = [FAULTS.get(fault, soon)]
    done = push("--chart-repository", f"oci://{server.host}/charts")
    assert done.code == 0, done.err
    assert all_stand(server, done.out)
