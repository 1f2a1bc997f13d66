"""A PostgreSQL of its own for a test: Debian's programs, and nothing of the system's."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
USER = "postgres"
SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A server with one database, and how pods and this machine reach it."""

    address: str
    port: int
    password: str = field(repr=False)

    @property
    def url(self) -> str:
        """What the chart's `database` takes."""
        return f"postgresql://{USER}:{quote(self.password, safe='')}@{self.place}"

    @property
    def place(self) -> str:
        """Where it is: host, port, and the name of the database."""
        return f"{self.address}:{self.port}/{USER}"

    def ask(self, statement: str) -> list[list[str]]:
        """Run a statement: its rows."""
        done = self.run("psql", "--no-psqlrc", "--csv", "--tuples-only", "--command", statement)
        return [line.split(",") for line in done.splitlines()]

    def run(self, program: str, *arguments: str) -> str:
        """Run a program of PostgreSQL's against the database."""
        done = subprocess.run(  # noqa: S603 - Debian's own command
            [PROGRAMS / program, *arguments],
            env={
                "PGHOST": self.address,
                "PGPORT": str(self.port),
                "PGUSER": USER,
                "PGPASSWORD": self.password,
                "PGDATABASE": USER,
            },
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextlib.contextmanager
def server(
    address: str, *, password: str = "", authority: Path | None = None
) -> Iterator[Postgres]:
    """Start a server that listens on one address of this machine.

    With `authority`, a file to be, it takes TLS connections alone: the file is the certificate of
    who has signed the server's.
    """
    if not (PROGRAMS / "postgres").exists():
        pytest.skip("there is no PostgreSQL 15: apt-get install postgresql-15")
    if os.geteuid() != 0:
        pytest.skip(f"PostgreSQL does not run as root, and only root can be {USER}")
    made = Postgres(
        address=address, port=_free_port(address), password=password or secrets.token_urlsafe()
    )
    # Not pytest's folder: nobody else can look into that.
    with tempfile.TemporaryDirectory(prefix="chartgen-postgres-") as name:
        folder = Path(name)
        data, key, log = folder / "data", folder / "password", folder / "log"
        key.write_text(made.password)
        for path in (folder, key):
            shutil.chown(path, USER)
        options = ("--auth=scram-sha-256", f"--pwfile={key}", "--no-sync", "--encoding=UTF8")
        _as_postgres(PROGRAMS / "initdb", f"--pgdata={data}", *options, log=log).wait()
        kind = "hostssl" if authority else "host"
        (data / "pg_hba.conf").write_text(f"{kind} all all all scram-sha-256\n")
        settings: dict[str, str | int] = {
            "listen_addresses": address,
            "port": made.port,
            "unix_socket_directories": "",
        }
        if authority:
            settings |= _certificate(authority, folder, address)
        flags = [f"--{name}={value}" for name, value in {**settings, "fsync": "off"}.items()]
        process = _as_postgres(PROGRAMS / "postgres", "-D", str(data), *flags, log=log)
        try:
            _wait(process, made, log)
            yield made
        finally:
            process.send_signal(signal.SIGINT)  # "fast": connections are closed, nothing is lost
            process.wait(SECONDS)


def _certificate(authority: Path, folder: Path, address: str) -> dict[str, str | int]:
    """Make an authority and what it signs for the server: the settings that tell of them."""
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    signing, key, certificate = folder / "ca.key", folder / "tls.key", folder / "tls.crt"
    for arguments in (
        ("-subj", "/CN=authority", "-keyout", signing, "-out", authority),
        (
            *("-subj", "/CN=database", "-keyout", key, "-out", certificate),
            *("-addext", f"subjectAltName=IP:{address}"),
            *("-CA", authority, "-CAkey", signing),
        ),
    ):
        subprocess.run(  # noqa: S603 - Debian's own command
            ["/usr/bin/openssl", *new, *arguments], check=True, capture_output=True
        )
    for path in (key, certificate):
        shutil.chown(path, USER)
    return {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}


def _as_postgres(*command: str | Path, log: Path) -> subprocess.Popen[bytes]:
    account = pwd.getpwnam(USER)
    with log.open("ab") as said:
        return subprocess.Popen(  # noqa: S603 - Debian's own command
            command,
            cwd="/",
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=(),
            stdout=said,
            stderr=said,
        )


def _wait(process: subprocess.Popen[bytes], made: Postgres, log: Path) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            made.ask("SELECT 1")
        except AssertionError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(log.read_text())


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
