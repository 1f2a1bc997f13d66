"""An image that only the local engine has as a base: `docker-daemon:`."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from docker.errors import ImageNotFound

from chartgen import publish
from chartgen.errors import InvalidInput
from chartgen.publish import Access
from tests.integration import registries
from tests.integration.command import EXAMPLES, Result, chartgen, run
from tests.integration.engine import Engine, labels
from tests.integration.stores import keeps_layers, need_layers
from tests.releases import Nobody

# A folder that is not root's, and twice the same layer, which Docker saves once.
LINES = (
    "RUN busybox mkdir /app; busybox chown 1000:0 /app; busybox chmod 775 /app",
    "COPY --chown=0:0 one /one",
    "COPY --chown=0:0 one /one",
    "ENV MINE=yes",
)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A folder, and an image of the engine that no registry has."""

    engine: Engine
    folder: Path
    name: str

    @property
    def base(self) -> str:
        return f"docker-daemon:{self.name}"

    @property
    def report(self) -> Path:
        return self.folder / "dist/bots-1.0.0.release.json"

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.report.read_bytes())["image"]
        return found

    def package(self, image: str, *more: str, flows: Path = EXAMPLES) -> Result:
        return chartgen(
            *("package", flows, "--name", "bots", "--version", "1.0.0"),
            *("--base", self.base, "--image", image, *more),
            cwd=self.folder,
        )

    def change(self) -> None:
        """Build the base anew, with something else in it."""
        _build(self.engine, self.name, self.folder / "base", "RUN touch /other")

    def forget(self, name: str) -> None:
        with contextlib.suppress(ImageNotFound):
            self.engine.client.images.remove(name, force=True)


def _build(engine: Engine, name: str, folder: Path, *more: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "one").write_bytes(uuid.uuid4().bytes)
    lines = [f"FROM {engine.base('scratch')}", *LINES, *more]
    (folder / "Dockerfile").write_text("\n".join(lines))
    engine.client.images.build(path=str(folder), tag=name, rm=True, network_mode="none")


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Iterator[Desk]:
    name = f"{engine.prefix}-built:1"
    _build(engine, name, tmp_path / "base")
    made = Desk(engine=engine, folder=tmp_path, name=name)
    try:
        yield made
    finally:
        made.forget(f"{engine.prefix}:1.0.0")


def seen(engine: Engine, reference: str) -> None:
    """A container of the image holds the flows, on what the base holds."""
    said, found = engine.run(
        reference, "id -u; stat -c '%a %u:%g' /app; echo $MINE; stat -c %s /one"
    )
    assert said.split() == ["1000", "775", "1000:0", "yes", "16"]
    assert found["app/flows/echo.json"].data


@pytest.mark.docker
@pytest.mark.parametrize("builder", ["oci", "auto"])
def test_a_release_on_it_is_pushed_and_pulled_by_its_digest(
    builder: str, desk: Desk, tmp_path: Path
) -> None:
    with registries.registry(tmp_path / "registry") as host:
        done = desk.package(f"{host}/team/bots", "--builder", builder)
        assert done.returncode == 0, done.stderr
        assert desk.told["builder"] == "oci"
        (pushed,) = publish.push(desk.report, publish.Target(), Nobody())
        assert pushed.digest == desk.told["digest"]
        reference = f"{host}/team/bots@{pushed.digest}"
        pulled = run("docker", "pull", reference, cwd=tmp_path)
        assert pulled.returncode == 0, pulled.stderr
        try:
            kept = desk.told["id" if keeps_layers(desk.engine) else "digest"]
            assert desk.engine.image(reference).id == kept
            seen(desk.engine, reference)
        finally:
            desk.forget(reference)


@pytest.mark.docker
def test_it_is_loaded_with_our_layer_alone_and_runs(desk: Desk) -> None:
    reference = f"{desk.engine.prefix}:1.0.0"
    assert desk.package(desk.engine.prefix, "--builder", "oci").returncode == 0
    found = publish.load(desk.report, Access(), Nobody())
    by_layers = keeps_layers(desk.engine)
    assert (found.thin, found.id) == (by_layers, desk.told["id" if by_layers else "digest"])
    seen(desk.engine, reference)
    # What the tool for it calls a whole archive gives the same image.
    saved = publish.save(desk.report, Access(), Nobody())
    desk.forget(reference)
    with saved.file.open("rb") as file:
        (loaded,) = desk.engine.client.images.load(file)
    assert loaded.id == found.id


@pytest.mark.docker
def test_digests_are_the_same_in_two_runs_and_with_a_lock(desk: Desk, tmp_path: Path) -> None:
    flows = tmp_path / "flows"
    shutil.copytree(EXAMPLES, flows)
    found = set()
    for number in range(3):
        if number == 2:
            locked = chartgen("lock", flows, "--base", desk.base, cwd=desk.folder)
            assert locked.returncode == 0, locked.stderr
            assert (flows / "chartgen.lock").is_file()
        done = desk.package("registry.example.com/bots", "--builder", "oci", flows=flows)
        assert done.returncode == 0, done.stderr
        found.add((desk.told["digest"], desk.told["id"]))
    assert len(found) == 1


@pytest.mark.docker
def test_a_base_that_changed_since_or_is_gone_is_told(desk: Desk, tmp_path: Path) -> None:
    with registries.registry(tmp_path / "registry") as host:
        assert desk.package(f"{host}/team/bots", "--builder", "oci").returncode == 0
        desk.change()
        for action in (
            lambda: publish.push(desk.report, publish.Target(), Nobody()),
            lambda: publish.save(desk.report, Access(), Nobody()),
        ):
            with pytest.raises(InvalidInput, match=r"is no longer the one .* package again"):
                action()
        desk.forget(desk.name)
        with pytest.raises(InvalidInput, match=f"the engine has no image {desk.name}"):
            publish.save(desk.report, Access(), Nobody())
        assert not (tmp_path / "dist/bots-1.0.0.image.tar").exists()


@pytest.mark.docker
def test_layers_that_have_lost_their_name_in_the_engine_are_still_loaded_on(desk: Desk) -> None:
    need_layers(desk.engine)
    assert desk.package(desk.engine.prefix, "--builder", "oci").returncode == 0
    desk.change()
    found = publish.load(desk.report, Access(), Nobody())
    assert (found.thin, found.id) == (True, desk.told["id"])


@pytest.mark.docker
def test_the_engine_builds_on_it_too(desk: Desk) -> None:
    reference = f"{desk.engine.prefix}:1.0.0"
    done = desk.package(desk.engine.prefix, "--builder", "docker")
    assert done.returncode == 0, done.stderr
    assert desk.told["builder"] == "docker"
    seen(desk.engine, reference)
    assert "org.opencontainers.image.base.name" not in labels(desk.engine.image(reference))


@pytest.mark.docker
def test_what_docker_saves_and_what_is_built_on_have_the_same_layers(desk: Desk) -> None:
    assert desk.package("registry.example.com/bots", "--builder", "oci").returncode == 0
    blobs = desk.folder / "dist/bots-1.0.0.image/blobs"
    config = json.loads((blobs / desk.told["id"].replace(":", "/")).read_bytes())
    wanted = desk.engine.image(desk.name).attrs["RootFS"]["Layers"]
    assert config["rootfs"]["diff_ids"][:-1] == wanted
    assert "MINE=yes" in config["config"]["Env"]
