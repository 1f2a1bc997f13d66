from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import manifest, media, resolve
from chartgen.oci.descriptor import Descriptor, Platform
from tests.oci_base import (
    AMD64,
    CREATED_SECONDS,
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Shelf,
    encoded,
)

DIGEST = "sha256:" + "a" * 64
GOOD: dict[str, Any] = {
    "schemaVersion": 2,
    "config": {"mediaType": OCI_CONFIG, "digest": DIGEST, "size": 2},
    "layers": [],
}


def bad(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def config(**changes: Any) -> dict[str, Any]:
    return bad(config={**GOOD["config"], **changes})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (bad(schemaVersion=1), "schema 1"),
        (bad(schemaVersion="2"), "schemaVersion is not 2"),
        (bad(schemaVersion=None), "schemaVersion is not 2"),
        (bad(mediaType="application/vnd.cncf.helm"), "not a container image"),
        (bad(mediaType=OCI_INDEX), "was announced as"),
        (bad(manifests=[]), "both an index and a manifest"),
        (bad(config=None), "an object was expected, not null"),
        (bad(config=[]), "an object was expected, not a list"),
        (config(digest="sha256:../../etc"), "is not a digest"),
        (config(digest=None), "digest is null"),
        (config(digest="sha256:" + "A" * 64), "is not a digest"),
        (config(size=-1), "size is -1"),
        (config(size=True), "size is True"),
        (config(size=1.0), "size is 1.0"),
        (config(mediaType=""), "mediaType is ''"),
        (config(mediaType="application/vnd.oci.empty.v1+json"), "not a container image"),
        (config(annotations={"a": 1}), "an annotation is not a text"),
        (bad(layers={}), "layers is an object, not a list"),
        (bad(layers=["x"]), "layer 0 of .* an object was expected"),
        (bad(layers=[{"mediaType": "text/plain", "digest": DIGEST, "size": 1}]), "text/plain"),
    ],
)
def test_a_malformed_manifest_is_refused_with_its_fault(
    value: Mapping[str, Any], message: str
) -> None:
    shelf = Shelf()
    with pytest.raises(InvalidInput, match=message):
        resolve.resolve(shelf, shelf.put(value, OCI_MANIFEST))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"\xff", b'{"schemaVersion": NaN}', b"[" * 100_000, b" " * (5 << 20)]
)
def test_what_is_no_manifest_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="the thing"):
        manifest.media_type(data, "", "the thing")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"architecture": None}, "architecture is null"),
        ({"os": ""}, "os is ''"),
        ({"rootfs": {"type": "tarballs", "diff_ids": []}}, "not made of layers"),
        ({"rootfs": {"type": "layers", "diff_ids": [1]}}, "diff_ids does not hold texts only"),
        ({"created": "yesterday"}, "created is 'yesterday'"),
    ],
)
def test_a_malformed_configuration_is_refused(value: Mapping[str, Any], message: str) -> None:
    sound: dict[str, Any] = {**AMD64, "rootfs": {"type": "layers", "diff_ids": []}}
    with pytest.raises(InvalidInput, match=message):
        manifest.config(encoded({**sound, **value}), "the configuration")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-05-06T07:08:09.123456789Z", CREATED_SECONDS),
        ("2024-05-06T09:08:09+02:00", CREATED_SECONDS),
        ("2024-05-06T07:08:09", CREATED_SECONDS),
        ("0001-01-01T00:00:00Z", 0),
        (None, 0),
    ],
)
def test_a_time_is_read_as_whole_seconds(text: str | None, seconds: int) -> None:
    value = {**AMD64, "created": text, "rootfs": {"type": "layers", "diff_ids": []}}
    assert manifest.config(encoded(value), "it").created == seconds
    assert manifest.time(CREATED_SECONDS) == "2024-05-06T07:08:09Z"


def test_a_type_that_nobody_tells_is_told_by_the_keys() -> None:
    assert manifest.media_type(b'{"schemaVersion":2,"manifests":[]}', "text/plain", "x") == (
        media.INDEX
    )
    assert manifest.media_type(b'{"schemaVersion":2,"layers":[]}', "", "x") == media.MANIFEST


def test_a_descriptor_is_written_as_it_is_read() -> None:
    value = {
        "mediaType": OCI_MANIFEST,
        "digest": DIGEST,
        "size": 5,
        "platform": {"architecture": "arm", "os": "linux", "variant": "v7"},
        "annotations": {"a": "b"},
    }
    assert Descriptor.parse(value, "it").json() == value
    assert Descriptor.parse(value, "it").platform == Platform(
        os="linux", architecture="arm", variant="v7"
    )
