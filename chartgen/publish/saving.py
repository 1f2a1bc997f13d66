"""A release's image as one file, for machines that reach no registry."""

from __future__ import annotations

import platform as machine
from dataclasses import dataclass
from pathlib import Path

from chartgen import report, tree
from chartgen.errors import Unavailable
from chartgen.image import bases
from chartgen.image.access import Access
from chartgen.oci import archive
from chartgen.publish import made
from chartgen.publish.sending import Patient, counted
from chartgen.watcher import Watcher

# What images call the processors that operating systems name otherwise.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class Saved:
    """A file that holds a whole image; `platform` is the one that `docker load` takes."""

    file: Path
    reference: str
    digest: str
    platform: str
    size: int


def save(
    file: Path, access: Access, watcher: Watcher, *, platform: str = "", to: Path | None = None
) -> Saved:
    """Write the image of a release, its base included, as one archive.

    `file` is the release's report, and `access` how the base's registry is reached. The archive
    is an OCI layout of all the image's platforms and what `docker load` takes of one: of
    `platform`, or this machine's, or the first. It lies beside the report unless `to` says
    where, and is only there when it is whole; the same release gives the same bytes.

    Raises InvalidInput when there is no such image, Unavailable when its base cannot be had or
    the file cannot be written.
    """
    one = made.of(report.read(file), file.parent)
    image = one.read()
    here = machine.machine().lower()
    chosen = made.choose(image, platform, _ARCHITECTURES.get(here, here))
    stem = one.folder.name.removesuffix(report.IMAGE_FOLDER)
    path = to or one.folder.with_name(stem + report.IMAGE_ARCHIVE)
    watcher.step(f"saving {path}")
    with bases.opened(one.base, connect=access.connect) as base:
        whole = archive.stream(image, Patient(inner=base.source), one.name, chosen)
        try:
            with tree.writing(path) as out:
                for piece in counted(whole, watcher):
                    out.write(piece)
        except OSError as fault:
            reason = (fault.strerror or type(fault).__name__).lower()
            raise Unavailable(f"{path} cannot be written: {reason}") from fault
    return Saved(
        file=path,
        reference=f"{one.name.repository}:{one.name.tag}",
        digest=one.name.digest,
        platform=str(chosen),
        size=whole.size,
    )
