"""Langflow's runtime base as the tests use it: how it is made, and where it lies once it is there.

`make runtime-base` runs this. The image is made from Debian and the Python package index alone
and is shaped like the official one: the same user, folders, port and PATH. It is for tests;
whoever deploys takes the official base.

What it prints is an OCI layout: `--base oci-layout:PATH` for chartgen, and for an engine
`skopeo copy oci:PATH:1.13.0 docker-daemon:NAME:TAG`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chartgen.image.uv import SETTINGS
from tests.runtime import layout

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache" / "runtime-base"
PROFILES = ("base", "full")
TAG = "1.13.0"

DEBIAN = "bookworm"
MIRROR = "http://deb.debian.org/debian"
# libpq: the official image has it, too, and `psycopg` talks to PostgreSQL through it.
PACKAGES = "python3,ca-certificates,libpq5"
PYTHON = "3.11"
PLATFORM = "x86_64-manylinux_2_36"

ENVIRONMENT = "app/.venv"
LIBRARY = f"{ENVIRONMENT}/lib/python{PYTHON}/site-packages"
DATA = "app/data"
USER = "user:x:1000:0:Langflow:/app/data:/usr/sbin/nologin\n"
# Nothing that a server reads.
WASTE = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")


class Failed(Exception):
    """A step that did not work, and what it said."""


def folder(profile: str = "base") -> Path:
    """Where the layout of a profile lies. The name changes with all that goes into it."""
    content = hashlib.sha256()
    for file in (HERE / "base.py", HERE / "layout.py", lock(profile)):
        content.update(file.read_bytes())
    return CACHE / f"{profile}-{content.hexdigest()[:16]}"


def lock(profile: str) -> Path:
    """Every Python package of a profile with its version and hashes.

    It is made with `uv pip compile --python-version 3.11 --python-platform
    x86_64-manylinux_2_36 --generate-hashes --no-annotate base.in --output-file base.txt`.
    """
    return HERE / "locks" / f"{profile}.txt"


def build(profile: str) -> Path:
    """Make the layout of a profile unless it is there."""
    made = folder(profile)
    if made.is_dir():
        return made
    CACHE.mkdir(parents=True, exist_ok=True)
    # A build that was interrupted leaves only this, and the next one removes it.
    work = CACHE / f".{profile}-unfinished"
    shutil.rmtree(work, ignore_errors=True)
    root = work / "root"
    with _step("Debian with Python"):
        _debian(root)
    with _step("Langflow"):
        _langflow(root, lock(profile))
    with _step("its byte code"):
        _compile(root)
    with _step("the layers"):
        layout.write(root, work / "layout", tag=TAG)
    for former in CACHE.glob(f"{profile}-*"):
        shutil.rmtree(former)
    (work / "layout").rename(made)
    shutil.rmtree(work)
    return made


def _debian(root: Path) -> None:
    if os.geteuid() != 0:
        raise Failed("debootstrap needs root: sudo make runtime-base")
    if shutil.which("debootstrap") is None:
        raise Failed("there is no debootstrap: apt-get install debootstrap")
    options = ("--variant=minbase", f"--include={PACKAGES}")
    mirror = os.environ.get("DEBIAN_MIRROR", MIRROR)
    # What it mounts is nobody else's, and gone with it: an unfinished build can be removed.
    _run("unshare", "--mount", "debootstrap", *options, DEBIAN, root, mirror)
    for path in WASTE:
        shutil.rmtree(root / path)
    with (root / "etc/passwd").open("a", encoding="utf-8") as users:
        users.write(USER)
    (root / DATA).mkdir(parents=True)


def _langflow(root: Path, packages: Path) -> None:
    _run("chroot", root, "/usr/bin/python3", "-m", "venv", "--without-pip", f"/{ENVIRONMENT}")
    uv = Path(sys.executable).with_name("uv")
    _run(
        *(uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps"),
        *("--python", sys.executable),  # for what there is no wheel of, and that is pure Python
        *("--python-version", PYTHON, "--python-platform", PLATFORM, "--link-mode", "copy"),
        *("--target", root / LIBRARY, "--requirements", packages),
        env=SETTINGS,
    )
    # Commands that name this machine's Python; `python -m` starts everything.
    shutil.rmtree(root / LIBRARY / "bin")


def _compile(root: Path) -> None:
    # A container with a read-only root can write none. Python must not compare times: in the
    # layers all files have the same.
    compiling = ("-m", "compileall", "-qq", "-j", "0", "--invalidation-mode", "unchecked-hash")
    said = {"PYTHONWARNINGS": "ignore"}
    _run("chroot", root, f"/{ENVIRONMENT}/bin/python", *compiling, f"/{LIBRARY}", env=said)


def _run(*command: str | Path, env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        [str(part) for part in command],
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        said = "\n".join(done.stdout.splitlines()[-20:])
        raise Failed(f"{command[0]} ended with {done.returncode}:\n{said}")


@contextmanager
def _step(name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)  # noqa: T201


def main() -> None:
    """Make what the arguments name, and print where it is."""
    for profile in sys.argv[1:] or PROFILES[:1]:
        if profile not in PROFILES:
            raise SystemExit(f"there is no profile {profile}: choose one of {', '.join(PROFILES)}")
        try:
            print(build(profile))  # noqa: T201
        except Failed as fault:
            raise SystemExit(str(fault)) from None


if __name__ == "__main__":
    main()
