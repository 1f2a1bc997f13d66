"""The layer with our files: one pass over them gives the archive, its digests and its size.

Sources: image-spec `layer.md` ("Distributable Format", "Whiteouts") and `config.md` ("Layer
DiffID").
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from chartgen import tree
from chartgen.errors import InvalidInput
from chartgen.oci import media, packing, tarball
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.packing import Compression
from chartgen.oci.tarball import ROOT_FOLDER, Owner
from chartgen.tree import Tree

WHITEOUT = ".wh."


class Sink(Protocol):
    """What a layer is written to."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A written layer. `diff_id` is the digest of the archive before it was compressed."""

    descriptor: Descriptor
    diff_id: str


def write(
    files: Tree,
    out: Sink,
    *,
    epoch: int,
    folders: Mapping[str, Owner] | None = None,
    compression: Compression = "gzip",
    threads: int = 0,
) -> Layer:
    """Write files as a layer, each read once and one at a time: a lazy mapping is never in memory.

    Every folder above a file gets an entry, because an engine resets one that has none: with
    the owner that `folders` gives (those of the base), else root's. Files belong to root and all
    may read them. `epoch` is the time of every entry.
    """
    unpacked, packed, size = hashlib.sha256(), hashlib.sha256(), 0

    def archive() -> Iterator[bytes]:
        for chunk in _archive(files, folders or {}, epoch):
            unpacked.update(chunk)
            yield chunk

    for chunk in packing.pack(archive(), compression, threads):
        packed.update(chunk)
        size += len(chunk)
        out.write(chunk)
    kind = media.LAYER if compression == "none" else media.LAYER_GZIP
    return Layer(
        descriptor=Descriptor(media_type=kind, digest=f"sha256:{packed.hexdigest()}", size=size),
        diff_id=f"sha256:{unpacked.hexdigest()}",
    )


def parents(files: Tree) -> set[str]:
    """Every folder above a file, each once."""
    above = {parent for path in files for parent in PurePosixPath(path).parents}
    return {unicodedata.normalize("NFC", str(parent)) for parent in above} - {"."}


def _archive(files: Tree, owners: Mapping[str, Owner], epoch: int) -> Iterator[bytes]:
    named = _named(files)
    folders = parents(files)
    # Sorted, a folder stands before all that it holds; code points sort as their UTF-8 does.
    for path in sorted({*named, *folders}):
        if path in folders:
            yield tarball.folder(path, owners.get(path, ROOT_FOLDER), epoch)
        else:
            data = files[named[path]]
            yield tarball.file(path, len(data), epoch)
            yield data
            yield tarball.padding(len(data))
    yield tarball.END


def _named(files: Tree) -> dict[str, str]:
    """The path in the archive → the path in the tree, in one spelling of Unicode."""
    # Only the names: to ask a lazy mapping whether it has a path may read the file.
    tree.check(dict.fromkeys(files))
    named: dict[str, str] = {}
    for path in files:
        name = unicodedata.normalize("NFC", path)
        if name in named:
            raise InvalidInput(f"two files are called {name!r} in different Unicode spellings")
        if any(part.startswith(WHITEOUT) for part in name.split("/")):
            raise InvalidInput(f"{path!r} cannot go into an image: there {WHITEOUT} means removal")
        named[name] = path
    tree.check(named)
    return named
