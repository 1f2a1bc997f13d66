from __future__ import annotations

import json
from typing import Any

import pytest

from chartgen import chart, tree
from chartgen.chart import artifact
from chartgen.errors import InvalidInput
from tests.oci_base import digest
from tests.sample import sample_app, sample_image

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def archive(**changes: Any) -> bytes:
    return chart.build(sample_app(**changes), sample_image()).archive


def of(text: str) -> bytes:
    """A chart that is nothing but its Chart.yaml."""
    return tree.tgz({"Chart.yaml": text.encode()}, "bots", 0)


def test_the_media_types_are_helms() -> None:
    data = archive()
    made = artifact.artifact(data)
    manifest = json.loads(made.manifest)
    assert list(manifest) == ["schemaVersion", "config", "layers", "annotations"]
    assert artifact.MANIFEST_TYPE == MANIFEST
    assert manifest["config"] == {
        "mediaType": "application/vnd.cncf.helm.config.v1+json",
        "digest": digest(made.config),
        "size": len(made.config),
    }
    assert manifest["layers"] == [
        {
            "mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
            "digest": digest(data),
            "size": len(data),
        }
    ]
    assert made.digest == digest(made.manifest)
    assert made.layer == data


def test_the_same_archive_gives_the_same_artifact() -> None:
    assert artifact.artifact(archive()) == artifact.artifact(archive())


@pytest.mark.parametrize(
    ("version", "tag"),
    [("1.2.0", "1.2.0"), ("1.2.0-rc.1+build.7", "1.2.0-rc.1_build.7"), ("1.0.0+a", "1.0.0_a")],
)
def test_a_plus_in_the_version_is_an_underscore_in_the_tag_alone(version: str, tag: str) -> None:
    made = artifact.artifact(archive(version=version))
    assert made.tag == tag
    assert json.loads(made.config)["version"] == version
    annotations = json.loads(made.manifest)["annotations"]
    assert annotations["org.opencontainers.image.version"] == version


def test_annotations_are_sorted_and_hold_those_of_the_chart() -> None:
    made = artifact.artifact(archive())
    annotations = json.loads(made.manifest)["annotations"]
    assert list(annotations) == sorted(annotations)
    assert annotations["org.opencontainers.image.title"] == "support"
    assert annotations["org.opencontainers.image.version"] == "1.2.0"
    assert annotations["org.opencontainers.image.description"] == "Flows of the support desk"
    # Helm would put the time of the file there, were it not in the chart.
    assert annotations["org.opencontainers.image.created"] == "1970-01-01T00:00:00Z"
    assert annotations["chartgen.dev/runtime"] == "langflow 1.13.0"


def test_a_chart_cannot_give_itself_another_name_or_version_in_its_annotations() -> None:
    key = "org.opencontainers.image."
    made = artifact.artifact(
        of(
            "apiVersion: v2\nname: bots\nversion: 1.0.0\nhome: https://bots.example.com\n"
            f"annotations:\n  {key}title: evil\n  {key}version: 9.9.9\n  {key}url: https://mine\n"
        )
    )
    assert json.loads(made.manifest)["annotations"] == {
        f"{key}title": "bots",
        f"{key}url": "https://mine",
        f"{key}version": "1.0.0",
    }


def test_the_configuration_has_its_keys_in_the_order_of_helms_structure() -> None:
    config = json.loads(artifact.artifact(archive()).config)
    assert list(config) == [
        *("name", "version", "description", "keywords", "icon", "apiVersion", "appVersion"),
        *("annotations", "kubeVersion", "type"),
    ]
    assert list(config["annotations"]) == sorted(config["annotations"])


def test_what_go_escapes_is_escaped_and_other_characters_are_not() -> None:
    made = artifact.artifact(archive(description="a < b & c > d \u2028 Zoë 🦊"))
    assert b"a \\u003c b \\u0026 c \\u003e d" in made.config
    assert "Zoë 🦊".encode() in made.config
    assert b" " not in made.manifest.replace(b"Flows of", b"").partition(b'"annotations"')[0]


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", archive()[:100], tree.tgz({"values.yaml": b""}, "bots", 0)],
    ids=["empty", "text", "cut", "no-metadata"],
)
def test_what_is_no_chart_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="this is not a chart"):
        artifact.artifact(data)
