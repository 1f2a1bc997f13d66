"""A release that is not on disk yet, and how it gets there: the old one, none, or the new one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chartgen import destination, report, tree
from chartgen.errors import InvalidInput, Unavailable
from chartgen.model import App, Chart, ImageRef
from chartgen.tree import Tree

REPORT = ".release.json"
CONTEXT = ".context"


@dataclass(frozen=True, kw_only=True)
class Image:
    """The image of a run: its reference, its id once built, and the reason if it was not.

    An image that was named by its digest exists already: it has neither id nor reason.
    """

    reference: ImageRef
    id: str = ""
    builder: str = "none"
    reason: str = ""
    layout: Tree = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class Release:
    """Everything that a run makes, still in memory: path under the destination → content."""

    app: App
    report: Mapping[str, Any]
    files: Mapping[str, bytes]
    folders: Mapping[str, Tree]
    image: Image | None = None
    chart: Chart | None = None

    @property
    def report_file(self) -> str:
        """The name of the report among the files; a release that is a chart alone has none."""
        return next(name for name in self.files if name.endswith(REPORT))

    def paths(self) -> tuple[str, ...]:
        """Every file that `write` writes, relative to the destination, sorted."""
        inside = [f"{folder}/{path}" for folder, files in self.folders.items() for path in files]
        return tuple(sorted([*self.files, *inside]))


def write(release: Release, folder: Path) -> None:
    """Write a release: whoever looks finds the old one, none, or the whole new one.

    All of it is on disk before the old one is touched. The report goes first and comes last:
    where one stands, all that it names stands too.
    """
    try:
        with destination.stage(folder) as stage:
            for name, content in release.folders.items():
                _refuse(folder / name, not (folder / name).is_dir())
                tree.write(content, stage / name)
            for name, data in release.files.items():
                _refuse(folder / name, (folder / name).is_dir())
                tree.write_file(stage / name, data)
            _replace(release, stage, folder)
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise Unavailable(f"{folder} cannot be written to: {reason}") from fault


def _refuse(place: Path, is_other: bool) -> None:
    """Raise InvalidInput when somebody else's file or folder is in the place of ours."""
    if os.path.lexists(place) and (is_other or place.is_symlink()):
        raise InvalidInput(f"{place} is in the way: remove it, or name another destination")


def _replace(release: Release, stage: Path, folder: Path) -> None:
    """Move a release that is complete to its place."""
    files = sorted(release.files, key=lambda name: name.endswith(REPORT))
    for name in files:
        if name.endswith(REPORT):
            (folder / name).unlink(missing_ok=True)
            _clear(folder / name.removesuffix(REPORT), release, stage)
    tree.sync(folder)
    for name in (*release.folders, *files):
        if name.endswith(REPORT):
            tree.sync(folder)
        destination.put(stage / name, folder / name, aside=stage / f"{name}.old")
    tree.sync(folder)


def _clear(stem: Path, release: Release, stage: Path) -> None:
    """Take away what a release before this one has made and this one has not: it would be wrong."""
    made = stem.with_name(stem.name + report.IMAGE_FOLDER)
    if made.name not in release.folders and made.is_dir() and not made.is_symlink():
        made.rename(stage / made.name)
    stem.with_name(stem.name + report.IMAGE_ARCHIVE).unlink(missing_ok=True)
