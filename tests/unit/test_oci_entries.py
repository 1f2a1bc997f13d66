"""Archives as strangers write them: every form is read, and none takes much of anything."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
import tracemalloc
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from chartgen.errors import InvalidInput
from chartgen.image import inventory
from chartgen.oci import ancestors, entries, inplace, source, unpacking
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.entries import Damaged
from tests.oci_base import OCI_LAYER

MIB = 1024 * 1024
LONG = "a-folder/" * 40 + "file"
END = bytes(1024)


def header(kind: bytes, size: int = 0, name: str = "app/x") -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


def extended(kind: bytes, data: bytes) -> bytes:
    return header(kind, len(data)) + padded(data)


def archive(format: int) -> bytes:  # noqa: A002 - tarfile's own word
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as made:
        for name, kind, link, size in (
            ("app", tarfile.DIRTYPE, "", 0),
            ("app/file", tarfile.REGTYPE, "", 700),
            ("app/" + "n" * 90 + "/" + "m" * 20, tarfile.REGTYPE, "", 512),
            ("app/link", tarfile.SYMTYPE, "../file", 0),
            ("app/hard", tarfile.LNKTYPE, "app/file", 0),
            ("dev/null", tarfile.CHRTYPE, "", 0),
            ("pipe", tarfile.FIFOTYPE, "", 0),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, link, size
            entry.uid, entry.gid, entry.mode = 1000, 2_000_000 if format else 7, 0o640
            made.addfile(entry, io.BytesIO(b"x" * size))
        if format:
            entry = tarfile.TarInfo(LONG)
            entry.size = 3
            made.addfile(entry, io.BytesIO(b"abc"))
            entry = tarfile.TarInfo("büro \udcff")
            entry.type, entry.linkname = tarfile.SYMTYPE, LONG
            made.addfile(entry)
    return buffer.getvalue()


def told(entry: tarfile.TarInfo, place: int) -> tuple[object, ...]:
    facts = (entry.name, entry.type, entry.linkname, entry.uid, entry.gid, entry.mode)
    return (*facts, entry.size, place)


def read(data: bytes) -> list[tuple[object, ...]]:
    return [told(entry, place) for entry, place in entries.read(io.BytesIO(data))]


def by_tarfile(data: bytes) -> list[tuple[object, ...]]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as found:
        return [told(entry, entry.offset_data) for entry in found]


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_entries_are_those_that_tarfile_reads(format: int) -> None:  # noqa: A002
    data = archive(format)
    assert read(data) == by_tarfile(data)
    assert len(read(data)) >= 7


@pytest.mark.parametrize("form", ["gnu", "posix"])
def test_what_gnu_tar_packs_is_read_with_holes_too(form: str, tmp_path: Path) -> None:
    tar = shutil.which("tar")
    assert tar
    folder = tmp_path / "in"
    folder.mkdir()
    with (folder / "holes").open("wb") as file:
        for place in range(0, 40 * MIB, 2 * MIB):
            file.seek(place)
            file.write(b"data")
    (folder / "behind").write_bytes(b"seen")
    packed = tmp_path / "packed.tar"
    command = [tar, "--sparse", f"--format={form}", "-cf", str(packed), "-C", str(tmp_path)]
    subprocess.run(  # noqa: S603 - our own arguments
        [*command, "in/holes", "in/behind"], check=True, timeout=60
    )
    data = packed.read_bytes()
    names = [name for name, *_ in read(data)]
    assert names == [name for name, *_ in by_tarfile(data)] == ["in/holes", "in/behind"]
    stream = inplace.Files(packed).open("in/behind")
    assert stream
    assert stream.read() == b"seen"
    stream.close()


def test_a_header_for_all_entries_changes_none_as_engines_do_not_apply_it() -> None:
    data = extended(tarfile.XGLTYPE, b"12 path=evil\n") + header(tarfile.REGTYPE) + END
    assert [name for name, *_ in read(data)] == ["app/x"]


def record(key: str, value: str) -> bytes:
    bare = f" {key}={value}\n"
    size = len(bare) + 2
    return f"{size}{bare}".encode()


CHAIN = extended(tarfile.GNUTYPE_LONGNAME, b"name\0")
# Each of these took all memory, all time, or ended in a traceback.
HOSTILE = {
    "a name without end": [header(tarfile.GNUTYPE_LONGNAME, 900 * MIB), *[bytes(MIB)] * 64],
    "a link without end": [header(tarfile.GNUTYPE_LONGLINK, 900 * MIB), *[bytes(MIB)] * 64],
    "a pax header without end": [header(tarfile.XHDTYPE, 900 * MIB), *[b"1" * MIB] * 64],
    "a pax header of digits": [extended(tarfile.XHDTYPE, b"1" * MIB)],
    "a name of a megabyte": [extended(tarfile.GNUTYPE_LONGNAME, b"n" * MIB), header(b"0")],
    "names upon names": [CHAIN * 3000, header(tarfile.REGTYPE), END],
    "a pax length of nothing": [extended(tarfile.XHDTYPE, b"0 path=x\n"), header(b"0"), END],
    "a pax length too long": [extended(tarfile.XHDTYPE, b"99 path=x\n"), header(b"0"), END],
    "a size below nothing": [extended(tarfile.XHDTYPE, record("size", "-1024")), header(b"0"), END],
    "a size in many digits": [extended(tarfile.XHDTYPE, record("size", "9" * 60)), header(b"0")],
    "a size beyond all": [header(tarfile.REGTYPE)[:124] + b"\x80" + b"\xff" * 11],
    "an owner that is none": [extended(tarfile.XHDTYPE, record("uid", "root")), header(b"0"), END],
    "content that is missing": [header(tarfile.REGTYPE, 5000), b"short"],
    "holes without end": [header(tarfile.GNUTYPE_SPARSE)[:482] + b"\x01" + bytes(29)],
}


def layer(pieces: Iterable[bytes]) -> tuple[Descriptor, bytes]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join([*map(packer.compress, pieces), packer.flush()])
    return Descriptor.of(data, f"{OCI_LAYER}+gzip"), data


def owners(pieces: Iterable[bytes]) -> object:
    descriptor, data = layer(pieces)
    return ancestors.find(["app"], [descriptor], lambda _: source.in_memory(data))


def packages(pieces: Iterable[bytes]) -> object:
    descriptor, data = layer(pieces)

    class Base:
        def blob(self, digest: str) -> source.Stream:
            return source.in_memory(data)

        def manifest(self, reference: str) -> source.Fetched:
            raise AssertionError(reference)

    return inventory.take(Base(), [descriptor], "/usr/bin")


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("look", [owners, packages])
def test_a_hostile_layer_is_named_at_once_in_little_memory(
    look: Callable[[Iterable[bytes]], object], what: str
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput, match="the base's layer sha256:"):
            look(HOSTILE[what])
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_archive_on_disk_is_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "base.tar").write_bytes(b"".join(HOSTILE[what]))
    with pytest.raises(Damaged):
        inplace.Files(tmp_path / "base.tar")


def test_entries_without_number_are_looked_through_up_to_a_limit_and_none_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    budget = unpacking.Budget(packed=MIB, unpacked=64 * MIB, entries=20_000)
    data = gzip.compress(header(tarfile.REGTYPE) * 30_000)
    tracemalloc.start()
    try:
        with pytest.raises(unpacking.Unreadable, match="too many entries"):
            for _ in unpacking.look(io.BytesIO(data), budget):
                pass
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()
