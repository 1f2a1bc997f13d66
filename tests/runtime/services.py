"""NGINX, PostgreSQL and rclone as one image of Debian's own programs: made in seconds.

It takes the programs of this machine with the libraries that they name, and is started like the
official images: PostgreSQL's entrypoint knows POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.engine import Engine

POSTGRES = Path("/usr/lib/postgresql/15")
# Beside its programs: what it makes a database of, and the hours of the world.
SHARED = (Path("/usr/share/postgresql/15"), Path("/usr/share/zoneinfo"))
PROGRAMS = ("postgres", "initdb", "pg_ctl", "psql", "pg_isready", "pg_dump")
TOOLS = (
    *("sh", "cat", "chown", "date", "head", "id", "ls", "mkdir", "mv", "rm", "sort", "touch"),
    *("wget", "xargs"),
)
NEEDED = {
    "nginx": "nginx-light",
    "rclone": "rclone",
    "setpriv": "util-linux",
    "busybox": "busybox-static",
}
LIBRARY = re.compile(r"(/\S+) \(0x")

ENTRYPOINT = """\
#!/bin/sh
set -eu
if [ "$(id -u)" = 0 ]; then
    mkdir -p "$PGDATA" /run/postgresql
    chown -R postgres:postgres "$PGDATA" /run/postgresql
    exec /usr/bin/setpriv --reuid=postgres --regid=postgres --clear-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    (umask 077 && printf %s "$POSTGRES_PASSWORD" >/tmp/password)
    initdb --auth=scram-sha-256 --username="$POSTGRES_USER" --pwfile=/tmp/password \\
        --encoding=UTF8 --locale=C --no-sync
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start
    PGPASSWORD="$POSTGRES_PASSWORD" psql --username="$POSTGRES_USER" --dbname=postgres \\
        --command="CREATE DATABASE \\"$POSTGRES_DB\\""
    pg_ctl -w stop
fi
exec "$@"
"""
USERS = "root:x:0:0::/:/bin/sh\npostgres:x:999:999::/var/lib/postgresql:/bin/sh\n"
GROUPS = "root:x:0:\npostgres:x:999:\n"
CHANGES = (
    f"ENV PATH={POSTGRES}/bin:/usr/sbin:/usr/bin:/bin",
    "ENV PGDATA=/var/lib/postgresql/data",
    'ENTRYPOINT ["/bin/entrypoint"]',
    # Compiling queries would need LLVM.
    'CMD ["postgres", "-c", "listen_addresses=*", "-c", "jit=off", "-c", "fsync=off"]',
)


def image(engine: Engine) -> str:
    """Make the image in the engine; whoever asked removes it. Skips where a program is missing."""
    reference = f"{engine.prefix}-services:1"
    answer = engine.client.api.import_image_from_data(
        _archive(), repository=reference.rpartition(":")[0], tag="1", changes=list(CHANGES)
    )
    assert "error" not in answer, answer
    return reference


def _archive() -> bytes:
    """The root file system."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(set(_files())):
            entry = archive.gettarinfo(path.resolve(), str(path).lstrip("/"))
            with path.open("rb") as content:
                archive.addfile(entry, content)
        links = {f"bin/{tool}": _program("busybox") for tool in TOOLS}
        for name, target in {**links, "var/run": "/run"}.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
        for name, text, mode in (
            ("bin/entrypoint", ENTRYPOINT, 0o755),
            ("etc/passwd", USERS, 0o644),
            ("etc/group", GROUPS, 0o644),
        ):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), mode
            archive.addfile(entry, io.BytesIO(text.encode()))
        for folder in ("tmp", "run/postgresql", "var/lib/postgresql/data"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777
            archive.addfile(entry)
    return buffer.getvalue()


def _files() -> Iterator[Path]:
    """Every file from this machine, under the name that programs know it by."""
    if not (POSTGRES / "bin/postgres").exists():
        pytest.skip("there is no PostgreSQL 15: apt-get install postgresql-15")
    programs = [POSTGRES / "bin" / name for name in PROGRAMS]
    programs += [Path(_program(name)) for name in NEEDED]
    modules = [path for path in (POSTGRES / "lib").glob("*.so") if path.name != "llvmjit.so"]
    yield from (*programs, *modules)
    for program in (*programs, POSTGRES / "lib/libpqwalreceiver.so"):
        yield from map(Path, _libraries(program))
    for folder in SHARED:
        yield from (path for path in folder.rglob("*") if path.is_file())


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin")
    if found is None:
        pytest.skip(f"there is no {name}: apt-get install {NEEDED[name]}")
    return found


def _libraries(program: Path) -> list[str]:
    """What a program is linked with; nothing when it stands alone."""
    done = subprocess.run(  # noqa: S603 - Debian's own programs
        ["/usr/bin/ldd", program], capture_output=True, encoding="utf-8", check=False
    )
    return LIBRARY.findall(done.stdout)
