from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from chartgen import tree
from chartgen.errors import InvalidInput

FILES = {"b.txt": b"b", "a/deep/c.txt": b"c", "Chart.yaml": b"x"}


def names(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return opened.getnames()


def test_what_is_written_is_read_back_sorted(tmp_path: Path) -> None:
    tree.write(FILES, tmp_path / "out")
    assert list(tree.read(tmp_path / "out").items()) == sorted(FILES.items())


def test_names_are_read_in_one_unicode_spelling(tmp_path: Path) -> None:
    (tmp_path / "u\u0308.json").write_bytes(b"")
    assert list(tree.read(tmp_path)) == ["\u00fc.json"]


def test_two_spellings_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "u\u0308.json").write_bytes(b"")
    (tmp_path / "\u00fc.json").write_bytes(b"")
    with pytest.raises(InvalidInput, match="different Unicode spellings"):
        tree.read(tmp_path)


def test_a_link_in_a_folder_is_refused_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput, match="link is not a regular file"):
        tree.read(tmp_path)


def test_a_merge_of_the_same_path_twice_is_refused() -> None:
    assert tree.merge({"b": b"1"}, {"a": b"2"}) == {"a": b"2", "b": b"1"}
    with pytest.raises(InvalidInput, match="'a' would be written twice"):
        tree.merge({"a": b"1"}, {"a": b"1"})


@pytest.mark.parametrize(
    "path",
    ["", ".", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0b", "\ud800"],
)
def test_a_path_that_could_leave_its_folder_is_refused(path: str, tmp_path: Path) -> None:
    for action in (
        lambda: tree.merge({path: b""}),
        lambda: tree.tar({path: b""}, 0),
        lambda: tree.write({path: b""}, tmp_path / "out"),
    ):
        with pytest.raises(InvalidInput):
            action()
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_file_and_folder_is_refused() -> None:
    with pytest.raises(InvalidInput, match="both a file and a folder"):
        tree.merge({"a": b""}, {"a/b": b""})


def test_an_archive_is_sorted_behind_its_first_file_and_has_no_folders() -> None:
    archive = tree.tgz(FILES, "top", 5, first="Chart.yaml")
    assert names(archive) == ["top/Chart.yaml", "top/a/deep/c.txt", "top/b.txt"]


def test_an_archive_says_nothing_about_the_machine_that_made_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(tree.tgz(FILES, "top", 1700000000))) as opened:
        for entry in opened:
            assert (entry.mode, entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) == (
                0o644,
                0,
                0,
                "",
                "",
                1700000000,
            )


def test_the_same_tree_gives_the_same_bytes_in_any_order() -> None:
    backwards = dict(reversed(FILES.items()))
    assert tree.tgz(FILES, "top", 0) == tree.tgz(backwards, "top", 0)


def test_the_gzip_header_is_bare() -> None:
    archive = tree.tgz(FILES, "top", 5)
    assert archive[:10] == bytes.fromhex("1f8b08000000000000ff")
    assert gzip.decompress(archive) == tree.tar(FILES, 5, prefix="top")


def test_a_long_or_foreign_name_survives_an_archive() -> None:
    path = "ordner/" + "ü" * 120 + ".json"
    assert names(tree.tar({path: b""}, 0)) == [path]


def test_files_are_readable_by_all_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        tree.write(FILES, tmp_path / "out")
        tree.write_file(tmp_path / "single", b"")
    finally:
        os.umask(before)
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
    }
    assert modes.pop("out") == modes.pop("out/a") == modes.pop("out/a/deep") == 0o755
    assert set(modes.values()) == {0o644}


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    tree.write({"old": b"1"}, tmp_path / "out")
    tree.write({"new": b"2"}, tmp_path / "out")
    assert tree.read(tmp_path) == {"out/new": b"2"}


def test_the_old_folder_stands_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write({"old": b"1"}, tmp_path / "out")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        tree.write({"new": b"2"}, tmp_path / "out")
    with pytest.raises(OSError, match="No space"):
        tree.write_file(tmp_path / "out" / "old", b"2")
    assert tree.read(tmp_path) == {"out/old": b"1"}


def test_the_old_folder_comes_back_when_the_swap_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write({"old": b"1"}, tmp_path / "out")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if (self / "new").exists():
            raise OSError("refused")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="refused"):
        tree.write({"new": b"2"}, tmp_path / "out")
    assert tree.read(tmp_path) == {"out/old": b"1"}


def test_a_file_in_the_place_of_the_folder_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(InvalidInput, match="is not a folder"):
        tree.write(FILES, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    tree.write_file(tmp_path / "new" / "file", b"1")
    tree.write_file(tmp_path / "new" / "file", b"2")
    assert tree.read(tmp_path) == {"new/file": b"2"}
