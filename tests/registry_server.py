"""A registry inside the test's own process that can be told to fail at any step."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests import loopback

STEPS = ("head blob", "mount", "begin", "upload", "put manifest", "get manifest")
USER, PASSWORD = "robin", "hunter2-hunter2"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens instead of, or along with, the right answer."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: bool = False
    cut: int = 0
    hang: float = 0.0
    after: bool = False  # do what was asked, but then do not say so
    break_at: int = 0  # read so many bytes of what is sent, then reset
    early: bool = False  # answer before the body is read, and hang up


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it came in."""

    step: str
    method: str
    path: str
    authorization: str
    received: int
    form: dict[str, list[str]]


class Registry(loopback.Server):
    """Start it with `serve()`. `faults[step]` are used up one by one, `always[step]` stays."""

    def __init__(self, auth: Literal["", "basic", "bearer"] = "") -> None:
        super().__init__(Handler)
        self.auth = auth
        self.realm = f"{self.url}/token"
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[str, bytes]] = {}
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        self.always: dict[str, Fault] = {}
        self.seen: list[Seen] = []
        self.connections = 0
        self.tokens: dict[str, list[str]] = {}
        self.token_answer: Callable[[str], dict[str, Any]] = lambda token: {"token": token}
        self.place = ""  # where uploads are sent to; "" is a relative Location
        self.mounts = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that a test broke off on purpose is no news."""

    def steps(self) -> list[str]:
        return [seen.step for seen in self.seen]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Registry
    timeout = 10

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def log_message(self, *_: object) -> None:
        pass

    def do_any(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.extra: dict[str, str] = {}
        self.cut = 0
        step = self.step(parts.path)
        waiting = self.server.faults[step]
        fault = waiting.pop(0) if waiting else self.server.always.get(step, Fault())
        if fault.break_at:
            self.rfile.read(fault.break_at)
            self.note(step, fault.break_at)
            self.reset()
            return
        if fault.early:
            self.note(step, 0)
            self.say(fault.status, fault.body, fault.headers)
            self.close_connection = True
            return
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.note(step, len(self.body))
        if fault.hang:
            threading.Event().wait(fault.hang)
        if fault.after:
            said, self.wfile = self.wfile, io.BytesIO()
            self.answer_step(step, parts.path)
            self.wfile = said
        if fault.reset:
            self.reset()
        elif fault.status:
            self.say(fault.status, fault.body, fault.headers)
        else:
            self.extra, self.cut = fault.headers, fault.cut
            self.answer_step(step, parts.path)

    do_GET = do_HEAD = do_POST = do_PUT = do_any  # noqa: N815

    def note(self, step: str, received: int) -> None:
        typed = self.headers.get("Content-Type") or ""
        body = getattr(self, "body", b"")
        self.server.seen.append(
            Seen(
                step=step,
                method=self.command,
                path=self.path,
                authorization=self.headers.get("Authorization") or "",
                received=received,
                form=parse_qs(body.decode()) if "form" in typed else {},
            )
        )

    def step(self, path: str) -> str:
        if path.startswith("/token"):
            return "token"
        if "/blobs/uploads/" in path:
            begins = "mount" if "mount" in self.query else "begin"
            return "upload" if self.command == "PUT" else begins
        return f"{self.command.lower()} {'manifest' if '/manifests/' in path else 'blob'}"

    def answer_step(self, step: str, path: str) -> None:
        if step == "token":
            self.give_token()
            return
        kind = "/blobs/" if "/blobs/" in path else "/manifests/"
        repository, _, name = path.removeprefix("/v2/").partition(kind)
        if not self.allowed(repository):
            return
        getattr(self, step.replace(" ", "_"))(repository, name)

    def allowed(self, repository: str) -> bool:
        auth = self.server.auth
        given = self.headers.get("Authorization") or ""
        actions = "pull" if self.command in ("GET", "HEAD") else "pull,push"
        scope = f"repository:{repository}:{actions}"
        granted = self.server.tokens.get(given.removeprefix("Bearer "), [])
        if (
            not auth
            or (auth == "basic" and given == BASIC)
            or (auth == "bearer" and {scope, f"repository:{repository}:pull,push"} & {*granted})
        ):
            return True
        challenge = (
            'Basic realm="test"'
            if auth == "basic"
            else f'Bearer realm="{self.server.realm}",service="test",scope="{scope}"'
        )
        body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'
        self.say(401, body, {"WWW-Authenticate": challenge})
        return False

    def give_token(self) -> None:
        if self.command == "GET" and self.headers.get("Authorization") != BASIC:
            self.say(401, b"{}")
            return
        form = parse_qs(self.body.decode())
        asked = form.get("scope") or parse_qs(urlsplit(self.path).query).get("scope", [])
        token = f"secret-token-{len(self.server.tokens)}"
        self.server.tokens[token] = " ".join(asked).split(" ")
        self.say(200, json.dumps(self.server.token_answer(token)).encode())

    def head_blob(self, repository: str, name: str) -> None:
        self.get_blob(repository, name)

    def get_blob(self, repository: str, name: str) -> None:
        data = self.server.blobs.get((repository, name))
        self.say(404 if data is None else 200, data or b"")

    def mount(self, repository: str, name: str) -> None:
        data = self.server.blobs.get((self.query["from"], self.query["mount"]))
        if data is None or not self.server.mounts:
            self.begin(repository, name)
            return
        self.server.blobs[repository, self.query["mount"]] = data
        self.say(201)

    def begin(self, repository: str, _: str) -> None:
        place = f"{self.server.place}/v2/{repository}/blobs/uploads/1?_state=a%2Fb%3D"
        self.say(202, b"", {"Location": place})

    def upload(self, repository: str, _: str) -> None:
        if self.query.get("_state") != "a/b=":
            self.say(404)
        elif digest(self.body) != self.query["digest"]:
            self.say(400, b'{"errors":[{"code":"DIGEST_INVALID","message":"wrong"}]}')
        else:
            self.server.blobs[repository, self.query["digest"]] = self.body
            self.say(201, b"", {"Docker-Content-Digest": self.query["digest"]})

    def put_manifest(self, repository: str, name: str) -> None:
        content = (self.headers["Content-Type"], self.body)
        self.server.manifests[repository, name] = content
        self.server.manifests[repository, digest(self.body)] = content
        self.say(201, b"", {"Docker-Content-Digest": digest(self.body)})

    def head_manifest(self, repository: str, name: str) -> None:
        self.get_manifest(repository, name)

    def get_manifest(self, repository: str, name: str) -> None:
        typed, body = self.server.manifests.get((repository, name), ("", b""))
        if not typed:
            self.say(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such thing"}]}')
            return
        self.say(200, body, {"Content-Type": typed, "Docker-Content-Digest": digest(body)})

    def say(
        self, status: int, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, **self.extra}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) - self.cut])
        if self.cut:
            self.close_connection = True

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()
