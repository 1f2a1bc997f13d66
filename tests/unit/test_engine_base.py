"""An image of the local engine as a base: `docker-daemon:`, in an engine of the tests' own."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chartgen import image, lock, publish
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.image import Order, bases
from chartgen.model import App, Base
from chartgen.oci import layout
from chartgen.publish import Access
from tests import cli as terminal
from tests import fake_engine, releases
from tests.fake_engine import FakeEngine
from tests.oci_base import ARM64, LAYERS, digest, unpacked
from tests.registry_server import Registry
from tests.releases import REPORT, Nobody, app, build, package, push, stands
from tests.sample import sample_image

NAME = "team/base:1"
BASE = f"docker-daemon:{NAME}"
IMAGE = "registry.example.com/team/bots"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine with a base, whose last layer occurs twice."""
    with FakeEngine().serve() as started:
        monkeypatch.setenv("DOCKER_HOST", started.address)
        started.images[NAME] = fake_engine.image([*LAYERS, LAYERS[1]])
        yield started


@pytest.fixture
def server() -> Iterator[Registry]:
    with Registry().serve() as started:
        yield started


def told() -> dict[str, str]:
    found: dict[str, str] = json.loads(Path(REPORT).read_text())["image"]
    return found


def run(command: str) -> None:
    """What the commands do, so that what they raise is seen as it is."""
    if command == "push":
        publish.push(Path(REPORT), publish.Target(), Nobody())
    elif command == "save":
        publish.save(Path(REPORT), Access(), Nobody())
    else:
        publish.load(Path(REPORT), Access(), Nobody())


def exports(engine: FakeEngine) -> int:
    return sum(path.endswith("/get") for path in engine.asked)


@pytest.mark.parametrize("builder", ["oci", "auto"])
def test_it_is_built_on_with_its_layers_as_the_engine_has_them(
    builder: str, engine: FakeEngine
) -> None:
    done = package(BASE, IMAGE, "--builder", builder)
    assert done.code == 0, done.err
    assert told()["builder"] == "oci"
    blobs = Path("dist/bots-1.0.0.image/blobs")
    manifest = json.loads((blobs / told()["digest"].replace(":", "/")).read_bytes())
    plain = "application/vnd.oci.image.layer.v1.tar"
    assert manifest["layers"][:-1] == [
        {"mediaType": plain, "digest": digest(one), "size": len(one)}
        for one in (*LAYERS, LAYERS[1])
    ]
    assert manifest["layers"][-1]["mediaType"] == f"{plain}+gzip"
    config = json.loads((blobs / told()["id"].replace(":", "/")).read_bytes())
    assert config["config"]["Env"] == ["PATH=/bin"]
    # What lies on this machine alone is no name for others.
    assert "org.opencontainers.image.base.name" not in config["config"]["Labels"]
    assert "org.opencontainers.image.base.name" not in manifest["annotations"]


def test_the_same_image_of_an_engine_gives_the_same_digest(engine: FakeEngine) -> None:
    found = set()
    for _ in range(2):
        assert package(BASE, IMAGE).code == 0
        found.add(told()["digest"])
    assert len(found) == 1


def on_engine(**changes: Any) -> App:
    base = Base(reference=BASE, profile="custom", reason="asked for")
    return app(base=base, **changes)


def test_who_owns_the_folders_above_ours_is_looked_up(engine: FakeEngine) -> None:
    built = build(app=on_engine())
    layer = next(data for data in built.layout.values() if data.startswith(b"\x1f\x8b"))
    found = unpacked(layer)["app"]
    assert (found.uid, found.gid, found.mode) == (1000, 0, 0o775)


def test_its_layers_are_pushed_from_the_engine(engine: FakeEngine, server: Registry) -> None:
    assert package(BASE, f"{server.host}/team/bots").code == 0
    done = push()
    assert done.code == 0, done.err
    assert stands(server, "team/bots", "1.0.0") == told()["digest"]
    # What the registry has already is not asked of the engine again.
    before = exports(engine)
    del server.manifests["team/bots", "1.0.0"]
    assert push().code == 0
    assert exports(engine) == before


def test_it_is_saved_with_the_layers_of_the_engine(engine: FakeEngine) -> None:
    assert package(BASE, IMAGE).code == 0
    found = publish.save(Path(REPORT), Access(), Nobody())
    saved = layout.read(found.file)
    manifest = json.loads(saved.manifest(told()["digest"]).data)
    for one in manifest["layers"]:
        with closing(saved.blob(one["digest"])) as stream:
            assert digest(stream.read()) == one["digest"]


def test_it_is_loaded_with_our_layer_alone(engine: FakeEngine) -> None:
    assert package(BASE, IMAGE).code == 0
    before = exports(engine)
    found = publish.load(Path(REPORT), Access(), Nobody())
    assert (found.thin, found.id) == (True, told()["id"])
    assert exports(engine) == before


@pytest.mark.parametrize("command", ["push", "save", "load"])
def test_an_image_that_changed_since_is_refused_with_the_way_out(
    command: str, engine: FakeEngine, server: Registry
) -> None:
    assert package(BASE, f"{server.host}/team/bots").code == 0
    engine.images = {NAME: fake_engine.image([LAYERS[0], b"other"])}
    with pytest.raises(InvalidInput, match=f"{NAME} is no longer the one .*package again"):
        run(command)
    assert stands(server, "team/bots", "1.0.0") == ""
    assert not Path("dist/bots-1.0.0.image.tar").exists()


@pytest.mark.parametrize("command", ["push", "save", "load"])
def test_an_image_that_is_gone_is_told(command: str, engine: FakeEngine, server: Registry) -> None:
    assert package(BASE, f"{server.host}/team/bots").code == 0
    engine.images.clear()
    with pytest.raises(InvalidInput, match=f"the engine has no image {NAME}: build or pull it"):
        run(command)


def test_the_same_layers_under_another_configuration_do_as_well(
    engine: FakeEngine, server: Registry
) -> None:
    assert package(BASE, f"{server.host}/team/bots").code == 0
    engine.images[NAME] = fake_engine.image([*LAYERS, LAYERS[1]], config={"Env": ["A=b"]})
    assert push().code == 0
    assert stands(server, "team/bots", "1.0.0") == told()["digest"]


def test_an_image_that_the_engine_lacks_is_told(engine: FakeEngine) -> None:
    done = package("docker-daemon:team/nothing:1", IMAGE)
    assert done.code == 1
    assert "the engine has no image team/nothing:1: build or pull it" in done.err
    assert not Path("dist").exists()


def test_without_an_engine_nothing_can_be_built() -> None:
    with pytest.raises(Unavailable, match="no Docker engine answers"):
        build(app=on_engine())


def test_an_image_for_another_platform_is_told_with_its_own(engine: FakeEngine) -> None:
    engine.images[NAME] = fake_engine.image(LAYERS, ARM64)
    with pytest.raises(InvalidInput, match="there is linux/arm64/v8"):
        build(app=on_engine(), platforms=("linux/amd64",))
    assert (
        build(app=on_engine(), platforms=("linux/arm64",)).digest == build(app=on_engine()).digest
    )


def test_what_the_engine_does_not_give_out_is_told_in_its_words(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "save", lambda _: (500, b'{"message": "no such layer"}'))
    words = f"{NAME} cannot be exported: the Docker engine refuses: no such layer"
    with pytest.raises(ChartgenError, match=words):
        build(app=on_engine())


def test_a_disk_without_room_is_told_with_the_way_out(engine: FakeEngine) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with pytest.raises(Unavailable, match=f"{NAME} cannot be written to .* TMPDIR names"):
            build(app=on_engine())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_many_readers_export_it_once(engine: FakeEngine) -> None:
    with bases.opened(BASE) as opened, ThreadPoolExecutor(4) as pool:
        streams = list(pool.map(opened.source.blob, map(digest, LAYERS * 4)))
        for stream in streams:
            stream.close()
    assert exports(engine) == 1


def test_with_a_lock_the_engine_is_not_needed_to_package(
    engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = Order(app=on_engine(), image=sample_image(digest=""), context={})
    direct = build(app=on_engine())
    Path("flows.lock").write_bytes(lock.dump(image.make_lock(order, Nobody())))
    monkeypatch.setenv("DOCKER_HOST", terminal.NO_ENGINE)
    assert build(app=on_engine(), lock=lock.read(Path("flows.lock"))).digest == direct.digest


def test_a_dockerfile_names_it_as_the_engine_does() -> None:
    files = image.context(on_engine(), sample_image())
    assert f"\nFROM {NAME}\n" in files["Dockerfile"].decode()


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "a:1\nRUN evil", "-v", "a@sha256:1"])
def test_what_is_no_name_of_an_image_is_refused(name: str) -> None:
    wrong = on_engine()
    wrong = replace(wrong, base=replace(wrong.base, reference=f"docker-daemon:{name}"))
    for action in (lambda: build(app=wrong), lambda: image.context(wrong, sample_image())):
        with pytest.raises(InvalidInput, match="names no image of the engine"):
            action()


@pytest.mark.parametrize("name", ["base", "team/base:1", f"sha256:{'a' * 64}", "r.io:5000/a:1"])
def test_an_image_is_named_as_docker_does(name: str) -> None:
    assert bases.engine_name(f"docker-daemon:{name}") == name
    assert bases.is_local(f"docker-daemon:{name}")
    assert bases.engine_name(name) == ""
