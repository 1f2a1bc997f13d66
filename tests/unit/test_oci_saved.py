"""What `docker save` writes, read as a base."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import resolve, source
from chartgen.oci.saved import Saved
from tests import fake_engine
from tests.oci_base import ARM64, LAYERS, OCI_CONFIG, OCI_MANIFEST, digest

PLAIN = "application/vnd.oci.image.layer.v1.tar"


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def modern(held: fake_engine.Image, *layers: bytes, **changes: Any) -> dict[str, bytes]:
    """The files that newer releases of Docker save; `changes` are laid over `manifest.json`."""
    named = {f"blobs/sha256/{digest(one)[7:]}": one for one in (held.config, *layers)}
    config, *names = named
    told = [{"Config": config, "RepoTags": ["a:1"], "Layers": names, **changes}]
    return {**named, "oci-layout": b"{}", "manifest.json": json.dumps(told).encode()}


def content(saved: Saved, data: bytes) -> bytes:
    with closing(saved.blob(digest(data))) as stream:
        return stream.read()


def test_what_old_and_new_releases_of_docker_save_is_the_same_base(tmp_path: Path) -> None:
    held = fake_engine.image(LAYERS)
    (tmp_path / "old.tar").write_bytes(fake_engine.saved(held))
    write(tmp_path / "new.tar", modern(held, *LAYERS))
    old, new = (Saved(tmp_path / name).manifest("") for name in ("old.tar", "new.tar"))
    assert old == new
    assert json.loads(old.data) == {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": OCI_CONFIG,
            "digest": digest(held.config),
            "size": len(held.config),
        },
        "layers": [{"mediaType": PLAIN, "digest": digest(one), "size": len(one)} for one in LAYERS],
    }


def test_it_is_built_on_for_the_platform_of_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(fake_engine.saved(fake_engine.image(LAYERS, ARM64)))
    (child,) = resolve.resolve(Saved(tmp_path / "a.tar"), "").children
    assert str(child.platform) == "linux/arm64/v8"


def test_layers_and_configuration_are_read_and_verified(tmp_path: Path) -> None:
    held = fake_engine.image(LAYERS)
    (tmp_path / "a.tar").write_bytes(fake_engine.saved(held))
    saved = Saved(tmp_path / "a.tar")
    (child,) = resolve.resolve(saved, "").children
    assert child.config == held.config
    read = [b"".join(source.chunks(saved.blob(one.digest), one)) for one in child.parsed.layers]
    assert read == list(LAYERS)
    assert saved.has(digest(LAYERS[0]))
    assert not saved.has(digest(b"other"))
    for ask in (saved.blob, saved.manifest):
        with pytest.raises(InvalidInput, match="sha256:"):
            ask(digest(b"other"))


def test_a_layer_that_was_saved_before_is_a_link_to_it(tmp_path: Path) -> None:
    twice = (LAYERS[0], LAYERS[1], LAYERS[0])
    (tmp_path / "a.tar").write_bytes(fake_engine.saved(fake_engine.image(twice)))
    saved = Saved(tmp_path / "a.tar")
    (child,) = resolve.resolve(saved, "").children
    assert [one.digest for one in child.parsed.layers] == [digest(one) for one in twice]
    assert content(saved, LAYERS[0]) == LAYERS[0]


def test_layers_that_containerd_kept_compressed_stay_so(tmp_path: Path) -> None:
    packed = gzip.compress(LAYERS[0], mtime=0)
    other = b"\x28\xb5\x2f\xfd, a frame of Zstandard"
    held = fake_engine.image([LAYERS[0], LAYERS[1]])
    saved = Saved(write(tmp_path / "a.tar", modern(held, packed, other)))
    assert json.loads(saved.manifest("").data)["layers"] == [
        {"mediaType": f"{PLAIN}+gzip", "digest": digest(packed), "size": len(packed)},
        {"mediaType": f"{PLAIN}+zstd", "digest": digest(other), "size": len(other)},
    ]
    assert content(saved, packed) == packed


def test_an_image_without_layers_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(fake_engine.saved(fake_engine.image([])))
    assert json.loads(Saved(tmp_path / "a.tar").manifest("").data)["layers"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Layers": ["gone.tar", "gone.tar"]}, "has no layer gone.tar: it is not complete"),
        ({"Layers": []}, "has 2 layers, and beside it are 0"),
        ({"Config": "gone.json"}, "its gone.json is missing"),
        ({"Config": 1}, "Config is 1"),
    ],
)
def test_what_an_archive_lacks_is_named(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    files = modern(fake_engine.image(LAYERS), *LAYERS, **changes)
    with pytest.raises(InvalidInput, match=words):
        Saved(write(tmp_path / "a.tar", files))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "its manifest.json is missing"),
        ({"manifest.json": b"[{}, {}]"}, "tells of 2 images"),
        ({"manifest.json": b"[1]"}, "an object was expected"),
        ({"manifest.json": b"no"}, "is not JSON"),
        ({"manifest.json": b"{}"}, "not a list"),
    ],
)
def test_what_docker_did_not_save_is_refused(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        Saved(write(tmp_path / "a.tar", files))


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"x" * 2000)
    for name in ("a.tar", "missing"):
        with pytest.raises(InvalidInput, match="is not what docker save writes"):
            Saved(tmp_path / name)


def test_links_that_lead_nowhere_or_in_circles_hold_nothing(tmp_path: Path) -> None:
    held = fake_engine.image(LAYERS[:1])
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for name, data in modern(
            held,
            Layers=[
                "a",
            ],
        ).items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
        for name, target in (("a", "b"), ("b", "a")):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    with pytest.raises(InvalidInput, match="has no layer a"):
        Saved(tmp_path / "a.tar")
