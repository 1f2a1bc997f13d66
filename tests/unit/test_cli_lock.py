"""`chartgen lock`, and what packaging does with the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cli as terminal
from tests import oci_base

RELEASE = ("package", "flows", "--version", "1.0.0", "--builder", "oci")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    shelf = oci_base.Shelf()
    shelf.write(tmp_path / "base", {"1": shelf.image()})


def test_with_a_lock_the_base_is_not_looked_at_and_the_digest_is_the_same(tmp_path: Path) -> None:
    base = ("--base", "oci-layout:base")
    without = json.loads(terminal.run(*RELEASE, *base, "--output", "json").out)
    done = terminal.run("lock", "flows", *base)
    assert (done.code, done.out) == (0, "flows/chartgen.lock\n")
    for blob in (tmp_path / "base" / "blobs" / "sha256").iterdir():
        blob.unlink()
    report = json.loads(terminal.run(*RELEASE, *base, "--output", "json").out)
    assert report["image"]["builder"] == "oci"
    assert report["image"]["digest"] == without["image"]["digest"]


def test_a_lock_of_another_base_is_refused_with_what_to_do() -> None:
    assert terminal.run("lock", "flows", "--base", "oci-layout:base").code == 0
    done = terminal.run(*RELEASE, "--base", "registry.example.com/other:1")
    assert done.code == 1
    assert "run `chartgen lock` again" in done.err


def test_a_dry_run_writes_no_lock(tmp_path: Path) -> None:
    done = terminal.run("lock", "flows", "--base", "oci-layout:base", "--dry-run")
    assert done.out == "flows/chartgen.lock\n"
    assert not (tmp_path / "flows" / "chartgen.lock").exists()


def test_the_lock_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    lock = tmp_path / "flows" / "chartgen.lock"
    terminal.run("lock", "flows", "--base", "oci-layout:base")
    first = lock.read_bytes()
    terminal.run("lock", "flows", "--base", "oci-layout:base")
    assert lock.read_bytes() == first


def test_a_lock_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "flows" / "chartgen.lock"
    terminal.run("lock", "flows", "--base", "oci-layout:base")
    lock.write_text(lock.read_text().replace("linux", "plan9"))
    done = terminal.run(*RELEASE, "--base", "oci-layout:base")
    assert done.code == 1
    assert "chartgen.lock" in done.err
