"""checkov in an environment of its own: it pins the versions of half a hundred packages.

The environment lies in `.cache/checkov` under a name that changes with all that goes into it.
`checkov.txt` is made of `checkov.in`:

    uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \\
        --output-file tests/standards/checkov.txt tests/standards/checkov.in
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.standards.documents import Documents

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "checkov"
LOCK = HERE / "checkov.txt"
_SECONDS = 300
# Nothing is asked of, or told to, anybody on the network.
_OFFLINE = ("--skip-download",)


class Missing(Exception):
    """The environment cannot be made, and what was said."""


class Failed(Exception):
    """A command did not work, and what it said."""


def environment() -> Path:
    """Make the environment unless it is there; where it lies."""
    content = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()[:16]
    made = CACHE / content
    if made.is_dir():
        return made
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        raise Missing("there is no uv: make test installs it")
    # Former ones, and one that was interrupted.
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    work = CACHE / "unfinished"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    try:
        _run(uv, "venv", "--quiet", "--relocatable", "--python", python, work)
        _run(
            *(uv, "pip", "install", "--quiet", "--python", work / "bin" / "python"),
            *("--require-hashes", "--no-deps", "--requirement", LOCK),
        )
    except Failed as failed:
        raise Missing(f"checkov cannot be installed: {failed}") from None
    work.rename(made)
    return made


def failures(releases: Mapping[str, Documents], folder: Path) -> dict[str, set[str]]:
    """What checkov finds: release → "CKV_… Kind/name". All in one process: it starts slowly."""
    for release, documents in releases.items():
        for name, document in documents.items():
            path = folder / release / f"{name.replace('/', '-')}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document), "utf-8")
    found: dict[str, set[str]] = defaultdict(set)
    for check in _report(folder)["results"]["failed_checks"]:
        release, file = Path(check["file_path"].lstrip("/")).parts
        found[release].add(f"{check['check_id']} {Path(file).stem}")
    return found


def _report(folder: Path) -> dict[str, Any]:
    command = (
        environment() / "bin" / "checkov",
        "--directory",
        folder,
        "--framework",
        "kubernetes",
    )
    printed = _run(*command, "--output", "json", "--quiet", "--soft-fail", *_OFFLINE)
    report: dict[str, Any] = json.loads(printed)
    assert report["summary"]["parsing_errors"] == 0
    return report


def _run(*command: str | Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        [str(word) for word in command],
        env={**os.environ, "LOG_LEVEL": "ERROR", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise Failed(f"{command[0]} ended with {done.returncode}: {done.stderr[-300:]}")
    return done.stdout
