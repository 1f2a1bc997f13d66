"""A release's image as one file."""

from __future__ import annotations

import hashlib
import json
import platform as machine
import shutil
import tarfile
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chartgen import publish
from chartgen.errors import InvalidInput, Unavailable
from chartgen.oci import layout
from chartgen.publish import Access, Saved
from tests import cli as terminal
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Fault, Registry
from tests.releases import REPORT, Nobody, package

IMAGE = "registry.example.com/team/bots"
ARCHIVE = Path("dist/bots-1.0.0.image.tar")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


@pytest.fixture
def shelf() -> Shelf:
    """A base for two platforms, with the tag 1."""
    made = Shelf()
    made.several(tag="1")
    return made


@pytest.fixture
def server(shelf: Shelf) -> Iterator[Registry]:
    """A release whose base lies in this registry."""
    with Registry().serve() as started:
        releases.lay(started, "base", shelf)
        done = package(f"{started.host}/base:1", IMAGE)
        assert done.code == 0, done.err
        started.seen.clear()
        yield started


@dataclass
class Listener(Nobody):
    """Remembers what it was told."""

    steps: list[str] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def progress(self, done: int, total: int) -> None:
        self.moved.append((done, total))


def save(**more: Any) -> Saved:
    return publish.save(Path(REPORT), Access(), Nobody(), **more)


def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(REPORT).read_text())["image"]
    return found


def members(file: Path = ARCHIVE) -> dict[str, bytes]:
    with tarfile.open(file) as opened:
        files = [(entry.name, opened.extractfile(entry)) for entry in opened]
    with tarfile.open(file) as opened:
        return {name: data.read() for name, _ in files if (data := opened.extractfile(name))}


def docker_platform() -> str:
    files = members()
    (entry,) = json.loads(files["manifest.json"])
    architecture: str = json.loads(files[entry["Config"]])["architecture"]
    return architecture


def test_the_file_lies_beside_the_report_and_names_the_image(server: Registry) -> None:
    found = save()
    assert found == Saved(
        file=ARCHIVE,
        reference=f"{IMAGE}:1.0.0",
        digest=told()["digest"],
        platform=found.platform,
        size=ARCHIVE.stat().st_size,
    )
    assert layout.read(ARCHIVE).manifest("1.0.0").digest == told()["digest"]
    (entry,) = json.loads(members()["manifest.json"])
    assert entry["RepoTags"] == [f"{IMAGE}:1.0.0"]


def test_it_is_complete_for_every_platform(server: Registry, shelf: Shelf) -> None:
    save()
    files = members()
    blobs = {name: data for name, data in files.items() if name.startswith("blobs/")}
    for name, data in blobs.items():
        assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"
    ours = layout.read(ARCHIVE)
    index = json.loads(ours.manifest("").data)
    assert [one["platform"]["architecture"] for one in index["manifests"]] == ["amd64", "arm64"]
    for entry in index["manifests"]:
        manifest = json.loads(ours.manifest(entry["digest"]).data)
        for blob in (manifest["config"], *manifest["layers"]):
            assert len(blobs[f"blobs/{blob['digest'].replace(':', '/')}"]) == blob["size"]


def test_the_same_release_gives_the_same_bytes(server: Registry) -> None:
    save()
    first = ARCHIVE.read_bytes()
    save(to=Path("elsewhere/image.tar"))
    assert Path("elsewhere/image.tar").read_bytes() == first


def test_the_base_is_read_once_and_only_its_layers(server: Registry) -> None:
    save()
    assert server.steps() == ["get blob"] * 2


@pytest.mark.parametrize("base", ["oci-layout:layout:1", "oci-layout:layout"])
def test_a_base_on_disk_does_as_well(base: str, shelf: Shelf, tmp_path: Path) -> None:
    shelf.write(tmp_path / "layout", {"1": next(iter(shelf.tags.values()))})
    assert package(base, "bots").code == 0
    assert save().reference == "bots:1.0.0"
    # containerd finds an image by its whole name only.
    (entry,) = json.loads(members()["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == "docker.io/library/bots:1.0.0"


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("team/bots", "docker.io/team/bots"),
        ("localhost/bots", "localhost/bots"),
        ("r.io:5000/bots", "r.io:5000/bots"),
    ],
)
def test_containerd_is_told_the_image_with_its_registry(
    image: str, name: str, shelf: Shelf, tmp_path: Path
) -> None:
    shelf.write(tmp_path / "layout", {"1": next(iter(shelf.tags.values()))})
    assert package("oci-layout:layout:1", image).code == 0
    save()
    (entry,) = json.loads(members()["index.json"])["manifests"]
    assert entry["annotations"]["io.containerd.image.name"] == f"{name}:1.0.0"


def test_docker_load_takes_the_platform_that_is_asked_for(server: Registry) -> None:
    assert save(platform="linux/arm64").platform == "linux/arm64/v8"
    assert docker_platform() == "arm64"


@pytest.mark.parametrize(
    ("here", "wanted"),
    [("x86_64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64"), ("riscv64", "amd64")],
)
def test_docker_load_takes_this_machines_platform_or_else_the_first(
    here: str, wanted: str, server: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "machine", lambda: here)
    save()
    assert docker_platform() == wanted


def test_a_platform_that_the_image_lacks_is_told_with_those_that_it_has(server: Registry) -> None:
    with pytest.raises(InvalidInput, match="not made for linux/s390x: there is linux/amd64, linux"):
        save(platform="linux/s390x")
    with pytest.raises(InvalidInput, match="is not a platform"):
        save(platform="arm")
    assert not ARCHIVE.exists()


def test_whoever_watches_is_told_of_every_byte(server: Registry) -> None:
    listener = Listener()
    found = publish.save(Path(REPORT), Access(), listener)
    assert listener.steps == [f"saving {ARCHIVE}"]
    assert listener.moved[-1] == (found.size, found.size)
    assert [done for done, _ in listener.moved] == sorted(done for done, _ in listener.moved)


def test_a_connection_that_breaks_off_is_taken_up_again(server: Registry) -> None:
    save(to=Path("whole.tar"))
    server.faults["get blob"] = [Fault(cut=10), Fault(reset=True), Fault(), Fault(cut=3)]
    save()
    assert ARCHIVE.read_bytes() == Path("whole.tar").read_bytes()


@pytest.mark.parametrize(
    "fault", [Fault(cut=10), Fault(reset=True), Fault(status=404), Fault(status=503)]
)
def test_a_base_that_cannot_be_had_leaves_what_was_there(fault: Fault, server: Registry) -> None:
    ARCHIVE.write_bytes(b"old")
    before = terminal.files("dist")
    server.always["get blob"] = fault
    with pytest.raises(Unavailable, match=server.host):
        save()
    assert ARCHIVE.read_bytes() == b"old"
    assert terminal.files("dist") == before


def test_a_registry_that_sends_something_else_is_not_believed(server: Registry) -> None:
    for key, data in server.blobs.items():
        server.blobs[key] = data[:-1] + b"?"
    with pytest.raises(Unavailable, match="sends something else"):
        save()
    assert not ARCHIVE.exists()


def test_a_layout_that_was_damaged_since_is_not_saved(shelf: Shelf, tmp_path: Path) -> None:
    place = shelf.write(tmp_path / "layout", {"1": next(iter(shelf.tags.values()))})
    assert package("oci-layout:layout:1", IMAGE).code == 0
    for name in shelf.blobs:
        blob = place / "blobs" / name.replace(":", "/")
        blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with pytest.raises(InvalidInput, match="is damaged: its content has another digest"):
        save()
    shutil.rmtree(place)
    with pytest.raises(InvalidInput, match="neither a folder nor a plain tar archive"):
        save()
    assert not ARCHIVE.exists()


def test_a_folder_that_is_gone_or_damaged_is_refused(server: Registry) -> None:
    folder = Path("dist/bots-1.0.0.image")
    blobs = list((folder / "blobs/sha256").iterdir())
    layer = next(file for file in blobs if file.read_bytes().startswith(b"\x1f\x8b"))
    layer.write_bytes(layer.read_bytes()[:-1] + b"?")
    with pytest.raises(InvalidInput, match="is damaged"):
        save()
    root = folder / "blobs" / told()["digest"].replace(":", "/")
    root.write_bytes(b"{}")
    with pytest.raises(InvalidInput, match="does not have that digest"):
        save()
    shutil.rmtree(folder)
    with pytest.raises(InvalidInput, match=f"{folder} is not there: it holds the image, package"):
        save()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"builder": "docker", "digest": None, "id": "sha256:1"}, "`docker save registry"),
        ({"builder": "none", "digest": None, "id": None}, "was not built: package again"),
        ({"builder": "none", "id": None}, "`docker pull registry.example.com/team/bots@sha256:"),
        (None, "has no image: chartgen package makes one"),
    ],
)
def test_an_image_that_lies_elsewhere_is_told_with_the_way_to_it(
    changes: dict[str, Any] | None, words: str, server: Registry
) -> None:
    report = json.loads(Path(REPORT).read_text())
    if changes is None:
        del report["image"]
    else:
        report["image"] |= changes
    Path(REPORT).write_text(json.dumps(report))
    with pytest.raises(InvalidInput, match=words):
        save()


def test_what_cannot_be_written_is_told(server: Registry) -> None:
    ARCHIVE.mkdir()
    with pytest.raises(Unavailable, match=f"{ARCHIVE} cannot be written: is a directory"):
        save()
    assert not [name for name in terminal.files("dist") if name.startswith(".")]


def test_a_large_base_needs_no_large_memory(tmp_path: Path) -> None:
    shelf = Shelf()
    digest = shelf.image(tag="1", layers=[bytes(48 << 20)])
    place = shelf.write(tmp_path / "layout", {"1": digest})
    # What compresses well is small in the layout, so the layer is put there as it is.
    manifest = json.loads(shelf.manifests[digest][0])
    plain = shelf.keep(bytes(48 << 20), "application/vnd.oci.image.layer.v1.tar")
    root = shelf.put({**manifest, "layers": [plain]}, manifest["mediaType"])
    shutil.rmtree(place)
    shelf.write(place, {"1": root})
    assert package("oci-layout:layout:1", IMAGE).code == 0
    shelf.blobs.clear()
    tracemalloc.start()
    try:
        found = save()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.size > 48 << 20
    assert most < 16 << 20
