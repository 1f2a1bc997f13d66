"""`--check`: the image is tried before anything is written. A real engine is in tests/runtime."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chartgen.cli import trial
from chartgen.image.access import Access
from chartgen.release import Image, Release
from tests import cli as terminal
from tests import releases
from tests.fake_engine import FakeEngine
from tests.oci_base import Shelf
from tests.sample import sample_app, sample_image

IMAGE = "registry.example.com/team/bots"
BASE = "oci-layout:base:1"
RELEASE = ("flows", *releases.RELEASE, "--base", BASE, "--image", IMAGE, "--builder", "oci")
LACKING = b"chartgen: Support bot \xe2\x86\x92 Web search: the module foo_bar is missing\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shelf: Shelf) -> None:
    terminal.settle(tmp_path, monkeypatch)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    with FakeEngine().serve() as started:
        monkeypatch.setenv("DOCKER_HOST", started.address)
        yield started


@pytest.mark.parametrize("command", ["package", "image"])
def test_an_image_that_loads_every_component_is_written(command: str, engine: FakeEngine) -> None:
    plain = terminal.run(command, *RELEASE, "--destination", "plain", "--output", "json")
    done = terminal.run(command, *RELEASE, "--check", "--output", "json")
    assert done.code == 0, done.err
    assert done.data == plain.data
    assert terminal.files("dist") == terminal.files("plain")
    [container] = engine.created
    assert container["Entrypoint"] == ["python", "-B", "/app/chartgen/check.py"]
    assert container["HostConfig"]["NetworkMode"] == "none"
    assert container["HostConfig"].get("ReadonlyRootfs", False) is (command == "package")
    assert engine.removed == 1


@pytest.mark.parametrize("command", ["package", "image"])
def test_an_image_that_does_not_is_told_with_flow_and_component_and_nothing_is_written(
    command: str, engine: FakeEngine
) -> None:
    engine.ends_with, engine.said = 1, LACKING
    before = terminal.files()
    done = terminal.run(command, *RELEASE, "--check", "--output", "json")
    assert done.code == 1
    assert [one["message"] for one in done.data["findings"]] == [
        "Support bot → Web search: the module foo_bar is missing"
    ]
    assert terminal.files() == before
    assert engine.removed == 1


def test_what_an_earlier_run_has_written_stays_when_the_check_fails(engine: FakeEngine) -> None:
    assert terminal.run("package", *RELEASE).code == 0
    report = Path(releases.REPORT).read_bytes()
    engine.ends_with, engine.said = 1, LACKING
    terminal.add("signed-webhook.json")
    assert terminal.run("package", *RELEASE, "--check").code == 1
    assert Path(releases.REPORT).read_bytes() == report


def test_without_an_engine_there_is_no_check_and_it_ends_with_3() -> None:
    done = terminal.run("package", *RELEASE, "--check")
    assert (done.code, done.out) == (3, "")
    assert "no Docker engine answers" in done.err
    assert not Path("dist").exists()


@pytest.mark.parametrize("builder", ["auto", "none"])
def test_what_was_not_built_cannot_be_checked_and_it_ends_with_3(builder: str) -> None:
    there = ("flows", *releases.RELEASE, "--base", "127.0.0.1:1/base:1", "--builder", builder)
    assert terminal.run("package", *there).code == 0
    done = terminal.run("package", *there, "--check", "--destination", "other")
    assert done.code == 3
    assert "the image was not built: " in done.err
    assert not Path("other").exists()


def test_an_image_that_is_there_already_is_not_checked_and_that_is_said() -> None:
    named = ("flows", *releases.RELEASE, "--image", f"{IMAGE}@sha256:{'1' * 64}")
    done = terminal.run("package", *named, "--check")
    assert done.code == 1
    assert "--check is for one that is built" in done.err
    assert terminal.run("package", *named, "--no-check").code == 0


def test_a_dry_run_asks_no_engine() -> None:
    assert terminal.run("package", *RELEASE, "--check", "--dry-run").code == 0


def test_the_file_and_the_environment_ask_for_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("flows/chartgen.yaml").write_text("check: true\n")
    assert terminal.run("package", *RELEASE).code == 3
    assert terminal.run("package", *RELEASE, "--no-check").code == 0
    monkeypatch.setenv("CHARTGEN_CHECK", "0")
    assert terminal.run("package", *RELEASE).code == 0


@pytest.mark.parametrize("command", ["package", "image"])
def test_who_did_not_check_is_told_how(command: str, engine: FakeEngine) -> None:
    line = "  chartgen check dist/bots-1.0.0.release.json\n"
    assert line in terminal.run(command, *RELEASE).err
    assert line not in terminal.run(command, *RELEASE, "--check").err


def test_an_image_that_was_made_without_a_chart_can_be_checked_afterwards(
    engine: FakeEngine,
) -> None:
    assert terminal.run("image", *RELEASE).code == 0
    done = terminal.run("check", releases.REPORT)
    assert (done.code, done.out) == (0, "every component of 1 flow can be loaded\n")
    assert len(engine.created) == 1


def test_an_image_that_an_engine_has_built_was_checked_by_that() -> None:
    built = Image(reference=sample_image(), id="sha256:" + "1" * 64, builder="docker")
    release = Release(app=sample_app(), report={}, files={}, folders={}, image=built)
    trial.check(release, Access(), releases.Nobody())
