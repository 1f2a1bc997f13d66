from __future__ import annotations

import hashlib
import os
import stat
import tracemalloc
from pathlib import Path
from typing import IO, Any

import pytest

from chartgen import sources
from chartgen.model import Finding
from tests import flows_factory


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())


def collected(*paths: Path, exclude: tuple[Path, ...] = ()) -> list[str]:
    found, findings = flows_factory.collect(paths, exclude=exclude)
    assert findings == ()
    return [source.path for source in found]


def fault(*paths: Path) -> Finding:
    _, [finding] = flows_factory.collect(paths)
    assert finding.level == "error"
    return finding


def test_a_folder_is_read_with_all_its_folders_in_the_order_of_names(tmp_path: Path) -> None:
    write(tmp_path, "b.json", "a/z.json", "a/deep/c.JSON", "a/note.txt", "B.json", "chartgen.yaml")
    assert collected(tmp_path) == ["B.json", "a/deep/c.JSON", "a/z.json", "b.json"]


def test_hidden_names_and_excluded_folders_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "a.json", ".hidden.json", ".git/x.json", "dist/x.json", "sub/dist/x.json")
    assert collected(tmp_path, exclude=(tmp_path / "dist",)) == ["a.json", "sub/dist/x.json"]


def test_a_file_is_named_without_its_folder_and_read_whatever_its_ending(tmp_path: Path) -> None:
    write(tmp_path, "sub/a.json", "sub/b.txt")
    assert collected(tmp_path / "sub" / "a.json") == ["a.json"]
    assert collected(tmp_path / "sub" / "b.txt") == ["b.txt"]


def test_several_paths_are_named_from_what_they_share(tmp_path: Path) -> None:
    write(tmp_path, "one/a.json", "two/a.json", "c.json")
    paths = [tmp_path / "two", tmp_path / "one", tmp_path / "c.json"]
    assert collected(*paths) == ["c.json", "one/a.json", "two/a.json"]


def test_what_is_given_twice_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, "one/a.json")
    assert collected(tmp_path / "one", tmp_path / "one" / "a.json") == ["one/a.json"]


def test_where_the_folder_lies_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "here/a.json")
    monkeypatch.chdir(tmp_path / "here")
    assert collected(Path()) == collected(tmp_path / "here") == ["a.json"]


def test_bytes_hash_and_stem_are_those_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "sub/Night shift.v2.json")
    [source], _ = flows_factory.collect([tmp_path])
    assert source.data == b"sub/Night shift.v2.json"
    assert source.sha256 == hashlib.sha256(source.data).hexdigest()
    assert source.stem == "Night shift.v2"
    # The bytes may hold secrets: no log and no traceback shows them.
    assert "data" not in repr(source)


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    write(tmp_path, "a.json")
    found, [finding] = flows_factory.collect([tmp_path / "a.json", tmp_path / "b.json"])
    assert (finding.code, finding.file) == ("no-such-path", str(tmp_path / "b.json"))
    assert [source.path for source in found] == ["a.json"]


@pytest.mark.parametrize("name", ["out.json", "out"])
def test_a_link_out_of_the_folder_is_refused_and_not_followed(tmp_path: Path, name: str) -> None:
    write(tmp_path, "flows/a.json", "secret/x.json")
    target = tmp_path / "secret" / ("x.json" if name.endswith("json") else "")
    (tmp_path / "flows" / "sub").mkdir()
    (tmp_path / "flows" / "sub" / name).symlink_to(target)
    finding = fault(tmp_path / "flows")
    assert (finding.code, finding.file) == ("link-outside", f"sub/{name}")
    assert finding.fix


def test_a_link_that_leads_nowhere_or_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gone.json").symlink_to(tmp_path / "nothing.json")
    assert fault(tmp_path).file == "gone.json"
    (tmp_path / "gone.json").unlink()
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    assert fault(tmp_path).code == "link-outside"
    assert fault(tmp_path / "loop.json").code == "unreadable"


def test_links_inside_the_folder_are_fine(tmp_path: Path) -> None:
    write(tmp_path, "real/a.json")
    (tmp_path / "b.json").symlink_to("real/a.json")
    (tmp_path / "again").symlink_to("real")
    (tmp_path / "up").symlink_to(".")
    assert collected(tmp_path) == ["b.json", "real/a.json"]


def test_hidden_and_excluded_links_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "flows/a.json", "else/x.json")
    for name in (".venv", ".x.json", "dist"):
        (tmp_path / "flows" / name).symlink_to(tmp_path / "else")
    (tmp_path / "flows" / "notes.txt").symlink_to("/etc/hosts")
    assert collected(tmp_path / "flows", exclude=(tmp_path / "flows" / "dist",)) == ["a.json"]


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.json")
    assert fault(tmp_path).message == "this is not a regular file"


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.json", "sub/b.json")
    opened = Path.open

    def refuse(self: Path, mode: str = "r") -> IO[Any]:
        if self.name == "b.json":
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, mode)

    # Whoever runs the tests may be root, whom no mode bits stop.
    monkeypatch.setattr(Path, "open", refuse)
    finding = fault(tmp_path)
    assert (finding.code, finding.file) == ("unreadable", "sub/b.json")
    assert "permission denied" in finding.message


def test_a_file_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FILE_LIMIT", 10)
    (tmp_path / "a.json").write_bytes(b"x" * 11)
    assert (fault(tmp_path).code, fault(tmp_path).file) == ("too-large", "a.json")


@pytest.mark.parametrize("name", [b"\xff.json", b"a\nb.json", b"\x1b[31m.json"])
def test_file_names_that_are_no_text_are_shown_escaped(tmp_path: Path, name: bytes) -> None:
    with open(os.fsencode(tmp_path) + b"/" + name, "wb"):  # noqa: PTH123 - bytes are no Path
        pass
    [path] = collected(tmp_path)
    assert path.isprintable()
    assert "\\" in path
    path.encode()


def test_reading_changes_nothing_on_disk(tmp_path: Path) -> None:
    write(tmp_path, "a.json")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    (tmp_path / "a.json").chmod(stat.S_IRUSR)
    collected(tmp_path)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


def test_a_small_file_takes_little_memory(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    tracemalloc.start()
    flows_factory.collect([tmp_path])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024 * 1024
