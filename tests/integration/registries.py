"""Real registries: Debian's `docker-registry` on a free port here, and a token server."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import loopback

USER, PASSWORD = "robin", "correct-horse-battery"
# Made with `htpasswd -nbB robin correct-horse-battery`; the registry knows no other hash.
HTPASSWD = "robin:$2y$05$abcdefghijklmnopqrstuuSnF5tLPqPFqc0z9CY0HcSLFbSRlL67u"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
SECONDS = 20


def need(command: str) -> str:
    """The path of a command, or a skip that says how to get it."""
    found = shutil.which(command)
    if found is None:
        pytest.skip(f"{command} is not installed: apt-get install docker-registry openssl")
    return found


@contextlib.contextmanager
def registry(
    folder: Path, auth: Mapping[str, Any] | None = None, tls: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Start a registry with its data under `folder`; gives its host and port."""
    command = need("docker-registry")
    host = f"127.0.0.1:{_free_port()}"
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": host, "secret": "for these tests", **({"tls": tls} if tls else {})},
    }
    if auth:
        config["auth"] = auth
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - Debian's own command
            [command, "serve", str(folder / "config.yml")], stdout=log, stderr=log
        )
    try:
        _wait(process, host, folder / "log", secure=bool(tls))
        yield host
    finally:
        process.terminate()
        process.wait(SECONDS)


def htpasswd(folder: Path) -> dict[str, Any]:
    """What a registry's configuration says when one user may do everything."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "htpasswd").write_text(HTPASSWD + "\n")
    return {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}


def certificate(folder: Path) -> dict[str, str]:
    """A key and a certificate for 127.0.0.1 that has signed itself."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    _openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests"),
        *(
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "keyUsage=digitalSignature,keyCertSign",
        ),
        *("-keyout", files["key"], "-out", files["certificate"]),
    )
    return files


class TokenServer(loopback.Server):
    """Gives whoever knows the password the tokens that a real registry believes in.

    `lifetime` is how long the registry takes a token for, whatever the server says of it.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(_TokenHandler)
        self.realm = f"{self.url}/token"
        self.files = certificate(folder)
        self.lifetime = 300.0
        self.given = 0
        self.asked: list[list[str]] = []

    @property
    def auth(self) -> dict[str, Any]:
        """What the registry's configuration says of this server."""
        bundle = self.files["certificate"]
        names = {"service": "tests", "issuer": "chartgen tests", "rootcertbundle": bundle}
        return {"token": {"realm": self.realm, **names}}

    def token(self, scopes: list[str]) -> str:
        """A JSON Web Token as the registry's specification says, signed by openssl."""
        pem = Path(self.files["certificate"]).read_text()
        chain = "".join(line for line in pem.splitlines() if "-----" not in line)
        now = int(time.time())
        access = [_access(scope) for scope in scopes]
        # The registry 2.8 allows clocks to be a minute apart.
        until = now + self.lifetime - 60
        claims = {"iss": "chartgen tests", "sub": USER, "aud": "tests", "exp": int(until)}
        claims |= {"nbf": now - 600, "iat": now, "jti": str(self.given), "access": access}
        header = {"typ": "JWT", "alg": "RS256", "x5c": [chain]}
        text = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        signature = _openssl("dgst", "-sha256", "-sign", self.files["key"], given=text.encode())
        return f"{text}.{_base64(signature)}"


class _TokenHandler(BaseHTTPRequestHandler):
    server: TokenServer
    timeout = SECONDS

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == BASIC
        scopes = parse_qs(urlsplit(self.path).query).get("scope", [])
        self.server.asked.append(scopes)
        self.server.given += known
        content = {"token": self.server.token(scopes), "expires_in": 300} if known else {}
        body = json.dumps(content).encode()
        self.send_response(200 if known else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _access(scope: str) -> dict[str, Any]:
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return {"type": kind, "name": name, "actions": actions.split(",")}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(  # noqa: S603 - the tests' own arguments
        [need("openssl"), *arguments], input=given, capture_output=True, check=True, timeout=SECONDS
    ).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], host: str, log: Path, *, secure: bool) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            if secure:
                socket.create_connection((host.split(":")[0], int(host.split(":")[1])), 1).close()
            else:
                urllib.request.urlopen(f"http://{host}/v2/", timeout=1).close()
        except HTTPError as fault:
            fault.close()
        except (URLError, OSError):
            time.sleep(0.02)
            continue
        return
    raise AssertionError(log.read_text())
