"""Tar archives as a stream: headers and padding, the same on every machine (POSIX.1-2001, pax)."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass

BLOCK = tarfile.BLOCKSIZE
# Two empty blocks end an archive; tarfile would pad it to twenty.
END = bytes(2 * BLOCK)


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Who a file belongs to, and what may be done with it."""

    uid: int = 0
    gid: int = 0
    mode: int = 0o755


ROOT_FOLDER = Owner()
ROOT_FILE = Owner(mode=0o644)


def folder(path: str, owner: Owner, epoch: int) -> bytes:
    """The entry of a folder."""
    return _header(tarfile.DIRTYPE, path, 0, owner, epoch)


def file(path: str, size: int, epoch: int) -> bytes:
    """What stands before the content of a file that all may read and root alone may write."""
    return _header(tarfile.REGTYPE, path, size, ROOT_FILE, epoch)


def padding(size: int) -> bytes:
    """What stands behind the content of a file."""
    return bytes(-size % BLOCK)


def _header(kind: bytes, path: str, size: int, owner: Owner, epoch: int) -> bytes:
    entry = tarfile.TarInfo(path)
    entry.type, entry.size, entry.mtime = kind, size, epoch
    entry.uid, entry.gid, entry.mode = owner.uid, owner.gid, owner.mode
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
