"""`--check`: the image is asked to load every component before anything is written."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chartgen.release import write
from chartgen.report import IMAGE_FOLDER

if TYPE_CHECKING:
    from chartgen.image.access import Access
    from chartgen.release import Release
    from chartgen.watcher import Watcher


def check(release: Release, access: Access, watcher: Watcher) -> None:
    """Have the image of a release that is not written yet load every component of every flow.

    Where an engine has built the image, it has done so already. Raises InvalidInput that lists
    what cannot be loaded, Unavailable when no engine answers.
    """
    if not release.image or release.image.builder != "oci":
        return
    # Slow to import, and most runs are not asked to check.
    from chartgen import local

    folders = {name: one for name, one in release.folders.items() if name.endswith(IMAGE_FOLDER)}
    with tempfile.TemporaryDirectory() as scratch:
        write(replace(release, folders=folders), Path(scratch))
        local.check(Path(scratch) / release.report_file, access, watcher)
