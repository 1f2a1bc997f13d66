"""Images that reach a machine with no registry between: as one file, or into its engine."""

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
from chartgen.publish import Access, Loaded, Saved
from tests.integration import registries
from tests.integration.command import EXAMPLES, chartgen, run
from tests.integration.engine import Engine, base_layer, exists
from tests.integration.stores import keeps_layers, need_layers
from tests.oci_base import AMD64, ARM64, Shelf, file, folder, tar
from tests.releases import Nobody


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A folder with a release on a base of its own, which lies in a registry."""

    host: str
    folder: Path
    image: str

    @property
    def base(self) -> str:
        return f"{self.host}/base:1"

    @property
    def reference(self) -> str:
        return f"{self.image}:1.0.0"

    @property
    def file(self) -> Path:
        return self.folder / "dist/bots-1.0.0.release.json"

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.file.read_bytes())["image"]
        return found

    def package(self, base: str, *more: str, version: str = "1.0.0") -> None:
        done = chartgen(
            *("package", EXAMPLES, "--name", "bots", "--version", version, "--builder", "oci"),
            *("--base", base, "--image", self.image, *more),
            cwd=self.folder,
        )
        assert done.returncode == 0, done.stderr

    def save(self, **more: Any) -> Saved:
        return publish.save(self.file, Access(), Nobody(), **more)

    def load(self, version: str = "1.0.0") -> Loaded:
        file = self.folder / f"dist/bots-{version}.release.json"
        return publish.load(file, Access(), Nobody())

    def files(self) -> dict[str, bytes]:
        """What must be in a container: path → content."""
        root = self.folder / "dist/bots-1.0.0.context/rootfs"
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob("*")
            if path.is_file()
        }


def tool(command: str, *arguments: str | Path, cwd: Path) -> str:
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"there is no {command}: install it with `apt-get install {command}`")
    done = run(found, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def skopeo(*arguments: str | Path, cwd: Path) -> str:
    return tool("skopeo", "--insecure-policy", *arguments, cwd=cwd)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A packaged release; nobody has seen its base before."""
    shelf = Shelf()
    mine = tar([folder("app/", 0o775, 1000, 0), file("etc/mine", uuid.uuid4().bytes)])
    images = [
        shelf.image(
            layers=[base_layer(), mine],
            platform=platform,
            config={"config": {"Env": ["PATH=/bin"]}},
        )
        for platform in (AMD64, ARM64)
    ]
    entries = [shelf.entry(*one) for one in zip(images, (AMD64, ARM64), strict=True)]
    shelf.write(tmp_path / "base", {"1": shelf.index(entries)})
    (tmp_path / "desk").mkdir()
    with registries.registry(tmp_path / "registry") as host:
        skopeo(
            *("copy", "--all", "--dest-tls-verify=false"),
            *("oci:base:1", f"docker://{host}/base:1"),
            cwd=tmp_path,
        )
        image = f"chartgen-test/{uuid.uuid4().hex[:12]}"
        made = Desk(host=host, folder=tmp_path / "desk", image=image)
        made.package(made.base)
        yield made


@pytest.fixture
def forgetful(engine: Engine, desk: Desk) -> Iterator[Engine]:
    """An engine that has forgotten the release and its base afterwards."""
    try:
        yield engine
    finally:
        for name in (f"{desk.image}:1.0.0", f"{desk.image}:1.1.0", desk.base):
            forget(engine, name)


def forget(engine: Engine, name: str) -> None:
    with contextlib.suppress(ImageNotFound):
        engine.client.images.remove(name, force=True)


def shows_the_release(engine: Engine, desk: Desk) -> None:
    """A container of the image holds the release's files, and the base's folder as it was."""
    said, found = engine.run(desk.reference, "id -u; id -g; stat -c '%a %u:%g' /app")
    assert said.split() == ["1000", "0", "775", "1000:0"]
    wanted = desk.files()
    assert len(wanted) > 2
    for path, data in wanted.items():
        assert found[path].data == data, path
        assert (found[path].mode, found[path].owner) == (0o644, (0, 0))


def wanted(desk: Desk, engine: Engine, architecture: str = "amd64") -> str:
    """What an engine calls the image for a platform: by its configuration, or its manifest."""
    blobs = desk.folder / "dist/bots-1.0.0.image/blobs"
    index = json.loads((blobs / desk.told["digest"].replace(":", "/")).read_bytes())
    entry = next(e for e in index["manifests"] if e["platform"]["architecture"] == architecture)
    manifest = json.loads((blobs / entry["digest"].replace(":", "/")).read_bytes())
    found: str = (manifest["config"] if keeps_layers(engine) else entry)["digest"]
    return found


@pytest.mark.docker
def test_docker_loads_the_saved_file_and_runs_it(desk: Desk, forgetful: Engine) -> None:
    saved = desk.save(platform="linux/amd64")
    said = tool("docker", "load", "--input", saved.file, cwd=desk.folder)
    assert said.strip() == f"Loaded image: {desk.reference}"
    # containerd takes all platforms, and so the index.
    kept = wanted(desk, forgetful) if keeps_layers(forgetful) else desk.told["digest"]
    assert forgetful.image(desk.reference).id == kept
    shows_the_release(forgetful, desk)


@pytest.mark.docker
def test_docker_loads_the_platform_that_was_asked_for(desk: Desk, forgetful: Engine) -> None:
    need_layers(forgetful)
    saved = desk.save(platform="linux/arm64")
    tool("docker", "load", "--input", saved.file, cwd=desk.folder)
    image = forgetful.image(desk.reference)
    assert (image.id, image.attrs["Architecture"]) == (wanted(desk, forgetful, "arm64"), "arm64")


def test_skopeo_reads_the_saved_file_as_a_layout_and_as_dockers(desk: Desk) -> None:
    saved = desk.save(platform="linux/amd64")
    raw = skopeo("inspect", "--raw", f"oci-archive:{saved.file}:1.0.0", cwd=desk.folder)
    assert [one["platform"]["architecture"] for one in json.loads(raw)["manifests"]] == [
        *("amd64", "arm64"),
    ]
    for place in (f"oci-archive:{saved.file}:1.0.0", f"docker-archive:{saved.file}"):
        found = json.loads(skopeo("--override-arch=amd64", "inspect", place, cwd=desk.folder))
        assert found["Labels"]["org.opencontainers.image.title"] == "bots"
        assert (found["Architecture"], len(found["Layers"])) == ("amd64", 3)


def test_the_saved_file_brings_the_pinned_digest_into_a_registry(
    desk: Desk, tmp_path: Path
) -> None:
    saved = desk.save()
    with registries.registry(tmp_path / "other") as host:
        skopeo(
            *("copy", "--all", "--preserve-digests", "--dest-tls-verify=false"),
            *(f"oci-archive:{saved.file}:1.0.0", f"docker://{host}/x:1.0.0"),
            cwd=desk.folder,
        )
        found = skopeo(
            *("inspect", "--override-arch=amd64", "--tls-verify=false", "--format={{.Digest}}"),
            f"docker://{host}/x:1.0.0",
            cwd=desk.folder,
        )
    assert found.strip() == desk.told["digest"] == saved.digest


def test_the_saved_file_is_the_same_twice(desk: Desk, tmp_path: Path) -> None:
    first = desk.save().file.read_bytes()
    assert desk.save(to=tmp_path / "again.tar").file.read_bytes() == first


@pytest.mark.docker
def test_an_image_is_loaded_whole_and_runs(desk: Desk, forgetful: Engine) -> None:
    found = desk.load()
    assert found == Loaded(
        reference=desk.reference,
        id=wanted(desk, forgetful),
        platform="linux/amd64",
        thin=False,
        was_there=False,
    )
    assert forgetful.image(desk.reference).id == found.id
    shows_the_release(forgetful, desk)
    assert desk.load().was_there


@pytest.mark.docker
def test_an_engine_that_has_pulled_the_base_gets_our_layer_alone(
    desk: Desk, forgetful: Engine
) -> None:
    need_layers(forgetful)
    whole = desk.load()
    forget(forgetful, desk.reference)
    assert not exists(forgetful, whole.id)
    tool("docker", "pull", desk.base, cwd=desk.folder)
    found = desk.load()
    assert (found.thin, found.id) == (True, whole.id)
    shows_the_release(forgetful, desk)


@pytest.mark.docker
def test_the_next_version_is_loaded_on_the_layers_of_the_one_before(
    desk: Desk, forgetful: Engine, tmp_path: Path
) -> None:
    need_layers(forgetful)
    layout = f"oci-layout:{tmp_path / 'base'}:1"
    desk.package(layout)
    assert not desk.load().thin
    desk.package(layout, version="1.1.0")
    assert desk.load("1.1.0").thin


@pytest.mark.docker
def test_a_layer_of_ours_that_was_damaged_is_not_loaded(desk: Desk, forgetful: Engine) -> None:
    blobs = (desk.folder / "dist/bots-1.0.0.image/blobs/sha256").iterdir()
    layer = next(one for one in blobs if one.read_bytes().startswith(b"\x1f\x8b"))
    layer.write_bytes(layer.read_bytes()[:-1] + b"?")
    with pytest.raises(InvalidInput, match="is damaged"):
        desk.load()
    assert not exists(forgetful, desk.reference)
