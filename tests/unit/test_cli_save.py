from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.oci_base import Shelf

REPORT = Path("dist/bots-1.0.0.release.json")
ARCHIVE = Path("dist/bots-1.0.0.image.tar")
FOLDER = Path("dist/bots-1.0.0.image")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    shelf = Shelf()
    shelf.write(tmp_path / "base", {"1.0": shelf.several()})


def make(command: str = "package", builder: str = "oci") -> terminal.Outcome:
    words = ["flows", "--name", "bots", "--version", "1.0.0", "--builder", builder]
    base = ["--base", "oci-layout:base:1.0"] if builder == "oci" else []
    done = terminal.run(command, *words, *base, "--image", "registry.example.com/team/bots")
    assert done.code == 0, done.err
    return done


def test_save_writes_one_archive_and_prints_its_path() -> None:
    make()
    done = terminal.run("save", REPORT)
    assert (done.code, done.out) == (0, f"{ARCHIVE}\n")
    with tarfile.open(ARCHIVE) as archive:
        assert {"oci-layout", "index.json", "manifest.json"} <= {*archive.getnames()}


def test_save_tells_what_it_wrote_as_json() -> None:
    make()
    told = terminal.run("save", REPORT, "--output", "json", "--platform", "linux/arm64").data
    report = json.loads(REPORT.read_text())
    assert told["archive"] == str(ARCHIVE)
    assert told["digest"] == report["image"]["digest"]
    assert told["platform"].startswith("linux/arm64")
    assert told["size"] == ARCHIVE.stat().st_size


def test_the_archive_goes_where_it_is_told_to_go() -> None:
    make()
    done = terminal.run("save", REPORT, "--archive", "elsewhere/bots.tar")
    assert (done.code, done.out) == (0, "elsewhere/bots.tar\n")
    assert Path("elsewhere/bots.tar").is_file()
    assert not ARCHIVE.exists()


def test_load_without_an_engine_says_so_and_ends_with_3() -> None:
    make()
    done = terminal.run("load", REPORT)
    assert done.code == 3
    assert "no Docker engine answers" in done.err


def test_packaging_anew_removes_the_archive_of_before() -> None:
    make()
    terminal.run("save", REPORT)
    make()
    assert not ARCHIVE.exists()


def test_packaging_without_a_builder_removes_the_image_of_before() -> None:
    make()
    assert FOLDER.is_dir()
    make(builder="none")
    assert not FOLDER.exists()


def test_an_image_alone_has_a_report_and_can_be_saved() -> None:
    made = make("image")
    assert str(REPORT) in made.out.splitlines()
    assert f"chartgen push {REPORT}\n" in made.err
    assert not Path("dist/bots-1.0.0.tgz").exists()
    assert terminal.run("save", REPORT).code == 0
