"""The command line as users run it: a process of its own, in an environment without surprises."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "flows"
CACHE = ROOT / ".cache"
SECONDS = 600

Result = subprocess.CompletedProcess[str]


def chartgen(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
    python: str | Path = sys.executable,
) -> Result:
    """Run `python -m chartgen` in a folder."""
    return run(python, "-m", "chartgen", *arguments, cwd=cwd, env=env, umask=umask)


def run(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    umask: int = -1,
) -> Result:
    """Run a command; what the caller's environment says to Python and chartgen is left out."""
    return subprocess.run(  # noqa: S603 - the tests' own arguments, and no shell
        [str(argument) for argument in arguments],
        cwd=cwd,
        env={**_environment(), **(env or {})},
        umask=umask,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )


def _environment() -> dict[str, str]:
    told = ("CHARTGEN_", "PYTHON", "SOURCE_DATE_EPOCH", "HELM_", "KUBE", "NO_COLOR")
    return {name: value for name, value in os.environ.items() if not name.startswith(told)}


def listing(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Everything under a folder: path → mode as `ls` shows it, and content of files."""
    return {
        path.relative_to(folder).as_posix(): (
            stat.filemode(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
