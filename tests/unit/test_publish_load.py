"""A release's image in an engine that can be told to fail; a real one is in the integration tests.

What Docker's own store and containerd's do differently was seen with Docker 20.10 and 26.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartgen import publish
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.publish import Access, Loaded
from tests import cli as terminal
from tests import fake_engine, releases
from tests.fake_engine import FakeEngine
from tests.oci_base import LAYERS, Shelf, digest
from tests.registry_server import Fault, Registry
from tests.releases import REPORT, Nobody, package

IMAGE = "registry.example.com/team/bots"
NAME = f"{IMAGE}:1.0.0"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


@pytest.fixture
def server() -> Iterator[Registry]:
    """A release whose base, for two platforms, lies in this registry."""
    with Registry().serve() as started:
        shelf = Shelf()
        shelf.several(tag="1")
        releases.lay(started, "base", shelf)
        done = package(f"{started.host}/base:1", IMAGE)
        assert done.code == 0, done.err
        started.seen.clear()
        yield started


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    with FakeEngine().serve() as started:
        monkeypatch.setenv("DOCKER_HOST", started.address)
        yield started


def load(**more: Any) -> Loaded:
    return publish.load(Path(REPORT), Access(), Nobody(), **more)


def manifest(architecture: str = "amd64") -> tuple[str, dict[str, Any]]:
    """The manifest of what was packaged for a platform, and its digest."""
    blobs = Path("dist/bots-1.0.0.image/blobs")
    root = json.loads(Path(REPORT).read_text())["image"]["digest"]
    index = json.loads((blobs / root.replace(":", "/")).read_bytes())
    found = next(
        one["digest"]
        for one in index["manifests"]
        if one["platform"]["architecture"] == architecture
    )
    told: dict[str, Any] = json.loads((blobs / found.replace(":", "/")).read_bytes())
    return found, told


def config(architecture: str = "amd64") -> str:
    found: str = manifest(architecture)[1]["config"]["digest"]
    return found


def test_an_engine_without_the_base_gets_the_whole_image(
    server: Registry, engine: FakeEngine
) -> None:
    assert load() == Loaded(
        reference=NAME, id=config(), platform="linux/amd64", thin=False, was_there=False
    )
    (files,) = engine.loaded
    layers = [f"blobs/{one['digest'].replace(':', '/')}" for one in manifest()[1]["layers"]]
    assert set(layers) < set(files)


def test_only_the_platform_that_is_loaded_is_sent(server: Registry, engine: FakeEngine) -> None:
    load()
    (files,) = engine.loaded
    assert f"blobs/{config('arm64').replace(':', '/')}" not in files
    (entry,) = json.loads(files["index.json"])["manifests"]
    assert entry["digest"] == manifest()[0]


def test_an_engine_that_has_the_base_gets_our_layer_alone(
    server: Registry, engine: FakeEngine
) -> None:
    engine.images[f"{server.host}/base:1"] = fake_engine.image(LAYERS)
    found = load()
    assert (found.id, found.thin) == (config(), True)
    (files,) = engine.loaded
    ours = manifest()[1]["layers"][-1]["digest"]
    assert set(files) == {
        "manifest.json",
        *(f"blobs/{one.replace(':', '/')}" for one in (ours, config())),
    }
    assert server.seen == []


def test_a_base_that_was_named_by_its_digest_is_found_by_its_tag_too(
    server: Registry, engine: FakeEngine
) -> None:
    pinned = digest(server.manifests["base", "1"][1])
    base = f"{server.host}/base:1@{pinned}"
    assert package(base, IMAGE).code == 0
    engine.images[f"{server.host}/base:1"] = fake_engine.image(LAYERS)
    assert load().thin


def test_an_earlier_version_of_the_image_brings_the_layers_too(
    server: Registry, engine: FakeEngine
) -> None:
    engine.images[f"{IMAGE}:0.9.0"] = fake_engine.image([*LAYERS, b"flows of another day"])
    assert load().thin
    assert server.seen == []


def test_a_base_of_the_same_name_with_other_layers_is_no_base(
    server: Registry, engine: FakeEngine
) -> None:
    engine.images[f"{server.host}/base:1"] = fake_engine.image(LAYERS[:1])
    assert not load().thin


def test_layers_that_the_engine_has_lost_are_sent_after_all(
    server: Registry, engine: FakeEngine
) -> None:
    engine.images[f"{server.host}/base:1"] = fake_engine.image(LAYERS)
    engine.lost = {digest(LAYERS[0])}
    found = load()
    assert (found.id, found.thin) == (config(), False)
    assert [len(files) for files in engine.loaded] == [3, 8]


def test_an_image_that_is_there_is_not_sent_again(server: Registry, engine: FakeEngine) -> None:
    first = load()
    again = load()
    assert (again.id, again.was_there, again.thin) == (first.id, True, False)
    assert len(engine.loaded) == 1


def test_another_image_under_the_same_name_gives_way(server: Registry, engine: FakeEngine) -> None:
    engine.images[NAME] = fake_engine.image([b"other"])
    assert load().id == config()


def test_containerds_store_gets_the_whole_image_and_names_it_by_its_manifest(
    server: Registry, engine: FakeEngine
) -> None:
    engine.containerd = True
    held = fake_engine.image(LAYERS)
    engine.images[f"{server.host}/base:1"] = held
    found = load()
    assert (found.id, found.thin, found.was_there) == (manifest()[0], False, False)
    assert load().was_there


@pytest.mark.parametrize(
    ("engines", "asked", "wanted"),
    [
        ("amd64", "", "linux/amd64"),
        ("arm64", "", "linux/arm64/v8"),
        ("riscv64", "", "linux/amd64"),
        ("amd64", "linux/arm64", "linux/arm64/v8"),
    ],
)
def test_the_engines_platform_is_loaded_unless_another_is_asked_for(
    engines: str, asked: str, wanted: str, server: Registry, engine: FakeEngine
) -> None:
    engine.architecture = engines
    found = load(platform=asked)
    assert (found.platform, found.id) == (wanted, config(wanted.split("/")[1]))


def test_a_platform_that_the_image_lacks_is_refused(server: Registry, engine: FakeEngine) -> None:
    with pytest.raises(InvalidInput, match="there is linux/amd64, linux/arm64/v8"):
        load(platform="linux/s390x")
    assert engine.loaded == []


def test_an_engine_that_does_not_show_the_image_is_not_believed(
    server: Registry, engine: FakeEngine
) -> None:
    engine.forgets = True
    with pytest.raises(Unavailable, match=f"took {NAME} and does not show it"):
        load()
    engine.images[NAME] = fake_engine.image([b"other"])
    with pytest.raises(Unavailable, match=f"took {NAME} and does not show it"):
        load()


@pytest.mark.parametrize(
    "refusal",
    [
        (200, b'{"error": "no space left on device"}'),
        (500, b'{"message": "no space left on device"}'),
    ],
)
def test_what_the_engine_says_against_it_is_told(
    refusal: fake_engine.Answer, server: Registry, engine: FakeEngine
) -> None:
    engine.refusal = refusal
    with pytest.raises(ChartgenError) as caught:
        load()
    assert caught.value.message == (
        f"{NAME} cannot be loaded: the Docker engine refuses: no space left on device"
    )


def test_a_base_that_cannot_be_had_is_told_and_nothing_is_loaded(
    server: Registry, engine: FakeEngine
) -> None:
    server.always["get blob"] = Fault(status=404)
    with pytest.raises(Unavailable, match="the base image cannot be had"):
        load()
    assert engine.images == {}


def test_without_an_engine_the_words_are_those_of_the_builder(server: Registry) -> None:
    with pytest.raises(Unavailable, match=r"no Docker engine answers .*DOCKER_HOST names another"):
        load()


def test_what_an_engine_has_built_is_in_there_already(server: Registry, engine: FakeEngine) -> None:
    report = json.loads(Path(REPORT).read_text())
    report["image"] |= {"builder": "docker", "digest": None}
    Path(REPORT).write_text(json.dumps(report))
    with pytest.raises(InvalidInput, match="was built by a Docker engine, which has it"):
        load()
    assert engine.asked == []
