"""Who the folders above our files belong to in the base.

A layer that holds `app/flows/x` and not `app` resets `/app` to root's on engines that lay layers
over each other, and one that holds `app` sets it: so it is looked up in the base's layers, from
the top (image-spec `layer.md`, "Changeset over existing files" and "Whiteouts").
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from chartgen.errors import InvalidInput
from chartgen.model import Finding
from chartgen.oci import layer, unpacking
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.entries import Damaged
from chartgen.oci.source import Stream
from chartgen.oci.tarball import ROOT_FOLDER, Owner
from chartgen.oci.unpacking import Budget, Unreadable
from chartgen.tree import Tree

# What is read of a base's layers, compressed, before we stop looking: it comes over a network.
MOST_READ = 32 * 1024 * 1024
# And unpacked, because 32 MiB of gzip can hold 32 GiB.
MOST_UNPACKED = 1024 * 1024 * 1024
_OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True, kw_only=True)
class Ancestors:
    """The owner of every folder that was looked for, and what could not be found out."""

    owners: Mapping[str, Owner]
    findings: tuple[Finding, ...] = ()


@dataclass
class _Search:
    sought: set[str]
    found: dict[str, Owner] = field(default_factory=dict)


def wanted(files: Tree, own: Iterable[str]) -> frozenset[str]:
    """The folders above our files that may be the base's: those outside of our own folders."""
    ours = {PurePosixPath(path) for path in own}
    return frozenset(
        path
        for path in layer.parents(files)
        if not ours.intersection({PurePosixPath(path), *PurePosixPath(path).parents})
    )


def find(
    paths: Collection[str],
    layers: Iterable[Descriptor],
    open_layer: Callable[[Descriptor], Stream],
    *,
    limit: int = MOST_READ,
) -> Ancestors:
    """Look for folders in a base's layers (bottom first, as a manifest lists them).

    A folder that the base does not have is root's. One that cannot be found out within the
    limit is taken to be root's too, and a finding says so. Raises InvalidInput when the base
    has something else in a folder's place.
    """
    search = _Search(sought=set(paths))
    budget = Budget(packed=limit, unpacked=MOST_UNPACKED)
    findings: tuple[Finding, ...] = ()
    for descriptor in reversed(list(layers)):
        if not search.sought:
            break
        try:
            if descriptor.foreign:
                raise Unreadable("a layer of the base may not be distributed")
            with closing(open_layer(descriptor)) as stream:
                _look(search, stream, budget)
        except Damaged as fault:
            raise InvalidInput(
                f"the base's layer {descriptor.digest} is damaged: {fault}"
            ) from fault
        except Unreadable as fault:
            findings = (_unknown(search.sought, str(fault)),)
            break
    return Ancestors(
        owners={path: search.found.get(path, ROOT_FOLDER) for path in sorted(paths)},
        findings=findings,
    )


def _look(search: _Search, stream: Stream, budget: Budget) -> None:
    """Look through one layer, to its end unless all was found before.

    A layer holds no path twice, and what it hides is hidden below it only.
    """
    hidden: set[str] = set()
    for entry in unpacking.look(stream, budget):
        path = "/".join(part for part in entry.name.split("/") if part not in {"", "."})
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            hidden |= {one for one in search.sought if not folder or _under(one, folder)}
        elif name.startswith(layer.WHITEOUT):
            gone = f"{folder}/".lstrip("/") + name.removeprefix(layer.WHITEOUT)
            hidden |= {one for one in search.sought if one == gone or _under(one, gone)}
        elif path in search.sought:
            search.found[path] = _owner(entry, path)
            search.sought.remove(path)
            if not search.sought:
                return
    search.sought -= hidden


def _under(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")


def _owner(entry: tarfile.TarInfo, path: str) -> Owner:
    if entry.issym():
        raise InvalidInput(
            f"/{path} is a link to {entry.linkname} in the base: a layer cannot put files behind it"
        )
    if not entry.isdir():
        raise InvalidInput(f"/{path} is no folder in the base: files cannot be put into it")
    return Owner(uid=entry.uid, gid=entry.gid, mode=entry.mode & 0o7777)


def _unknown(paths: Collection[str], reason: str) -> Finding:
    names = ", ".join(f"/{path}" for path in sorted(paths))
    return Finding(
        level="warning",
        code="unknown-owner",
        message=f"it is not known who {names} belongs to in the base: {reason}; in the image it "
        "will be root's, with mode 755",
        fix="if the runtime writes there, take --builder docker",
    )
