from __future__ import annotations

import gzip
import hashlib
import io
import random
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chartgen import tree
from chartgen.errors import InvalidInput
from chartgen.oci import layer, packing
from chartgen.oci.layer import Layer
from chartgen.oci.packing import Compression
from chartgen.oci.tarball import Owner
from tests.oci_base import digest, unpacked

FILES = {
    "app/flows/b.json": b'{"b": 1}\n' * 50_000,
    "app/flows/a.json": b"{}\n",
    "app/flows-of-others.txt": b"",
    "app/chartgen/start.py": b"import os\n",
}
EPOCH = 1_700_000_000
# What the layer unpacks to must never change unnoticed: every image's digest would.
GOLDEN = "sha256:9f2d7e319890cbb87a40a7054a565af5ab0e74ff74a39220e4ae2a2453118567"
GOLDEN_GZIP = "sha256:5fac07a031374f8b98c46b835ce24c9766d157be7de16ebfc38a7ccececff96c"
GOLDEN_STORED = "sha256:0bc6498930af1f78f2ece1a162852aba76ed138a20c6e20a2c8daff3be787b1d"


def written(
    files: Mapping[str, bytes],
    compression: Compression = "gzip",
    folders: Mapping[str, Owner] | None = None,
    threads: int = 0,
) -> tuple[Layer, bytes]:
    out = io.BytesIO()
    made = layer.write(
        files, out, epoch=EPOCH, folders=folders, compression=compression, threads=threads
    )
    return made, out.getvalue()


def test_what_a_layer_unpacks_to_is_golden() -> None:
    assert written(FILES)[0].diff_id == GOLDEN


@pytest.mark.skipif(
    not zlib.ZLIB_RUNTIME_VERSION.startswith("1.") or "ng" in zlib.ZLIB_RUNTIME_VERSION,
    reason="only the plain zlib gives these bytes",
)
def test_what_a_layer_is_compressed_to_is_golden_with_the_plain_zlib() -> None:
    assert written(FILES)[0].descriptor.digest == GOLDEN_GZIP


def test_stored_and_plain_layers_are_golden_with_every_zlib() -> None:
    assert written(FILES, "stored")[0].descriptor.digest == GOLDEN_STORED
    plain = written(FILES, "none")[0]
    assert plain.descriptor.digest == plain.diff_id == GOLDEN


def test_digests_and_size_are_those_of_the_bytes() -> None:
    made, data = written(FILES)
    assert made.descriptor.digest == digest(data)
    assert made.descriptor.size == len(data)
    assert made.diff_id == digest(gzip.decompress(data))


def test_order_times_and_modes_of_the_files_on_disk_do_not_matter(tmp_path: Path) -> None:
    found = set()
    for number in range(3):
        folder = tmp_path / str(number)
        names = list(FILES)
        random.Random(number).shuffle(names)  # noqa: S311 - an order, not a secret
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(FILES[name])
            path.chmod((0o600, 0o644, 0o777)[number])
        read = tree.read(folder)
        found.add(written({name: read[name] for name in names})[0].descriptor.digest)
    assert len(found) == 1


def test_files_and_our_folders_are_roots_and_readable_by_all() -> None:
    entries = unpacked(written(FILES)[1])
    for entry in entries.values():
        assert (entry.uid, entry.gid, entry.uname, entry.gname) == (0, 0, "", "")
        assert (entry.mode, entry.mtime) == (0o755 if entry.isdir() else 0o644, EPOCH)


def test_every_folder_stands_once_before_what_it_holds_sorted_by_bytes() -> None:
    assert list(unpacked(written(FILES)[1])) == [
        "app",
        "app/chartgen",
        "app/chartgen/start.py",
        "app/flows",
        "app/flows-of-others.txt",
        "app/flows/a.json",
        "app/flows/b.json",
    ]


def test_a_folder_of_the_base_keeps_its_owner_and_mode() -> None:
    entries = unpacked(written(FILES, folders={"app": Owner(uid=1000, gid=7, mode=0o2775)})[1])
    assert (entries["app"].uid, entries["app"].gid, entries["app"].mode) == (1000, 7, 0o2775)
    assert (entries["app/flows"].uid, entries["app/flows"].mode) == (0, 0o755)


def test_names_are_written_in_one_unicode_spelling() -> None:
    decomposed, composed = "app/u\u0308.json", "app/\u00fc.json"
    assert written({decomposed: b""})[0] == written({composed: b""})[0]
    with pytest.raises(InvalidInput, match="different Unicode spellings"):
        written({decomposed: b"", composed: b""})


def test_a_long_foreign_name_survives() -> None:
    name = "app/" + "ü" * 200 + "/" + "日" * 80 + ".json"
    assert name in unpacked(written({name: b"1"})[1])


@pytest.mark.parametrize("path", ["../up", "/abs", "app/.wh.flows", ".wh..wh..opq", "a//b"])
def test_a_path_that_would_do_something_else_in_an_image_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput):
        written({path: b""})


def test_a_path_cannot_be_file_and_folder() -> None:
    with pytest.raises(InvalidInput, match="both a file and a folder"):
        written({"app": b"", "app/x": b""})


def test_a_file_is_read_once_and_one_at_a_time() -> None:
    read: list[str] = []

    class Lazy(Mapping[str, bytes]):
        def __getitem__(self, path: str) -> bytes:
            read.append(path)
            return FILES[path]

        def __iter__(self) -> Iterator[str]:
            return iter(FILES)

        def __len__(self) -> int:
            return len(FILES)

    assert written(Lazy())[0] == written(FILES)[0]
    assert sorted(read) == sorted(FILES)


def test_an_empty_tree_is_an_empty_archive() -> None:
    made, data = written({})
    assert gzip.decompress(data) == bytes(1024)
    assert made.diff_id == f"sha256:{hashlib.sha256(bytes(1024)).hexdigest()}"


def noise(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311 - incompressible, not secret


SIZES = (0, 1, packing.BLOCK - 1, packing.BLOCK, packing.BLOCK + 1, 0xFFFF * 2, 700_001)


@pytest.mark.parametrize("compression", ["gzip", "small", "stored", "none"])
@pytest.mark.parametrize("size", SIZES)
def test_a_compressed_stream_is_read_back(size: int, compression: Compression) -> None:
    data = noise(size)
    packed = b"".join(packing.pack([data], compression))
    assert (packed if compression == "none" else gzip.decompress(packed)) == data


@pytest.mark.parametrize("compression", ["gzip", "small", "stored"])
def test_neither_threads_nor_the_cut_of_a_stream_change_its_bytes(compression: Compression) -> None:
    data = noise(1000) * 700
    cuts = [[data], [data[at : at + 777] for at in range(0, len(data), 777)], [b"", data, b""]]
    found = {
        b"".join(packing.pack(cut, compression, threads)) for cut in cuts for threads in (1, 2, 7)
    }
    assert len(found) == 1


def test_blocks_look_back_into_the_block_before() -> None:
    data = noise(16 * 1024) * 64
    apart = sum(
        len(zlib.compress(data[at : at + packing.BLOCK], 4))
        for at in range(0, len(data), packing.BLOCK)
    )
    assert len(b"".join(packing.pack([data], "gzip"))) < apart / 2


def test_a_header_is_the_same_on_every_python() -> None:
    assert written(FILES)[1][:10] == bytes.fromhex("1f8b08000000000000ff")


def test_a_layer_says_what_it_is() -> None:
    kinds = {kind: written({}, kind)[0].descriptor.media_type for kind in ("gzip", "none")}
    assert kinds == {
        "gzip": "application/vnd.oci.image.layer.v1.tar+gzip",
        "none": "application/vnd.oci.image.layer.v1.tar",
    }


def test_the_archive_ends_with_two_empty_blocks() -> None:
    data = written({"a": b"1"}, "none")[1]
    assert len(data) == 4 * tarfile.BLOCKSIZE
