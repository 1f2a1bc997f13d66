"""Images made without an engine, in the eyes of those who will read them: Docker, skopeo, umoci."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from docker.errors import DockerException

from chartgen.model import ImageRef
from chartgen.oci import ancestors, archive, build, layout, resolve
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.append import Change
from chartgen.oci.build import Recipe
from chartgen.oci.descriptor import digest_of
from chartgen.oci.image import OciImage
from chartgen.oci.packing import LEVELS, Compression
from chartgen.oci.source import BaseImage
from chartgen.oci.tarball import ROOT_FOLDER, Owner
from tests.integration.command import run
from tests.integration.engine import TOOLS, Engine, exists
from tests.oci_base import AMD64, ARM64, Shelf, file, folder, link, tar

FILES = {"app/flows/a.json": b'{"name": "a"}\n', "app/chartgen/start.py": b"pass\n"}
OWN = ("app/flows", "app/chartgen")
CHANGE = Change(user="1000:0", cmd=("cat", "/app/flows/a.json"), labels={"title": "bots"})
RUNTIME = Owner(uid=1000, gid=0, mode=0o775)
Load = Callable[[Iterable[bytes]], Any]


def layers() -> tuple[bytes, ...]:
    """BusyBox, and a folder that is not root's; new each time, so that no engine has it yet."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("there is no busybox: install one with `apt-get install busybox-static`")
    tools = [link(f"bin/{tool}", "busybox") for tool in TOOLS]
    program = file("bin/busybox", Path(busybox).read_bytes(), 0o755)
    mine = file("app/base.txt", uuid.uuid4().bytes)
    app = folder("app/", RUNTIME.mode, 1000, 0)
    return tar([folder("bin"), program, *tools]), tar([app, mine])


def on(
    source: BaseImage,
    reference: str,
    *,
    above: Ancestors | None = None,
    compression: Compression = "gzip",
    change: Change = CHANGE,
) -> OciImage:
    """Our image on a base; `above` stands in for what is found out about the base's folders."""
    base = resolve.resolve(source, reference)
    found = build.scan(source, base, FILES, OWN)
    if above:
        found = dict.fromkeys(found, above)
    recipe = Recipe(files=FILES, own=OWN, change=change, compression=compression)
    return build.build(base, found, recipe)


def name(tag: str = "1.0") -> ImageRef:
    return ImageRef(repository=f"chartgen-test/{uuid.uuid4().hex[:12]}", tag=tag)


def reference(named: ImageRef) -> str:
    return f"{named.repository}:{named.tag}"


@pytest.fixture
def load(engine: Engine) -> Iterator[Load]:
    """Load an archive into the engine, which forgets the image afterwards."""
    loaded = []

    def loading(data: Iterable[bytes]) -> Any:
        (image,) = engine.client.images.load(b"".join(data))
        loaded.append(str(image.id))
        return image

    yield loading
    for found in loaded:
        if exists(engine, found):
            engine.client.images.remove(found, force=True)


def skopeo(*arguments: str | Path, cwd: Path) -> str:
    return tool("skopeo", "--insecure-policy", *arguments, cwd=cwd)


def tool(command: str, *arguments: str | Path, cwd: Path) -> str:
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"there is no {command}: install it with `apt-get install {command}`")
    result = run(found, *arguments, cwd=cwd)
    assert result.returncode == 0, result.stderr
    return result.stdout


def written(path: Path, data: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(data))
    return path


@pytest.mark.docker
@pytest.mark.parametrize("docker", [True, False], ids=["docker base", "oci base"])
def test_an_image_is_loaded_and_runs_and_the_bases_folder_stays_the_runtimes(
    engine: Engine, load: Load, docker: bool
) -> None:
    shelf = Shelf()
    shelf.image(docker=docker, tag="1.0", layers=layers())
    made, named = on(shelf, "1.0"), name()
    image = load(archive.stream(made, shelf, named))
    assert image.id == made.parsed().config.digest
    assert image.attrs["Config"]["User"] == "1000:0"
    assert image.attrs["Config"]["Labels"] == {"title": "bots"}
    said, entries = engine.run(reference(named), "touch /app/new; stat -c '%a %u:%g' /app; id -u")
    assert said.split("\n")[:2] == ["775 1000:0", "1000"]
    found = {path: (entry.mode, entry.owner) for path, entry in entries.items()}
    assert found["app"] == (0o775, (1000, 0))
    assert found["app/flows"] == found["app/chartgen"] == (0o755, (0, 0))
    assert found["app/flows/a.json"] == (0o644, (0, 0))
    assert entries["app/flows/a.json"].data == FILES["app/flows/a.json"]
    assert "app/base.txt" in entries


@pytest.mark.docker
def test_an_image_starts_with_the_command_that_is_set(engine: Engine, load: Load) -> None:
    shelf = Shelf()
    shelf.image(tag="1.0", layers=layers())
    named = name()
    load(archive.stream(on(shelf, "1.0"), shelf, named))
    said = engine.client.containers.run(reference(named), network_mode="none", remove=True)
    assert said == FILES["app/flows/a.json"]


@pytest.mark.docker
def test_a_folder_of_the_base_would_be_reset_if_it_were_not_looked_up(
    engine: Engine, load: Load
) -> None:
    shelf = Shelf()
    shelf.image(tag="1.0", layers=layers())
    named = name()
    made = on(shelf, "1.0", above=Ancestors(owners={"app": ROOT_FOLDER}))
    load(archive.stream(made, shelf, named))
    assert engine.run(reference(named), "stat -c '%a %u:%g' /app")[0] == "755 0:0\n"


@pytest.mark.docker
@pytest.mark.parametrize("compression", [*LEVELS, "none"])
def test_every_compression_is_unpacked_to_the_same_image(
    engine: Engine, load: Load, compression: Compression
) -> None:
    shelf = Shelf()
    shelf.image(tag="1.0", layers=layers())
    plain = on(shelf, "1.0")
    made, named = on(shelf, "1.0", compression=compression), name()
    image = load(archive.stream(made, shelf, named))
    assert image.id == plain.parsed().config.digest
    assert engine.run(reference(named), "cat /app/flows/a.json")[0] == '{"name": "a"}\n'


@pytest.mark.docker
def test_our_layer_alone_is_enough_for_an_engine_that_has_the_base(
    engine: Engine, load: Load
) -> None:
    shelf = Shelf()
    shelf.image(tag="1.0", layers=layers())
    other = on(shelf, "1.0", change=Change(labels={"title": "other"}))
    made, named = on(shelf, "1.0"), name()
    with pytest.raises(DockerException, match="no such file"):
        load(archive.thin(made, shelf, named))
    load(archive.stream(other, shelf, name()))
    image = load(archive.thin(made, shelf, named))
    assert image.id == made.parsed().config.digest
    assert engine.run(reference(named), "cat /app/flows/a.json")[0] == '{"name": "a"}\n'


# Each line is a layer as Docker itself makes it, with its own whiteouts.
MAKE = "busybox mkdir /app; busybox chown 1000:0 /app; busybox chmod 775 /app"
HISTORIES = {
    "made": [MAKE],
    "touched later": [MAKE, "touch /app/x"],
    "other layers above": [MAKE, "touch /other"],
    "removed": [MAKE, "rm -r /app"],
    "made anew": [MAKE, "rm -r /app; busybox mkdir -m 700 /app"],
    "changed twice": [MAKE, "busybox chmod 2770 /app", "busybox chown 7:8 /app"],
    "never there": ["touch /other"],
}


@pytest.mark.docker
@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_what_is_found_in_dockers_layers_is_what_a_container_shows(
    engine: Engine, tmp_path: Path, history: list[str]
) -> None:
    base = engine.base("scan")
    lines = [f"FROM {base}", *(f"RUN {line}" for line in history)]
    image, _ = engine.client.images.build(fileobj=io.BytesIO("\n".join(lines).encode()), rm=True)
    written(tmp_path / "saved.tar", image.save())
    skopeo("copy", "docker-archive:saved.tar", "oci:base:1.0", cwd=tmp_path)
    opened = layout.read(tmp_path / "base")
    (child,) = resolve.resolve(opened, "1.0").children
    found = ancestors.find(
        ["app"], child.parsed.layers, lambda descriptor: opened.blob(descriptor.digest)
    )
    shown = engine.client.containers.run(
        str(image.id), ["sh", "-c", "stat -c '%a %u %g' /app || echo 755 0 0"], remove=True
    )
    mode, uid, gid = shown.split()
    wanted = Owner(uid=int(uid), gid=int(gid), mode=int(mode, 8))
    assert found == Ancestors(owners={"app": wanted})


@pytest.mark.docker
def test_a_base_that_docker_saved_and_skopeo_wrote_is_built_on(
    engine: Engine, load: Load, tmp_path: Path
) -> None:
    written(tmp_path / "saved.tar", engine.image(engine.base("saved")).save())
    skopeo("copy", "docker-archive:saved.tar", "oci-archive:base.tar:1.0", cwd=tmp_path)
    opened, named = layout.read(tmp_path / "base.tar"), name()
    load(archive.stream(on(opened, "1.0"), opened, named))
    assert engine.run(reference(named), "cat /app/flows/a.json")[0] == '{"name": "a"}\n'


def test_skopeo_reads_an_archive_as_layout_and_as_what_docker_saves(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.image(docker=True, tag="1.0", layers=layers())
    made, named = on(shelf, "1.0"), name()
    for _ in range(2):
        path = written(tmp_path / "image.tar", archive.stream(made, shelf, named))
    raw = skopeo("inspect", "--raw", f"oci-archive:{path}:1.0", cwd=tmp_path)
    assert digest_of(raw.encode()) == made.root.descriptor.digest
    manifest = json.loads(raw)
    assert {one["mediaType"] for one in manifest["layers"]} == {
        "application/vnd.oci.image.layer.v1.tar+gzip"
    }
    for kind in ("oci-archive", "docker-archive"):
        inspected = json.loads(skopeo("inspect", "--config", f"{kind}:{path}", cwd=tmp_path))
        assert inspected["config"]["User"] == "1000:0"
        skopeo("copy", f"{kind}:{path}", f"dir:{kind}", cwd=tmp_path)
        config = made.parsed().config.digest.removeprefix("sha256:")
        assert (tmp_path / kind / config).is_file()


@pytest.mark.parametrize("docker", [True, False], ids=["docker base", "oci base"])
def test_skopeo_copies_a_layout_of_several_platforms_without_changing_a_digest(
    tmp_path: Path, docker: bool
) -> None:
    shelf = Shelf()
    shelf.several(docker=docker, tag="1.0")
    made = on(shelf, "1.0")
    layout.write(made, shelf, tmp_path / "out", name())
    skopeo("copy", "--all", "oci:out:1.0", "oci:copy:1.0", cwd=tmp_path)
    copied = layout.read(tmp_path / "copy")
    assert copied.manifest("1.0").data == made.root.data
    for number, platform in enumerate((AMD64, ARM64)):
        chosen = [f"--override-arch={platform['architecture']}", f"--override-os={platform['os']}"]
        raw = skopeo(*chosen, "inspect", "oci:out:1.0", cwd=tmp_path)
        assert json.loads(raw)["Architecture"] == platform["architecture"]
        assert copied.manifest(made.manifests[number].descriptor.digest)


def test_umoci_unpacks_a_layout_with_the_bases_owner(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.image(docker=True, tag="1.0", layers=layers())
    layout.write(on(shelf, "1.0"), shelf, tmp_path / "out", name())
    if os.geteuid():
        pytest.skip("only root can unpack files of others")
    tool("umoci", "unpack", "--image", "out:1.0", "bundle", cwd=tmp_path)
    root = tmp_path / "bundle" / "rootfs"
    assert (root / "app/flows/a.json").read_bytes() == FILES["app/flows/a.json"]
    state = (root / "app").stat()
    assert (state.st_uid, state.st_gid, state.st_mode & 0o7777) == (1000, 0, 0o775)
    assert (root / "app/flows").stat().st_uid == 0


def test_gnu_tar_and_gzip_read_a_layer(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.image(tag="1.0")
    made = on(shelf, "1.0")
    path = tmp_path / "layer.gz"
    layer = next(b for b in made.blobs if b.descriptor == made.parsed().layers[-1])
    path.write_bytes(b"".join(layer.chunks(shelf)))
    tool("gzip", "--test", "layer.gz", cwd=tmp_path)
    said = tool("tar", "--list", "--numeric-owner", "--verbose", "--file", path, cwd=tmp_path)
    assert [line.split()[:2] for line in said.splitlines()] == [
        ["drwxrwxr-x", "1000/0"],
        ["drwxr-xr-x", "0/0"],
        ["-rw-r--r--", "0/0"],
        ["drwxr-xr-x", "0/0"],
        ["-rw-r--r--", "0/0"],
    ]
    unpacked = gzip.decompress(path.read_bytes())
    config = next(b for b in made.blobs if b.descriptor == made.parsed().config)
    diff_ids = json.loads(b"".join(config.chunks(shelf)))["rootfs"]["diff_ids"]
    assert f"sha256:{hashlib.sha256(unpacked).hexdigest()}" == diff_ids[-1]
    assert tarfile.is_tarfile(io.BytesIO(unpacked))
