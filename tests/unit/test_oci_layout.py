from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.model import ImageRef
from chartgen.oci import archive, build, layout, resolve, source
from chartgen.oci.build import Recipe
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.image import OciImage
from tests.oci_base import OCI_LAYER, Shelf, encoded

FILES = {"app/flows/a.json": b"{}"}
NAME = ImageRef(repository="registry.example.com/team/bots", tag="1.2.0")


def made(shelf: Shelf, reference: str) -> OciImage:
    base = resolve.resolve(shelf, reference)
    above = build.scan(shelf, base, FILES, ["app/flows"])
    return build.build(base, above, Recipe(files=FILES))


def packed(folder: Path, prefix: str = "") -> Path:
    path = folder.with_suffix(".tar")
    with tarfile.open(path, "w") as opened:
        for name in sorted(folder.rglob("*")):
            opened.add(name, prefix + name.relative_to(folder).as_posix(), recursive=False)
    return path


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        return {entry.name: opened.extractfile(entry).read() for entry in opened}  # type: ignore[union-attr]


@pytest.mark.parametrize("form", ["folder", "tar", "tar ./"])
@pytest.mark.parametrize("several", [False, True])
def test_a_base_is_read_from_a_layout(tmp_path: Path, form: str, several: bool) -> None:
    shelf = Shelf()
    root = shelf.several() if several else shelf.image(docker=True)
    path = shelf.write(tmp_path / "base", {"1.0": root})
    if form != "folder":
        path = packed(path, "./" if form == "tar ./" else "")
    opened = layout.read(path)
    for reference in ("", "1.0", root):
        assert opened.manifest(reference).data == shelf.manifests[root][0]
        assert resolve.resolve(opened, reference) == resolve.resolve(shelf, root)
    for found, data in shelf.blobs.items():
        stream = opened.blob(found)
        assert stream.read(1) + stream.read() == data
        stream.close()


def test_an_image_in_a_layout_is_found_by_its_tag_or_full_name(tmp_path: Path) -> None:
    shelf = Shelf()
    images = {"1.0": shelf.image(), "2.0": shelf.image(config={"author": "x"})}
    path = shelf.write(tmp_path / "base", images)
    opened = layout.read(path)
    assert opened.manifest("2.0").digest == images["2.0"]
    with pytest.raises(InvalidInput, match=r"not hold exactly one image, say which: .* 1\.0, 2\.0"):
        opened.manifest("")
    with pytest.raises(InvalidInput, match=r"no single image '3\.0': there is 1\.0, 2\.0"):
        opened.manifest("3.0")


def test_a_layout_that_names_nothing_says_how_many_it_holds(tmp_path: Path) -> None:
    shelf = Shelf()
    path = shelf.write(tmp_path / "base", {"1.0": shelf.image()})
    (path / "index.json").write_bytes(encoded({"schemaVersion": 2, "manifests": []}))
    with pytest.raises(InvalidInput, match="it names none of its 0"):
        layout.read(path).manifest("")


def test_a_damaged_blob_is_refused(tmp_path: Path) -> None:
    shelf = Shelf()
    path = shelf.write(tmp_path / "base", {"1.0": shelf.image()})
    found, data = next((n, d) for n, d in shelf.blobs.items() if b"rootfs" not in d)
    (path / "blobs" / "sha256" / found[7:]).write_bytes(data[:-1] + b"?")
    descriptor = Descriptor(media_type=OCI_LAYER, digest=found, size=len(data))
    with pytest.raises(InvalidInput, match=f"{found} is damaged: its content has another digest"):
        list(source.chunks(layout.read(path).blob(found), descriptor))


def test_a_damaged_manifest_is_refused(tmp_path: Path) -> None:
    shelf = Shelf()
    root = shelf.image()
    path = shelf.write(tmp_path / "base", {"1.0": root})
    (path / "blobs" / "sha256" / root[7:]).write_bytes(b"{}")
    with pytest.raises(InvalidInput, match="does not have that digest"):
        resolve.resolve(layout.read(path), "1.0")


def test_a_missing_blob_is_told(tmp_path: Path) -> None:
    path = Shelf().write(tmp_path / "base", {})
    with pytest.raises(InvalidInput, match="the layout is not complete"):
        layout.read(path).blob("sha256:" + "0" * 64)
    with pytest.raises(InvalidInput, match="it has no blobs/sha256/0000"):
        layout.read(path).manifest("sha256:" + "0" * 64)


def test_a_digest_cannot_lead_out_of_a_layout(tmp_path: Path) -> None:
    opened = layout.read(Shelf().write(tmp_path / "base", {}))
    for ask in (opened.blob, opened.manifest):
        with pytest.raises(InvalidInput, match="is not a digest"):
            ask("sha256:../../index.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "is not an OCI layout, it has no file oci-layout: `skopeo copy docker-archive"),
        ({"oci-layout": b'{"imageLayoutVersion":"2.0.0"}'}, "version '2.0.0', not 1.0.0"),
        ({"oci-layout": b"no"}, "is not JSON"),
        ({"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}, "it has no index.json"),
    ],
)
def test_what_is_no_layout_is_refused(
    tmp_path: Path, content: dict[str, bytes], message: str
) -> None:
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInput, match=message):
        layout.read(tmp_path)


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(b"\x1f\x8b" * 700)
    for wrong in (path, tmp_path / "missing"):
        with pytest.raises(InvalidInput, match="neither a folder nor a plain tar archive"):
            layout.read(wrong)


@pytest.mark.parametrize("several", [False, True])
def test_a_written_layout_is_read_back(tmp_path: Path, several: bool) -> None:
    shelf = Shelf()
    image = made(shelf, shelf.several() if several else shelf.image(docker=True))
    layout.write(image, shelf, tmp_path / "out", NAME)
    opened = layout.read(tmp_path / "out")
    for reference in ("", "1.2.0", "registry.example.com/team/bots:1.2.0"):
        assert opened.manifest(reference).data == image.root.data
    again = resolve.resolve(opened, "")
    assert [child.manifest for child in again.children] == [one.data for one in image.manifests]
    for blob in image.blobs:
        assert b"".join(source.chunks(opened.blob(blob.descriptor.digest), blob.descriptor))


def test_a_layout_is_replaced_and_a_folder_of_something_else_is_not(tmp_path: Path) -> None:
    shelf = Shelf()
    image = made(shelf, shelf.image())
    for _ in range(2):
        layout.write(image, shelf, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_bytes(b"1")
    with pytest.raises(InvalidInput, match="exists and is not an OCI layout"):
        layout.write(image, shelf, tmp_path / "mine")
    assert (tmp_path / "mine" / "file").read_bytes() == b"1"


def test_nothing_is_written_when_a_blob_of_the_base_is_damaged(tmp_path: Path) -> None:
    shelf = Shelf()
    image = made(shelf, shelf.image())
    shelf.blobs = {name: data[:-1] + b"?" for name, data in shelf.blobs.items()}
    with pytest.raises(InvalidInput, match="is damaged"):
        layout.write(image, shelf, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def entry(data: bytes) -> dict[str, Any]:
    (found,) = json.loads(members(data)["manifest.json"])
    assert isinstance(found, dict)
    return found


def test_an_archive_is_the_same_twice_and_holds_each_blob_once(tmp_path: Path) -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        image = made(shelf, "1.0")
        found.append(b"".join(archive.stream(image, shelf, NAME)))
    assert found[0] == found[1]
    with tarfile.open(fileobj=io.BytesIO(found[0])) as opened:
        names = opened.getnames()
    assert len(names) == len(set(names))
    assert names[:3] == ["oci-layout", "index.json", "manifest.json"]


def test_an_archive_is_layout_and_docker_archive_at_once(tmp_path: Path) -> None:
    shelf = Shelf()
    image = made(shelf, shelf.several())
    data = b"".join(archive.stream(image, shelf, NAME))
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    assert layout.read(path).manifest("1.2.0").data == image.root.data
    files, docker = members(data), entry(data)
    assert docker["RepoTags"] == ["registry.example.com/team/bots:1.2.0"]
    config = json.loads(files[docker["Config"]])
    assert config["architecture"] == "amd64"
    assert len(docker["Layers"]) == len(config["rootfs"]["diff_ids"])
    for name in docker["Layers"]:
        assert hashlib.sha256(files[name]).hexdigest() == name.removeprefix("blobs/sha256/")


def test_an_archive_can_hold_another_platform_for_docker() -> None:
    shelf = Shelf()
    image = made(shelf, shelf.several())
    data = b"".join(archive.stream(image, shelf, NAME, resolve.platform("linux/arm64")))
    assert json.loads(members(data)[entry(data)["Config"]])["architecture"] == "arm64"


def test_a_thin_archive_holds_our_layer_alone() -> None:
    shelf = Shelf()
    image = made(shelf, shelf.image())
    whole = b"".join(archive.stream(image, shelf, NAME))
    shelf.opened.clear()
    data = b"".join(archive.thin(image, shelf, NAME))
    assert shelf.opened == []
    assert entry(data) == entry(whole)
    ours = {"manifest.json", entry(data)["Config"], entry(data)["Layers"][-1]}
    assert set(members(data)) == ours
