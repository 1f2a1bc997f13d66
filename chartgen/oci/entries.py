"""The entries of a tar archive, one header after the other, in little memory.

`tarfile` keeps every entry, and reads headers of any length whole and with expressions that can
take for ever: so a kilobyte of gzip takes all memory or all time. Here it reads single blocks.
Sources: POSIX.1-2001 (pax), and GNU tar's manual ("Basic Tar Format").
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator

from chartgen.oci.source import Stream

BLOCK = tarfile.BLOCKSIZE
# What Go's archive/tar, and so every engine, takes for a header that extends another one.
LONGEST = 1024 * 1024
LARGEST = 1 << 62
PIECE = 1024 * 1024
# What Linux takes for a path.
LONGEST_PATH = 4096
# GNU's two and pax's one may stand in front of an entry together, and seldom do.
MOST_EXTENSIONS = 4
_GLOBAL, _PAX = tarfile.XGLTYPE, tarfile.XHDTYPE
_NAME, _LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
# Nothing stands behind the header of one of these, whatever size it gives.
_BARE = frozenset(
    {
        *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE),
        *(tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE),
    }
)
# A sparse file's own name stands in a record of its own (GNU tar, "PAX Format, Version 1.0").
_KEPT = frozenset({"path", "linkpath", "size", "uid", "gid", "GNU.sparse.name"})
# An old sparse entry: this byte says whether a block follows that tells of more holes.
_MORE_HOLES, _STILL_MORE = 482, 504


class Damaged(Exception):
    """What is read is no archive, or a broken one."""


def read(
    stream: Stream, skip: Callable[[int], object] | None = None
) -> Iterator[tuple[tarfile.TarInfo, int]]:
    """Each entry, and the place where its content begins; contents are passed over.

    `skip` moves on by some bytes without reading them, where the stream can. Raises Damaged.
    Global headers are not applied, as engines do not apply them either.
    """
    place, count, extended = 0, 0, dict[str, str]()
    while block := _exactly(stream, BLOCK, empty=place > 0):
        place += BLOCK
        if not any(block):
            return
        entry = _entry(block)
        if entry.type in (_PAX, _NAME, _LINK):
            count += 1
            if count > MOST_EXTENSIONS:
                raise Damaged("an entry with too many headers")
            extended |= _extension(entry, stream)
        else:
            if entry.type != _GLOBAL:
                _extend(entry, extended)
                place += _holes(entry, block, stream)
                yield entry, place
                count, extended = 0, {}
            _pass_over(stream, entry.size, skip)
        place += _padded(entry.size)


def _entry(block: bytes) -> tarfile.TarInfo:
    try:
        entry = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as fault:
        raise Damaged(f"this is no tar archive, or a damaged one ({fault})") from None
    if entry.type in _BARE:
        entry.size = 0
    if not 0 <= entry.size < LARGEST:
        raise Damaged("an entry of an impossible size")
    return entry


def _extension(entry: tarfile.TarInfo, stream: Stream) -> dict[str, str]:
    """What a header says of the entry behind it, by pax's names."""
    if entry.size > LONGEST:
        raise Damaged(f"a header of {entry.size} bytes")
    data = _exactly(stream, _padded(entry.size))[: entry.size]
    if entry.type == _PAX:
        return dict(_records(data))
    text = data.partition(b"\0")[0].decode("utf-8", "surrogateescape")
    return {"path" if entry.type == _NAME else "linkpath": text}


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """The records of a pax header: `LENGTH KEY=VALUE` and a line feed, the length of all that."""
    place = 0
    while place < len(data) and data[place]:
        digits, space, _ = data[place : place + 20].partition(b" ")
        if not space or not digits.isdigit():
            raise Damaged("a pax header without lengths")
        end = place + int(digits)
        key, equals, value = data[place + len(digits) + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise Damaged("a pax header whose lengths are wrong")
        if (name := key.decode("utf-8", "replace")) in _KEPT:
            yield name, value.decode("utf-8", "surrogateescape")
        place = end


def _extend(entry: tarfile.TarInfo, extended: dict[str, str]) -> None:
    name = extended.get("GNU.sparse.name", extended.get("path"))
    if name is not None:
        entry.name = name.rstrip("/")
    if len(entry.name) > LONGEST_PATH:
        raise Damaged(f"a path of {len(entry.name)} characters")
    entry.linkname = extended.get("linkpath", entry.linkname)
    entry.uid = _number(extended, "uid", entry.uid)
    entry.gid = _number(extended, "gid", entry.gid)
    if entry.type not in _BARE:
        entry.size = _number(extended, "size", entry.size)


def _number(extended: dict[str, str], key: str, default: int) -> int:
    text = extended.get(key)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Damaged(f"a pax header whose {key} is no number")
    return int(text)


def _holes(entry: tarfile.TarInfo, block: bytes, stream: Stream) -> int:
    """Pass over the blocks that tell of a sparse file's holes; how many bytes these are."""
    count, more = 0, entry.type == tarfile.GNUTYPE_SPARSE and block[_MORE_HOLES]
    while more:
        more = _exactly(stream, BLOCK)[_STILL_MORE]
        count += BLOCK
    return count


def _pass_over(stream: Stream, size: int, skip: Callable[[int], object] | None) -> None:
    left = _padded(size)
    if skip:
        skip(left)
        return
    while left:
        left -= len(_exactly(stream, min(left, PIECE)))


def _exactly(stream: Stream, size: int, *, empty: bool = False) -> bytes:
    """So many bytes; none at all are fine where an archive may end."""
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    if len(data) < size and (data or not empty) and size:
        raise Damaged("it is cut off")
    return data


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK
