from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from chartgen import sources
from chartgen.model import Finding
from chartgen.sources import Source
from tests import flows_factory


def fault(folder: Path) -> Finding:
    _, [finding] = flows_factory.collect([folder])
    assert finding.level == "error"
    return finding


def pack(path: Path, *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def test_an_archive_is_read_in_the_order_of_names(tmp_path: Path) -> None:
    pack(
        tmp_path / "p.zip", ("b.json", b"2"), ("sub/a.JSON", b"1"), ("x.txt", b""), ("c.json/", b"")
    )
    found, findings = flows_factory.collect([tmp_path])
    assert [(s.path, s.data, s.stem) for s in found] == [
        ("p.zip!b.json", b"2", "b"),
        ("p.zip!sub/a.JSON", b"1", "a"),
    ]
    assert findings == ()


def test_what_a_mac_puts_into_archives_is_passed_over(tmp_path: Path) -> None:
    pack(tmp_path / "p.ZIP", ("a.json", b"1"), ("__MACOSX/._a.json", b"\0"), (".x/b.json", b""))
    found, findings = flows_factory.collect([tmp_path])
    assert ([source.path for source in found], findings) == (["p.ZIP!a.json"], ())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_entries_of_one_name_are_both_read(tmp_path: Path) -> None:
    pack(tmp_path / "p.zip", ("a.json", b"1"), ("a.json", b"2"))
    found, _ = flows_factory.collect([tmp_path])
    assert [(s.path, s.data, s.stem) for s in found] == [
        ("p.zip!a.json", b"1", "a"),
        ("p.zip!a.json (2)", b"2", "a"),
    ]


def test_entries_cannot_leave_the_archive(tmp_path: Path) -> None:
    names = ["../../up.json", "/etc/root.json", "a\\..\\b.json", "line\nbreak.json"]
    pack(tmp_path / "in" / "p.zip", *((name, b"{}") for name in names))
    found, findings = flows_factory.collect([tmp_path / "in"])
    paths = [source.path for source in found]
    assert findings == ()
    assert all(path.startswith("p.zip!") and path.isprintable() for path in paths)
    assert len(paths) == 4
    # Nothing is unpacked to disk at all.
    assert [entry.name for entry in tmp_path.rglob("*")] == ["in", "p.zip"]


def encrypted(data: bytes) -> bytes:
    """Set the mark of encryption in both of an entry's headers."""
    local, central = data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8
    changed = bytearray(data)
    changed[local] |= 1
    changed[central] |= 1
    return bytes(changed)


def strange(data: bytes) -> bytes:
    local, central = data.index(b"PK\x03\x04") + 8, data.index(b"PK\x01\x02") + 10
    changed = bytearray(data)
    changed[local] = changed[central] = 97
    return bytes(changed)


def scratched(data: bytes) -> bytes:
    at = data.index(b"a.json") + 6
    return data[:at] + b"\xff" * 20 + data[at + 20 :]


@pytest.mark.parametrize(
    ("damage", "words", "place"),
    [
        (encrypted, "this is encrypted", "p.zip!a.json"),
        (strange, "packed in a way that is not understood", "p.zip!a.json"),
        (scratched, "a damaged archive", "p.zip!a.json"),
        (lambda data: data[: len(data) // 2], "a damaged archive, or none", "p.zip"),
        (lambda data: b"{}", "a damaged archive, or none", "p.zip"),
        (lambda data: b"", "a damaged archive, or none", "p.zip"),
    ],
)
def test_an_archive_that_cannot_be_read_is_named(
    tmp_path: Path, damage: Callable[[bytes], bytes], words: str, place: str
) -> None:
    path = pack(tmp_path / "p.zip", ("a.json", json.dumps([*range(200)]).encode()))
    path.write_bytes(damage(path.read_bytes()))
    finding = fault(tmp_path)
    assert (finding.code, finding.file) == ("unreadable", place)
    assert words in finding.message


def test_every_single_broken_byte_of_an_archive_is_survived(tmp_path: Path) -> None:
    path = pack(tmp_path / "p.zip", ("a.json", b'{"a": 1}' * 9), ("b.json", b"{}" * 9))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        found, findings = flows_factory.collect([path])
        assert {source.path[:6] for source in found} <= {"p.zip!"}
        assert {finding.level for finding in findings} <= {"error"}


def test_an_archive_cannot_blow_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "FILE_LIMIT", 1000)
    monkeypatch.setattr(sources, "ARCHIVE_LIMIT", 2500)
    pack(tmp_path / "p.zip", ("a.json", b" " * 10**5))
    assert (fault(tmp_path).code, fault(tmp_path).file) == ("too-large", "p.zip!a.json")
    pack(tmp_path / "p.zip", *((f"{n}.json", b" " * 900) for n in range(9)))
    found, [finding] = flows_factory.collect([tmp_path])
    assert (finding.code, finding.file, len(found)) == ("too-large", "p.zip", 2)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_cannot_be_read_in_pieces_is_refused_unread(
    tmp_path: Path, packing: int
) -> None:
    with zipfile.ZipFile(tmp_path / "p.zip", "w", packing) as archive:
        archive.writestr("a.json", bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        finding = fault(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert (finding.code, finding.file) == ("unreadable", "p.zip!a.json")
    assert "deflate" in finding.fix


def test_a_bomb_is_refused_in_a_moment_and_in_the_memory_of_one_file(tmp_path: Path) -> None:
    piece = bytes(1024 * 1024)
    with (
        zipfile.ZipFile(tmp_path / "p.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.json", "w") as entry,
    ):
        for _ in range(1024):
            entry.write(piece)
    assert (tmp_path / "p.zip").stat().st_size < 2 * 1024 * 1024
    finding = fault(tmp_path)
    assert (finding.code, finding.file) == ("too-large", "p.zip!a.json")


def test_an_announced_size_that_lies_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "FILE_LIMIT", 100_000)
    path = pack(tmp_path / "p.zip", ("a.json", b" " * 10**6))
    size = (10**6).to_bytes(4, "little")
    lie = path.read_bytes().replace(size, (90_000).to_bytes(4, "little"))
    assert lie.count(size) == 0
    path.write_bytes(lie)
    assert fault(tmp_path).file == "p.zip!a.json"
    path.write_bytes(path.read_bytes().replace((90_000).to_bytes(4, "little"), b"\xff\xff\xff\x7f"))
    assert fault(tmp_path).code == "too-large"


def test_members_that_share_their_bytes_count_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ARCHIVE_LIMIT", 2500)
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", b" " * 900)
        (entry,) = archive.infolist()
        archive.filelist += [entry] * 50
    found, findings = flows_factory.collect([tmp_path])
    assert sum(len(source.data) for source in found) <= 2500
    assert {finding.level for finding in findings} == {"error"}


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", ("a.json", b"{}")).read_bytes()
    (tmp_path / "inner.zip").unlink()
    pack(tmp_path / "p.zip", ("inner.zip", inner), ("b.json", b"{}"))
    found, findings = flows_factory.collect([tmp_path])
    assert [source.path for source in found] == ["p.zip!b.json"]
    assert findings == ()


def test_an_archive_with_too_many_entries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ARCHIVE_ENTRIES", 3)
    pack(tmp_path / "p.zip", *((f"{n}.json", b"{}") for n in range(4)))
    assert fault(tmp_path).code == "too-large"


def test_an_entry_in_an_archive_has_the_stem_of_its_own_name() -> None:
    for path, stem in {"a.zip!x/Help!.json": "Help!", "Help!.json": "Help!"}.items():
        assert Source(path=path, data=b"").stem == stem
