from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import resolve
from chartgen.oci.resolve import Base
from tests.oci_base import (
    AMD64,
    ARM64,
    CREATED_SECONDS,
    UNKNOWN,
    Shelf,
)

WINDOWS = {"architecture": "amd64", "os": "windows", "os.version": "10.0.20348.1"}


def names(base: Base) -> list[str]:
    return [str(child.platform) for child in base.children]


def chosen(shelf: Shelf, reference: str, *platforms: str) -> Base:
    return resolve.resolve(shelf, reference, map(resolve.platform, platforms))


@pytest.mark.parametrize("docker", [False, True])
def test_all_platforms_of_an_index_are_taken_without_their_attestations(docker: bool) -> None:
    shelf = Shelf()
    root = shelf.several(docker=docker, tag="1.0")
    base = chosen(shelf, "1.0")
    assert names(base) == ["linux/amd64", "linux/arm64/v8"]
    assert base.digest == root
    assert base.created == CREATED_SECONDS


def test_a_single_manifest_is_a_base_for_the_platform_of_its_configuration() -> None:
    shelf = Shelf()
    root = shelf.image(tag="1.0", platform=ARM64)
    base = chosen(shelf, "1.0")
    assert names(base) == ["linux/arm64/v8"]
    assert base.digest == base.children[0].digest == root
    assert names(chosen(shelf, root)) == ["linux/arm64/v8"]


def test_what_was_fetched_is_kept_byte_for_byte() -> None:
    shelf = Shelf()
    root = shelf.image()
    (child,) = chosen(shelf, root).children
    assert child.manifest == shelf.manifests[root][0]
    assert child.config in shelf.blobs.values()


@pytest.mark.parametrize("wanted", ["linux/arm64", "linux/arm64/v8"])
def test_a_platform_is_chosen_with_or_without_its_variant(wanted: str) -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    assert names(chosen(shelf, "1.0", wanted)) == ["linux/arm64/v8"]


def test_an_arm64_image_without_a_variant_is_v8() -> None:
    assert resolve.platform("linux/arm64").fits(resolve.platform("linux/arm64"))
    assert resolve.platform("linux/arm64").fits(resolve.platform("linux/arm64/v8"))
    assert not resolve.platform("linux/arm/v6").fits(resolve.platform("linux/arm/v7"))


def test_several_platforms_come_in_the_order_of_the_index() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    base = chosen(shelf, "1.0", "linux/arm64", "linux/amd64")
    assert names(base) == ["linux/amd64", "linux/arm64/v8"]


def test_the_time_of_a_base_does_not_depend_on_the_platforms_asked_for() -> None:
    shelf = Shelf()
    images = [
        (shelf.image(platform=AMD64), AMD64),
        (shelf.image(platform=ARM64, config={"created": "2025-01-01T00:00:00Z"}), ARM64),
    ]
    shelf.index([shelf.entry(*image) for image in images], tag="1.0")
    assert chosen(shelf, "1.0", "linux/arm64").created == CREATED_SECONDS


def test_a_missing_platform_is_told_with_those_there_are() -> None:
    shelf = Shelf()
    shelf.several(tag="1.0")
    with pytest.raises(
        InvalidInput,
        match=r"no image for linux/s390x: there is linux/amd64, linux/arm64/v8$",
    ):
        chosen(shelf, "1.0", "linux/amd64", "linux/s390x")
    single = shelf.image()
    with pytest.raises(InvalidInput, match=r"no image for linux/arm64: there is linux/amd64$"):
        chosen(shelf, single, "linux/arm64")


def test_windows_is_left_out_and_not_built_for() -> None:
    shelf = Shelf()
    linux, windows = shelf.image(platform=AMD64), shelf.image(platform=WINDOWS)
    shelf.index([shelf.entry(windows, WINDOWS), shelf.entry(linux, AMD64)], tag="both")
    assert names(chosen(shelf, "both")) == ["linux/amd64"]
    with pytest.raises(InvalidInput, match="no image for Linux: there is windows/amd64"):
        chosen(shelf, windows)
    with pytest.raises(InvalidInput, match="for Linux only"):
        resolve.platform("windows/amd64")


@pytest.mark.parametrize("text", ["", "linux", "amd64", "linux/", "Linux/amd64", "linux/a/b/c"])
def test_a_platform_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a platform"):
        resolve.platform(text)


def test_an_index_of_indexes_is_refused() -> None:
    shelf = Shelf()
    inner = shelf.several()
    shelf.index([shelf.entry(inner, None)], tag="1.0")
    with pytest.raises(InvalidInput, match=f"index of indexes.*{inner}"):
        chosen(shelf, "1.0")


def test_an_index_of_nothing_is_refused() -> None:
    shelf = Shelf()
    shelf.index([], tag="1.0")
    with pytest.raises(InvalidInput, match="no image for Linux: there is none at all"):
        chosen(shelf, "1.0")


def test_artifacts_in_an_index_are_passed_over() -> None:
    shelf = Shelf()
    image = shelf.image()
    signature = shelf.entry(image, None, artifactType="application/vnd.example")
    shelf.index([signature, shelf.entry(image, AMD64)], tag="1.0")
    assert names(chosen(shelf, "1.0")) == ["linux/amd64"]


@pytest.mark.parametrize(
    ("platform", "more"),
    [
        (UNKNOWN, {}),
        ({"architecture": "s390x", "os": "unknown"}, {}),
        (ARM64, {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}),
        (ARM64, {"artifactType": "application/vnd.example"}),
    ],
)
def test_each_sign_of_an_attestation_is_enough(
    platform: Mapping[str, str], more: Mapping[str, Any]
) -> None:
    shelf = Shelf()
    image = shelf.image()
    shelf.index([shelf.entry(image, platform, **more), shelf.entry(image, AMD64)], tag="1.0")
    assert names(chosen(shelf, "1.0")) == ["linux/amd64"]
    with pytest.raises(InvalidInput, match=r"there is linux/amd64$"):
        chosen(shelf, "1.0", "linux/s390x")


def test_an_entry_without_a_platform_has_that_of_its_configuration() -> None:
    shelf = Shelf()
    image = shelf.image(platform=ARM64)
    shelf.index([shelf.entry(image, None)], tag="1.0")
    assert names(chosen(shelf, "1.0")) == ["linux/arm64/v8"]


def test_of_two_images_for_one_platform_the_first_is_taken() -> None:
    shelf = Shelf()
    first, second = shelf.image(), shelf.image(config={"author": "other"})
    shelf.index([shelf.entry(first, AMD64), shelf.entry(second, AMD64)], tag="1.0")
    assert [child.digest for child in chosen(shelf, "1.0").children] == [first]


def test_all_that_a_platform_says_is_kept() -> None:
    full = {**ARM64, "os.version": "1", "os.features": ["a", "b"]}
    shelf = Shelf()
    shelf.index([shelf.entry(shelf.image(platform=ARM64), full)], tag="1.0")
    assert chosen(shelf, "1.0").children[0].platform.json() == full


def test_a_manifest_with_other_content_than_its_digest_is_refused() -> None:
    shelf = Shelf()
    root = shelf.image()
    data, kind = shelf.manifests[root]
    shelf.manifests[root] = (data + b" ", kind)
    with pytest.raises(InvalidInput, match="does not have that digest"):
        chosen(shelf, root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[:-1], "1 bytes are missing"),
        (lambda data: data + b" ", "it is too long"),
        (lambda data: data[:-1] + b" ", "its content has another digest"),
    ],
)
def test_a_damaged_configuration_is_refused(change: Any, message: str) -> None:
    shelf = Shelf()
    root = shelf.image()
    config = next(name for name, data in shelf.blobs.items() if b"rootfs" in data)
    shelf.blobs[config] = change(shelf.blobs[config])
    with pytest.raises(InvalidInput, match=f"blob {config} is damaged: {message}"):
        chosen(shelf, root)


def test_a_configuration_for_another_number_of_layers_is_refused() -> None:
    shelf = Shelf()
    root = shelf.image(config={"rootfs": {"type": "layers", "diff_ids": []}})
    with pytest.raises(InvalidInput, match="has 2 layers, and its configuration 0"):
        chosen(shelf, root)
