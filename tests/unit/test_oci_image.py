from __future__ import annotations

import json
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import build, media, resolve
from chartgen.oci.build import Recipe
from chartgen.oci.image import OciImage
from tests.oci_base import (
    AMD64,
    ARM64,
    CREATED,
    CREATED_SECONDS,
    Shelf,
    digest,
    folder,
    tar,
    unpacked,
)

FILES = {"app/flows/a.json": b"{}", "app/chartgen/start.py": b"pass\n"}
OWN = ("app/flows", "app/chartgen")
SECONDS = 1_700_000_000
TIME = "2023-11-14T22:13:20Z"


def built(shelf: Shelf, reference: str, **recipe: Any) -> OciImage:
    platforms = recipe.pop("platforms", ())
    base = resolve.resolve(shelf, reference, map(resolve.platform, platforms))
    above = build.scan(shelf, base, FILES, OWN)
    return build.build(base, above, Recipe(files=FILES, own=OWN, **recipe))


def content(image: OciImage, shelf: Shelf, found: str) -> bytes:
    blob = next(one for one in image.blobs if one.descriptor.digest == found)
    return b"".join(blob.chunks(shelf))


def test_foreign_layers_stay_in_the_manifest_and_are_not_pushed() -> None:
    shelf = Shelf()
    image = json.loads(shelf.manifests[shelf.image(docker=True)][0])
    foreign = {
        **image["layers"][0],
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "urls": ["https://example.com/layer"],
    }
    root = shelf.image(docker=True, manifest={"layers": [foreign, image["layers"][1]]})
    made = built(shelf, root)
    kept = json.loads(made.root.data)["layers"][0]
    assert kept["urls"] == foreign["urls"]
    assert kept["mediaType"] == "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
    assert foreign["digest"] not in {one.descriptor.digest for one in made.blobs}


def test_one_platform_is_a_manifest_and_several_are_an_index() -> None:
    shelf = Shelf()
    root = shelf.several(docker=True, tag="1.0")
    one = built(shelf, "1.0", platforms=["linux/arm64"])
    both = built(shelf, "1.0")
    assert one.root.descriptor.media_type == media.MANIFEST
    assert one.documents() == one.manifests == (one.root,)
    assert both.root.descriptor.media_type == media.INDEX
    assert both.documents()[-1] == both.root
    index = json.loads(both.root.data)
    assert [entry["platform"] for entry in index["manifests"]] == [AMD64, ARM64]
    assert index["annotations"]["org.opencontainers.image.base.digest"] == root
    # What is built for one platform is the same alone and among others.
    assert one.root.data == both.manifests[1].data


def test_each_platform_names_the_base_that_it_stands_on() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    base = resolve.resolve(shelf, "1.0")
    found = [
        json.loads(one.data)["annotations"]["org.opencontainers.image.base.digest"]
        for one in built(shelf, "1.0").manifests
    ]
    assert found == [child.digest for child in base.children]


def test_one_layer_serves_all_platforms() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    made = built(shelf, "1.0")
    assert len({json.loads(one.data)["layers"][-1]["digest"] for one in made.manifests}) == 1
    assert len([one for one in made.blobs if one.open]) == 3
    assert len(made.blobs) == len({one.descriptor.digest for one in made.blobs})


def test_platforms_whose_folders_belong_to_others_get_a_layer_each() -> None:
    shelf = Shelf()
    other = [tar([folder("app", 0o700, 5, 5)])]
    images = [(shelf.image(), AMD64), (shelf.image(platform=ARM64, layers=other), ARM64)]
    shelf.index([shelf.entry(*one) for one in images], tag="1.0")
    made = built(shelf, "1.0")
    layers = [json.loads(one.data)["layers"][-1]["digest"] for one in made.manifests]
    owners = [unpacked(content(made, shelf, one))["app"] for one in layers]
    assert [(one.uid, one.mode) for one in owners] == [(1000, 0o775), (5, 0o700)]


def test_everything_carries_the_time_of_the_base_or_the_one_that_is_given() -> None:
    shelf = Shelf()
    root = shelf.image()
    for given, time, seconds in (
        (None, CREATED[:19] + "Z", CREATED_SECONDS),
        (SECONDS, TIME, SECONDS),
    ):
        made = built(shelf, root, created=given)
        manifest = json.loads(made.root.data)
        config = json.loads(content(made, shelf, manifest["config"]["digest"]))
        layer = unpacked(content(made, shelf, manifest["layers"][-1]["digest"]))
        assert config["created"] == config["history"][-1]["created"] == time
        assert manifest["annotations"]["org.opencontainers.image.created"] == time
        assert {entry.mtime for entry in layer.values()} == {seconds}


def test_the_same_input_gives_the_same_image() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    one, two = (built(shelf, "1.0") for name in ("one", "two"))
    assert one == two


def test_digests_are_those_of_the_bytes() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    made = built(shelf, "1.0")
    for one in made.documents():
        assert one.descriptor.digest == digest(one.data)
    for blob in made.blobs:
        assert len(content(made, shelf, blob.descriptor.digest)) == blob.descriptor.size


def test_a_platform_that_was_not_built_cannot_be_asked_for() -> None:
    shelf = Shelf()
    made = built(shelf, shelf.image())
    with pytest.raises(InvalidInput, match="not made for linux/arm64, but for linux/amd64"):
        made.parsed(resolve.platform("linux/arm64"))
