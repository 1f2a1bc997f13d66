"""Trees: folders that are not on disk yet. The only owner of archives and of written folders."""

from __future__ import annotations

import io
import os
import posixpath
import shutil
import stat
import struct
import tarfile
import tempfile
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from chartgen.errors import InvalidInput

Tree = Mapping[str, bytes]
Reader = Callable[[], bytes]

WRITERS = 16

# Written by hand because Python's own header differs between its versions:
# magic, deflate, no flags, no time, no extra flags, unknown system.
GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")


class Lazy(Mapping[str, bytes]):
    """A tree whose files are read when they are asked for, each time anew."""

    def __init__(self, readers: Mapping[str, Reader]) -> None:
        self._readers = dict(readers)

    def __getitem__(self, path: str) -> bytes:
        return self._readers[path]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def __contains__(self, path: object) -> bool:
        # Mapping's own would read the file.
        return path in self._readers


def reader(tree: Mapping[str, bytes], path: str) -> Reader:
    """What reads one file of a tree."""
    return lambda: tree[path]


def read(folder: Path) -> Tree:
    """Read every file under a folder, sorted by path; anything but a regular file is refused."""
    found: dict[str, bytes] = {}
    for file in _walk(folder):
        path = unicodedata.normalize("NFC", file.relative_to(folder).as_posix())
        if path in found:
            raise InvalidInput(f"two files are called {path!r} in different Unicode spellings")
        found[path] = file.read_bytes()
    check(found)
    return dict(sorted(found.items()))


def _walk(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        mode = entry.lstat().st_mode
        if stat.S_ISDIR(mode):
            yield from _walk(entry)
        elif stat.S_ISREG(mode):
            yield entry
        else:
            raise InvalidInput(f"{entry} is not a regular file (links are not followed)")


def merge(*trees: Tree) -> Tree:
    """Lay trees on top of each other, unread; a path that two of them hold is an error."""
    merged: dict[str, Reader] = {}
    for part in trees:
        for path in part:
            if path in merged:
                raise InvalidInput(f"{path!r} would be written twice")
            merged[path] = reader(part, path)
    check(merged)
    return Lazy(dict(sorted(merged.items())))


def tar(tree: Tree, epoch: int, *, prefix: str = "", first: str = "") -> bytes:
    """Pack a tree as a tar archive whose bytes depend on nothing but the arguments.

    `prefix` is the folder that all paths are put into, `first` the path that leads.
    """
    check(tree)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(tree, key=lambda path: (path != first, path.encode())):
            entry = tarfile.TarInfo(posixpath.join(prefix, path))
            entry.size, entry.mode, entry.mtime = len(tree[path]), 0o644, epoch
            archive.addfile(entry, io.BytesIO(tree[path]))
    return buffer.getvalue()


def tgz(tree: Tree, prefix: str, epoch: int, *, first: str = "") -> bytes:
    """Pack a tree as a gzipped tar archive, byte for byte the same on every machine."""
    data = tar(tree, epoch, prefix=prefix, first=first)
    return GZIP_HEADER + deflate(data, level=6) + gzip_end(zlib.crc32(data), len(data))


def deflate(block: bytes, *, level: int, before: bytes = b"", last: bool = True) -> bytes:
    """A part of a deflate stream (RFC 1951) that ends on a byte and may look back at `before`."""
    packer = zlib.compressobj(
        level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, before
    )
    return packer.compress(block) + packer.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def gzip_end(checksum: int, size: int) -> bytes:
    """What closes a gzip stream (RFC 1952, 2.3.1): CRC-32 and size of the content."""
    return struct.pack("<LL", checksum, size & 0xFFFFFFFF)


def write(tree: Tree, folder: Path) -> None:
    """Write a tree as a folder: the old one stands until the new one is complete."""
    check(tree)
    with replacing(folder) as fresh:
        _fill(fresh, tree)


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of `folder` when all went well."""
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InvalidInput(f"{folder} exists and is not a folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        yield fresh
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_file(path: Path, data: bytes) -> None:
    """Write one file: whoever looks sees the old content or the new, never a part."""
    with writing(path) as file:
        file.write(data)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when all went well."""
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            _settle(file)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)


def _fill(root: Path, tree: Tree) -> None:
    parents = {root / parent for path in tree for parent in PurePosixPath(path).parents}
    for folder in sorted(parents | {root}):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)

    def write_one(path: str) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        _write_out(os.open(root / path, flags, 0o644), tree[path])

    # A disk settles many files at once in little more time than one.
    with ThreadPoolExecutor(WRITERS) as pool:
        for _ in pool.map(write_one, tree):
            pass
    for folder in parents | {root}:
        sync(folder)


def _write_out(handle: int, data: bytes) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        _settle(file)


def _settle(file: BinaryIO) -> None:
    file.flush()
    # The umask has had its say when the file was made; this is the mode that is meant.
    os.fchmod(file.fileno(), 0o644)
    os.fsync(file.fileno())


def _swap(fresh: Path, folder: Path) -> None:
    """Put `fresh` in the place of `folder`; an old folder is moved aside first, then removed."""
    if not folder.exists():
        fresh.rename(folder)
        sync(folder.parent)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        folder.rename(aside)
        try:
            fresh.rename(folder)
        except BaseException:
            aside.rename(folder)
            raise
        sync(folder.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def sync(folder: Path) -> None:
    """Wait until the disk has what a folder lists."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check(tree: Collection[str]) -> None:
    """Refuse every path that could leave its folder or mean two things on two systems."""
    for path in tree:
        relative = bool(path) and path == posixpath.normpath(path) and not path.startswith("/")
        parts = path.split("/")
        if not relative or path == "." or ".." in parts or "\0" in path or "\\" in path:
            raise InvalidInput(f"{path!r} is not a plain relative path")
        try:
            path.encode()
        except UnicodeEncodeError:
            raise InvalidInput(f"{path!r} is not valid Unicode") from None
        for parent in PurePosixPath(path).parents:
            if str(parent) in tree:
                raise InvalidInput(f"{str(parent)!r} cannot be both a file and a folder")
