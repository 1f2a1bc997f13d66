from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.image import Built
from chartgen.model import Base
from tests import cli as terminal
from tests import releases
from tests.oci_base import AMD64, ARM64, OCI_INDEX, Shelf, unpacked
from tests.registry_server import Registry
from tests.releases import app, build, package

IMAGE = "registry.example.com/team/bots"
LAYOUT = Path("dist/bots-1.0.0.image")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


@pytest.fixture
def server() -> Iterator[Registry]:
    with Registry().serve() as started:
        yield started


def read(layout: Mapping[str, bytes], digest: str) -> Any:
    return json.loads(layout[f"blobs/{digest.replace(':', '/')}"])


def images(built: Built) -> list[tuple[Any, Any]]:
    """Manifest and configuration for each platform."""
    entries = read(built.layout, built.digest)["manifests"]
    manifests = [read(built.layout, entry["digest"]) for entry in entries]
    return [(one, read(built.layout, one["config"]["digest"])) for one in manifests]


def test_the_configuration_runs_the_launcher_as_the_runtimes_user(shelf: Shelf) -> None:
    for _, config in images(build()):
        assert config["config"]["User"] == "1000:0"
        assert config["config"]["Cmd"] == list(app().runtime.command)
        assert config["config"]["ExposedPorts"] == {"7860/tcp": {}}
        assert config["config"]["Env"] == ["PATH=/bin"]
        assert config["history"][-1]["created_by"] == "chartgen: 2 flows"


def test_labels_and_annotations_say_what_it_is_and_name_no_folder_of_this_machine(
    shelf: Shelf,
) -> None:
    built = build()
    for manifest, config in images(built):
        labels = config["config"]["Labels"]
        assert labels == {
            "dev.chartgen.flows.sha256": app().flows_sha256,
            "dev.chartgen.runtime": "langflow 1.13.0",
            "org.opencontainers.image.description": "Flows of the support desk",
            "org.opencontainers.image.title": "support",
            "org.opencontainers.image.version": "1.2.0",
        }
        assert manifest["annotations"]["org.opencontainers.image.title"] == "support"
        assert manifest["annotations"]["org.opencontainers.image.base.digest"] in shelf.manifests
    assert not [data for data in built.layout.values() if b"oci-layout" in data.lower()[20:]]


def test_a_base_in_a_registry_is_named_in_labels_and_annotations(
    shelf: Shelf, server: Registry
) -> None:
    releases.lay(server, "base", shelf)
    index = next(name for name, (_, kind) in shelf.manifests.items() if kind == OCI_INDEX)
    reference = f"{server.host}/base@{index}"
    base = Base(reference=reference, profile="custom", reason="asked for")
    for manifest, config in images(build(app=app(base=base))):
        key = "org.opencontainers.image.base.name"
        assert config["config"]["Labels"][key] == reference
        assert manifest["annotations"][key] == reference


def test_the_layer_holds_the_files_and_keeps_the_owners_of_the_folders_above(
    shelf: Shelf,
) -> None:
    built = build()
    manifest, _ = images(built)[0]
    layer = manifest["layers"][-1]["digest"]
    found = unpacked(built.layout[f"blobs/{layer.replace(':', '/')}"])
    assert list(found) == [
        *("app", "app/flows", "app/flows/support-bot.json", "app/flows/ticket-triage.json"),
    ]
    assert (found["app"].uid, found["app"].gid, found["app"].mode) == (1000, 0, 0o775)
    assert {found[path].uid for path in app().files} == {0}


def test_the_layout_is_without_the_layers_of_the_base(shelf: Shelf) -> None:
    built = build()
    assert {path for path in built.layout if not path.startswith("blobs/")} == {
        "index.json",
        "oci-layout",
    }
    # An index, and for both platforms a manifest, a configuration, and the one layer.
    assert len([path for path in built.layout if path.startswith("blobs/")]) == 6
    for manifest, _ in images(built):
        below, ours = manifest["layers"][:-1], manifest["layers"][-1]
        assert not [b for b in below if f"blobs/{b['digest'].replace(':', '/')}" in built.layout]
        assert f"blobs/{ours['digest'].replace(':', '/')}" in built.layout


@pytest.mark.parametrize("platform", ["linux/amd64", "linux/arm64"])
def test_one_platform_alone_is_the_same_as_among_others(platform: str, shelf: Shelf) -> None:
    entries = read(build().layout, build().digest)["manifests"]
    architecture = platform.rpartition("/")[2]
    wanted = next(e["digest"] for e in entries if e["platform"]["architecture"] == architecture)
    assert build(platforms=(platform,)).digest == wanted


def test_both_platforms_are_built_unless_one_is_asked_for(shelf: Shelf) -> None:
    found = [config["architecture"] for _, config in images(build())]
    assert found == [AMD64["architecture"], ARM64["architecture"]]


def test_a_platform_that_the_base_lacks_is_told_with_those_that_it_has(shelf: Shelf) -> None:
    for text in ("linux/s390x", "windows/amd64", "arm"):
        with pytest.raises(InvalidInput, match=text):
            build(platforms=(text,))
    done = package("oci-layout:base:1", IMAGE, "--platform", "linux/s390x")
    assert done.code == 1
    assert "there is linux/amd64, linux/arm64" in done.err


def test_the_time_is_the_bases_unless_another_is_asked_for(shelf: Shelf) -> None:
    assert {config["created"] for _, config in images(build())} == {"2024-05-06T07:08:09Z"}
    assert {config["created"] for _, config in images(build(epoch=0))} == {"1970-01-01T00:00:00Z"}


def test_digests_are_the_same_for_shuffled_input(shelf: Shelf) -> None:
    terminal.add("signed-webhook.json")
    found = set()
    for number, umask in enumerate((0o022, 0o077, 0o000)):
        names = sorted(Path("flows").iterdir())
        random.Random(number).shuffle(names)  # noqa: S311 - an order, not a secret
        for name in names:
            name.chmod(0o400 + number)
            os.utime(name, (number, number))
        before = os.umask(umask)
        try:
            done = terminal.run(
                *("package", *names, *releases.RELEASE, "--base", "oci-layout:base:1"),
                *("--image", IMAGE, "--output", "json"),
            )
        finally:
            os.umask(before)
        assert done.code == 0, done.err
        found.add((done.data["image"]["digest"], done.data["chart"]["digest"]))
    assert len(found) == 1


def test_the_chart_pins_the_digest_and_the_image_lies_beside_it(shelf: Shelf) -> None:
    done = package("oci-layout:base:1", IMAGE, "--output", "json")
    assert done.code == 0, done.err
    image = done.data["image"]
    assert (image["builder"], image["reference"]) == ("oci", f"{IMAGE}:1.0.0")
    assert image["digest"] in terminal.chart("dist/bots-1.0.0.tgz")["values.yaml"].decode()
    index = json.loads((LAYOUT / "index.json").read_bytes())
    assert [one["digest"] for one in index["manifests"]] == [image["digest"]]
    assert (LAYOUT / "blobs" / image["id"].replace(":", "/")).is_file()


def test_what_is_left_to_do_is_said_with_the_command(shelf: Shelf) -> None:
    done = package("oci-layout:base:1", IMAGE, "--destination", "my dist")
    assert done.code == 0
    assert (
        "  chartgen push 'my dist/bots-1.0.0.release.json' "
        "--chart-repository oci://registry.example.com/charts\n"
    ) in done.err
    assert "docker" not in done.err
    line = done.out.splitlines()[-1]
    assert line.startswith(f"{IMAGE}:1.0.0@sha256:")
    alone = terminal.run(
        *("image", "flows", *releases.RELEASE, "--base", "oci-layout:base:1", "--image", IMAGE)
    )
    assert alone.err.endswith("  chartgen push dist/bots-1.0.0.release.json\n")


def test_what_the_builder_finds_stands_once_among_the_findings(tmp_path: Path) -> None:
    shelf = Shelf()
    entries = []
    for platform in (AMD64, ARM64):
        data = json.loads(shelf.manifests[shelf.image(platform=platform)][0])
        for layer in data["layers"]:
            # Nobody may look into these.
            layer["mediaType"] = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
        entries.append(shelf.entry(shelf.put(data, data["mediaType"]), platform))
    shelf.write(tmp_path / "odd", {"1": shelf.index(entries)})
    done = package("oci-layout:odd:1", IMAGE, "--output", "json")
    assert done.code == 0, done.err
    codes = [(item["level"], item["code"]) for item in done.data["findings"]]
    assert codes.count(("warning", "unknown-owner")) == 1
    assert [level for level, _ in codes] == sorted(level for level, _ in codes)[::-1]
