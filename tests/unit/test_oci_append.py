from __future__ import annotations

import json
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.oci import append, media, resolve
from chartgen.oci.append import Change
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.layer import Layer
from tests.oci_base import DOCKER_LAYER, LAYERS, Shelf

LAYER = Layer(
    descriptor=Descriptor(media_type=media.LAYER_GZIP, digest="sha256:" + "1" * 64, size=7),
    diff_id="sha256:" + "2" * 64,
)
SECONDS = 1_700_000_000
TIME = "2023-11-14T22:13:20Z"


def appended(
    change: Change | None = None, created: int = SECONDS, **image: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Append to a base; its configuration and manifest, then ours."""
    shelf = Shelf()
    (child,) = resolve.resolve(shelf, shelf.image(**image)).children
    new = append.append(child.manifest, child.config, LAYER, change or Change(), created=created)
    old = (json.loads(child.config), json.loads(child.manifest))
    return (*old, json.loads(new[0]), json.loads(new[1]))


def test_a_layer_is_added_to_configuration_and_manifest() -> None:
    old_config, old, config, manifest = appended()
    assert config["rootfs"]["diff_ids"] == [*old_config["rootfs"]["diff_ids"], LAYER.diff_id]
    assert manifest["layers"] == [*old["layers"], LAYER.descriptor.json()]
    assert config["created"] == TIME
    assert config["history"][-1] == {"created": TIME, "created_by": "chartgen"}


def test_unknown_keys_and_the_order_of_keys_stay() -> None:
    extra = {"author": "A <a@example.com> & B", "x-unknown": {"b": 1, "a": [None, 2.5]}}
    _, _, config, manifest = appended(config=extra, manifest={"x-more": 1})
    assert list(config) == [
        "created",
        "architecture",
        "os",
        "config",
        "rootfs",
        "history",
        "author",
        "x-unknown",
    ]
    assert config["x-unknown"] == extra["x-unknown"]
    assert list(config["x-unknown"]) == ["b", "a"]
    assert manifest["x-more"] == 1


def test_what_dockers_old_builder_said_of_its_container_is_dropped() -> None:
    stale = {"container": "c", "container_config": {"Cmd": ["x"]}, "docker_version": "20"}
    _, _, config, _ = appended(config=stale)
    assert not set(stale) & set(config)


@pytest.mark.parametrize("change", [None, Change(labels={}, env={}, cmd=())])
def test_without_a_change_a_container_is_started_as_the_bases(change: Change | None) -> None:
    run = {"User": "7", "WorkingDir": "/app", "Entrypoint": ["e"], "Cmd": ["c"], "Env": ["A=1"]}
    _, _, config, _ = appended(change, config={"config": run})
    assert config["config"] == run


def test_user_command_labels_ports_and_variables_can_be_set() -> None:
    run = {
        "Entrypoint": ["tini"],
        "Cmd": ["old"],
        "Env": ["PATH=/bin", "A=1", "PATH=/again", "B="],
        "Labels": {"z": "base", "a": "base"},
        "ExposedPorts": {"80/tcp": {}},
    }
    change = Change(
        user="1000:0",
        cmd=("python", "/app/chartgen/start.py"),
        labels={"z": "ours", "b": "ü"},
        env={"A": "2", "C": "=3"},
        ports=(7860,),
    )
    _, _, config, _ = appended(change, config={"config": run})
    assert config["config"] == {
        "Entrypoint": ["tini"],
        "Cmd": ["python", "/app/chartgen/start.py"],
        "Env": ["PATH=/bin", "A=2", "PATH=/again", "B=", "C==3"],
        "Labels": {"z": "ours", "a": "base", "b": "ü"},
        "ExposedPorts": {"80/tcp": {}, "7860/tcp": {}},
        "User": "1000:0",
    }


def test_an_entrypoint_goes_only_when_asked() -> None:
    run = {"config": {"Entrypoint": ["tini"]}}
    _, _, config, _ = appended(Change(clear_entrypoint=True), config=run)
    assert config["config"] == {}


def test_a_configuration_that_starts_nothing_gets_what_is_set() -> None:
    _, _, config, _ = appended(Change(user="1000:0"), config={"config": None})
    assert config["config"] == {"User": "1000:0"}


def test_a_short_history_is_padded_and_a_missing_one_stays_missing() -> None:
    empty = {"created_by": "ENV", "empty_layer": True}
    _, _, config, _ = appended(config={"history": [{"created_by": "one"}, empty]})
    assert [bool(one.get("empty_layer")) for one in config["history"]] == [
        False,
        True,
        False,
        False,
    ]
    assert appended(config={"history": []})[2]["history"] == []
    assert appended(config={"history": None})[2]["history"] is None


def test_a_docker_base_becomes_an_oci_image_with_the_same_blobs() -> None:
    _, old, _, manifest = appended(docker=True)
    assert old["layers"][0]["mediaType"] == DOCKER_LAYER
    assert manifest["mediaType"] == media.MANIFEST
    assert manifest["config"]["mediaType"] == media.CONFIG
    assert {one["mediaType"] for one in manifest["layers"]} == {media.LAYER_GZIP}
    assert "docker" not in json.dumps(manifest)
    assert [one["digest"] for one in manifest["layers"][:-1]] == [
        one["digest"] for one in old["layers"]
    ]


def test_what_ties_a_manifest_to_the_base_alone_is_dropped() -> None:
    more = {
        "subject": {"mediaType": "x", "digest": "sha256:" + "3" * 64, "size": 1},
        "annotations": {
            "org.opencontainers.image.ref.name": "base",
            "org.opencontainers.image.title": "base",
            "com.example.kept": "yes",
        },
    }
    change = Change(
        base_name="registry.example.com/base:1.0",
        annotations={"org.opencontainers.image.title": "bots"},
    )
    _, _, _, manifest = appended(change, manifest=more)
    found = manifest["annotations"]
    assert "subject" not in manifest
    assert found.pop("org.opencontainers.image.base.digest").startswith("sha256:")
    assert found == {
        "com.example.kept": "yes",
        "org.opencontainers.image.base.name": "registry.example.com/base:1.0",
        "org.opencontainers.image.created": TIME,
        "org.opencontainers.image.title": "bots",
    }


def test_an_inlined_configuration_is_not_inherited() -> None:
    shelf = Shelf()
    config = json.loads(shelf.manifests[shelf.image()][0])["config"]
    _, _, _, manifest = appended(manifest={"config": {**config, "data": "e30="}})
    assert set(manifest["config"]) == {"mediaType", "size", "digest"}


def test_a_configuration_of_another_image_is_refused() -> None:
    shelf = Shelf()
    one = resolve.resolve(shelf, shelf.image()).children[0]
    other = resolve.resolve(shelf, shelf.image(layers=LAYERS[:1])).children[0]
    with pytest.raises(InvalidInput, match="the same number of layers"):
        append.append(one.manifest, other.config, LAYER, Change(), created=0)
