"""A Docker engine inside the test's own process, which can be told to lie."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests import loopback
from tests.oci_base import AMD64, CREATED, digest

CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
Answer = tuple[int, bytes]


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that the engine has: its configuration, and its layers as they are unpacked."""

    config: bytes
    layers: tuple[bytes, ...] = field(default=(), repr=False)
    # What containerd's store names it by.
    manifest: str = ""

    @property
    def diff_ids(self) -> list[str]:
        found: list[str] = json.loads(self.config)["rootfs"]["diff_ids"]
        return found


def image(layers: Iterable[bytes], platform: Mapping[str, Any] = AMD64, **config: Any) -> Image:
    """An image with these layers."""
    held = tuple(layers)
    rootfs = {"type": "layers", "diff_ids": [digest(one) for one in held]}
    told = {"created": CREATED, **platform, "config": {"Env": ["PATH=/bin"]}, "rootfs": rootfs}
    return Image(config=json.dumps({**told, **config}).encode(), layers=held)


class FakeEngine(loopback.Server):
    """Start it with `serve()`, and let DOCKER_HOST name its `address`."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.address = f"tcp://{self.host}"
        self.architecture = "amd64"
        self.containerd = False
        self.images: dict[str, Image] = {}
        # What was sent, each archive as its files.
        self.loaded: list[dict[str, bytes]] = []
        self.asked: list[str] = []
        # It says that it has loaded, and has not.
        self.forgets = False
        # It has lost the layers that it shows.
        self.lost: set[str] = set()
        self.refusal: Answer | None = None
        # The containers that it made, and how each of them ends.
        self.created: list[dict[str, Any]] = []
        self.removed = 0
        self.ends_with = 0
        self.said = b""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off because an archive cannot be had is no news."""

    def inspect(self, name: str) -> Answer:
        found = self.images.get(name)
        if found is None:
            return 404, json.dumps({"message": f"No such image: {name}"}).encode()
        named = found.manifest if self.containerd else digest(found.config)
        return 200, json.dumps({"Id": named, "RootFS": {"Layers": found.diff_ids}}).encode()

    def tagged(self, pattern: str) -> Answer:
        names = [name for name in self.images if name.rpartition(":")[0] == pattern]
        found = [json.loads(self.inspect(name)[1])["Id"] for name in names]
        self.images.update(zip(found, [self.images[name] for name in names], strict=True))
        return 200, json.dumps([{"Id": one} for one in found]).encode()

    def load(self, data: bytes) -> Answer:
        """As Docker does: a layer that is not in the archive must be known already."""
        if self.refusal:
            return self.refusal
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            entries = [(one.name, archive.extractfile(one)) for one in archive]
        files = {name: content.read() for name, content in entries if content}
        self.loaded.append(files)
        (told,) = json.loads(files["manifest.json"])
        config = files[told["Config"]]
        known = {one for held in self.images.values() for one in held.diff_ids} - self.lost
        wanted = json.loads(config)["rootfs"]["diff_ids"]
        for name, diff_id in zip(told["Layers"], wanted, strict=True):
            if name not in files and (self.containerd or diff_id not in known):
                return 200, json.dumps({"error": f"open {name}: no such file"}).encode()
        manifest = ""
        if "index.json" in files:
            manifest = json.loads(files["index.json"])["manifests"][0]["digest"]
        if not self.forgets:
            held = Image(config=config, manifest=manifest)
            self.images.update(dict.fromkeys(told["RepoTags"], held))
        return 200, b'{"stream": "Loaded image"}'

    def save(self, name: str) -> Answer:
        """As Docker up to 24 writes it: a layer that it wrote before is a link."""
        named = {digest(one.config): one for one in self.images.values()}
        return 200, saved(named[name])


def saved(held: Image) -> bytes:
    """The archive of an image as `docker save` of Docker 20 writes it."""
    name = digest(held.config).removeprefix("sha256:")
    places: dict[str, str] = {}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:

        def add(path: str, data: bytes) -> None:
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))

        layers = []
        for number, layer in enumerate(held.layers):
            folder = hashlib.sha256(f"{number}".encode()).hexdigest()
            layers.append(f"{folder}/layer.tar")
            add(f"{folder}/VERSION", b"1.0")
            first = places.setdefault(digest(layer), layers[-1])
            if first == layers[-1]:
                add(first, layer)
            else:
                entry = tarfile.TarInfo(layers[-1])
                entry.type, entry.linkname = tarfile.SYMTYPE, f"../{first}"
                archive.addfile(entry)
        add(f"{name}.json", held.config)
        told = [{"Config": f"{name}.json", "RepoTags": None, "Layers": layers}]
        add("manifest.json", json.dumps(told).encode())
    return buffer.getvalue()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FakeEngine
    timeout = 10

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        path = "/" + unquote(parts.path).removeprefix("/v1.41").lstrip("/")
        self.server.asked.append(path)
        if path == "/version":
            about = {"ApiVersion": "1.41", "Arch": self.server.architecture}
            self.say(200, json.dumps(about).encode())
        elif path == "/info":
            status = CONTAINERD if self.server.containerd else [["Backing Filesystem", "extfs"]]
            self.say(200, json.dumps({"DriverStatus": status}).encode())
        elif path == "/images/json":
            (pattern,) = json.loads(parse_qs(parts.query)["filters"][0])["reference"]
            self.say(*self.server.tagged(pattern))
        elif path.startswith("/containers/"):
            told = {"Id": "made", "Config": {"Tty": True}}
            self.say(200, self.server.said if "/logs" in path else json.dumps(told).encode())
        elif path.endswith("/get"):
            self.say(*self.server.save(path.removeprefix("/images/").removesuffix("/get")))
        else:
            self.say(*self.server.inspect(path.removeprefix("/images/").removesuffix("/json")))

    def do_DELETE(self) -> None:
        self.server.removed += 1
        self.say(204, b"")

    def do_POST(self) -> None:
        if "/containers/" in self.path:
            data = self.rfile.read(int(self.headers["Content-Length"] or 0))
            if "/create" in self.path:
                self.server.created.append(json.loads(data))
            self.say(200, json.dumps({"Id": "made", "StatusCode": self.server.ends_with}).encode())
            return
        data = b""
        # Only what is sent in chunks can be larger than memory.
        while size := int(self.rfile.readline(), 16):
            data += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.say(*self.server.load(data))

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
