from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from chartgen import tree
from tests import cli as terminal
from tests.cli import files, release, run

RELEASE = ("--name", "bots", "--version", "1.0.0")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


@pytest.mark.parametrize("command", ["package", "chart", "image"])
def test_a_dry_run_names_exactly_the_files_that_a_real_run_writes(command: str) -> None:
    before = files()
    named = run(command, "flows", *RELEASE, "--dry-run").out.splitlines()
    assert files() == before
    run(command, "flows", *RELEASE)
    assert sorted(set(files()) - set(before)) == named


def test_a_dry_run_asks_no_engine() -> None:
    done = run("package", "flows", *RELEASE, "--dry-run", "--builder", "docker")
    assert done.code == 0
    assert "Docker" not in done.err


def test_a_second_run_replaces_the_first_and_leaves_other_files_alone() -> None:
    terminal.add("signed-webhook.json")
    release()
    Path("dist/mine.txt").write_text("mine")
    first = files("dist")
    assert any("signed-webhook" in name for name in first)
    Path("flows/signed-webhook.json").unlink()
    release()
    assert not any("signed-webhook" in name for name in files("dist"))
    assert "mine.txt" in files("dist")
    assert not any(part.startswith(".") for name in files("dist") for part in name.split("/"))


def test_the_same_flows_give_the_same_bytes_twice() -> None:
    release()
    first = tree.read(Path("dist"))
    release()
    assert tree.read(Path("dist")) == first


def test_the_results_are_not_read_as_flows() -> None:
    for _ in range(2):
        done = run("package", "flows", *RELEASE, "--destination", "flows/dist", "--output", "json")
        assert done.code == 0
        assert [item["path"] for item in done.data["inputs"]] == ["echo.json"]


def test_the_flows_own_folder_is_no_destination() -> None:
    before = files()
    for name in ("flows", "flows/", "./flows/../flows", str(Path("flows").absolute())):
        done = run("package", "flows", *RELEASE, "--destination", name)
        assert done.code == 1
        assert "holds the flows: name another destination" in done.err
    assert files() == before


@pytest.mark.parametrize("name", ["file/dist", "link"])
def test_a_destination_that_cannot_be_a_folder_is_refused_before_the_flows_are_read(
    name: str,
) -> None:
    Path("file").write_text("")
    Path("link").symlink_to("nowhere")
    before = files()
    done = run("package", "flows", *RELEASE, "--destination", name)
    assert done.code == 1
    assert f"the destination {name} cannot be" in done.err
    assert "reading flows" not in done.err
    assert files() == before


def test_a_destination_that_is_a_file_is_wrong_usage() -> None:
    Path("file").write_text("")
    done = run("package", "flows", *RELEASE, "--destination", "file")
    assert (done.code, done.out) == (2, "")
    assert "'file' is a file" in done.err


def test_a_read_only_destination_is_refused_before_the_flows_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A mode does not stop root, as whom these tests may run.
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    done = run("package", "flows", *RELEASE)
    assert done.code == 1
    assert "the destination dist cannot be written to" in done.err
    assert not Path("dist").exists()


def test_a_disk_that_fills_up_leaves_the_release_before_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release()
    before = tree.read(Path("dist"))

    def full(path: Path, data: bytes) -> NoReturn:
        raise OSError(28, "No space left on device", "/dist/.bots-1.0.0.tgz.x7f3")

    monkeypatch.setattr(tree, "write_file", full)
    done = run("package", "flows", *RELEASE)
    assert (done.code, done.out) == (3, "")
    assert "chartgen: dist cannot be written to: no space left on device" in done.err
    assert tree.read(Path("dist")) == before


def test_a_kernel_that_refuses_the_folder_is_told_in_one_sentence() -> None:
    done = run("package", "flows", *RELEASE, "--destination", "/proc/chartgen")
    assert (done.code, done.out) == (3, "")
    assert "chartgen: /proc/chartgen cannot be written to: " in done.err


def test_one_file_is_enough_and_several_paths_go_together() -> None:
    second = terminal.add("signed-webhook.json", to="more")
    assert run("package", "flows/echo.json", *RELEASE).code == 0
    both = run("inspect", "flows", second, "--output", "json").data
    assert [flow["name"] for flow in both["flows"]] == ["Echo", "Signed webhook"]
