"""Disks that are full, at 50 sizes, and disks that nobody may write to."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.faults.releases import Run, content, lay_out, made
from tests.flows_factory import component, field, flow

PAGE = 4096
SIZES = 50
BEFORE, AFTER = Run(flows="before", builder="oci"), Run(flows="after", builder="oci")
FULL = "cannot be written to: no space left on device"


class Disk:
    """A file system of its own, in memory, whose size can change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        command("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)

    def resize(self, pages: int) -> None:
        command("mount", "-o", f"remount,rw,size={pages * PAGE}", self.folder)

    def forbid(self) -> None:
        command("mount", "-o", "remount,ro", self.folder)

    def pages(self) -> int:
        """How much of it is used."""
        found = os.statvfs(self.folder)
        return found.f_blocks - found.f_bfree

    def close(self) -> None:
        command("umount", self.folder)


def command(*words: object) -> None:
    subprocess.run([*map(str, words)], check=True, capture_output=True)  # noqa: S603


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    lay_out()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        disk = Disk(tmp_path / "disk")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs to mount a tmpfs: root, with the capability CAP_SYS_ADMIN")
    yield disk
    disk.close()


def test_a_disk_that_is_full_at_any_size_keeps_the_old_release_and_gets_no_part_of_the_new_one(
    disk: Disk,
) -> None:
    noise = random.Random(1).randbytes(60_000).hex()  # noqa: S311 - any noise will do
    large = flow(component(text=field(noise)), name="Large")
    Path("after/large.json").write_text(json.dumps(large))
    new, old = made(AFTER, "new"), made(BEFORE, "disk/dist")
    empty, room = disk.pages(), _room(disk)
    assert room > SIZES
    for number in range(SIZES):
        # From no room at all to just too little.
        disk.resize(empty + number * (room - 1) // (SIZES - 1))
        done = terminal.run(*AFTER.words("disk/dist"))
        assert (done.code, done.out) == (3, ""), number
        assert f"chartgen: disk/dist {FULL}" in done.err
        assert content("disk/dist") == old
    disk.resize(empty + room + 8)
    assert terminal.run(*AFTER.words("disk/dist")).code == 0
    assert content("disk/dist") == new


def _room(disk: Disk) -> int:
    """Pages that the new release takes."""
    before = disk.pages()
    shutil.copytree("new", disk.folder / "new")
    found = disk.pages() - before
    shutil.rmtree(disk.folder / "new")
    return found


@pytest.mark.parametrize("builder", ["none", "oci"])
def test_no_room_for_temporary_files_is_told_with_the_way_out(
    builder: str, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(flows="after", builder=builder)
    new = made(run, "new")
    monkeypatch.setattr(tempfile, "tempdir", str(disk.folder))
    failed = 0
    for pages in (*range(1, 20), 60):
        disk.resize(pages)
        done = terminal.run(*run.words())
        if done.code:
            failed += 1
            assert (done.code, done.out) == (3, "")
            assert "chartgen: no temporary file can be written: no space left" in done.err
            assert "(TMPDIR names the folder for them)" in done.err
            assert not Path("dist").exists()
        else:
            assert content() == new
        assert list(disk.folder.iterdir()) == []
    assert failed
    assert not done.code


def test_a_disk_that_may_only_be_read_is_refused_before_the_flows_are_read(disk: Disk) -> None:
    old = made(BEFORE, "disk/dist")
    disk.forbid()
    for place in ("disk/dist", "disk/another"):
        done = terminal.run(*AFTER.words(place))
        assert (done.code, done.out) == (1, "")
        assert f"the destination {place} cannot be written to" in done.err
        assert "reading flows" not in done.err
    assert content("disk/dist") == old
