"""Base images for tests, made by hand: nothing here uses the code that is tested."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chartgen.oci.source import Fetched, Stream

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

CREATED = "2024-05-06T07:08:09.123456789Z"
CREATED_SECONDS = 1714979289
AMD64 = {"architecture": "amd64", "os": "linux"}
ARM64 = {"architecture": "arm64", "os": "linux", "variant": "v8"}
UNKNOWN = {"architecture": "unknown", "os": "unknown"}


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encoded(value: Any) -> bytes:
    # Indented on purpose: what is fetched must never be written again in another spelling.
    return json.dumps(value, indent=3).encode()


def folder(name: str, mode: int = 0o755, uid: int = 0, gid: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, mode, uid, gid
    return entry


def link(name: str, target: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, target
    return entry


def file(name: str, data: bytes = b"", mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), mode
    return entry, data


def tar(entries: Iterable[tarfile.TarInfo | tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for item in entries:
            entry, data = item if isinstance(item, tuple) else (item, b"")
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


# What the bases of most tests hold: a folder that is not root's.
LAYERS = (
    tar([folder("etc"), file("etc/issue", b"base\n"), folder("app", 0o755)]),
    tar([folder("app/", 0o775, 1000, 0), file("app/run.py", b"pass\n")]),
)


class Shelf:
    """A repository in memory. It counts what is opened, and can hold damaged content."""

    def __init__(self) -> None:
        self.manifests: dict[str, tuple[bytes, str]] = {}
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.opened: list[str] = []

    def manifest(self, reference: str) -> Fetched:
        found = self.tags.get(reference, reference)
        data, media_type = self.manifests[found]
        return Fetched(data, media_type, found)

    def blob(self, digest: str) -> Stream:
        self.opened.append(digest)
        return io.BytesIO(self.blobs[digest])

    def put(self, value: Mapping[str, Any], media_type: str, tag: str = "") -> str:
        data = encoded(value)
        self.manifests[digest(data)] = (data, media_type)
        if tag:
            self.tags[tag] = digest(data)
        return digest(data)

    def keep(self, data: bytes, media_type: str) -> dict[str, Any]:
        self.blobs[digest(data)] = data
        return {"mediaType": media_type, "size": len(data), "digest": digest(data)}

    def image(
        self,
        *,
        docker: bool = False,
        tag: str = "",
        layers: Iterable[bytes] = LAYERS,
        platform: Mapping[str, Any] = AMD64,
        config: Mapping[str, Any] | None = None,
        manifest: Mapping[str, Any] | None = None,
    ) -> str:
        """An image with these layers; `config` and `manifest` are laid over what is made."""
        archives = list(layers)
        configuration = {
            "created": CREATED,
            **platform,
            "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in archives]},
            "history": [{"created_by": f"layer {n}"} for n in range(len(archives))],
            **(config or {}),
        }
        kinds = (DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER)
        kind, config_kind, layer_kind = kinds if docker else (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER)
        return self.put(
            {
                "schemaVersion": 2,
                "mediaType": kind,
                "config": self.keep(encoded(configuration), config_kind),
                "layers": [self.keep(gzip.compress(one, mtime=0), layer_kind) for one in archives],
                **(manifest or {}),
            },
            kind,
            tag,
        )

    def entry(self, found: str, platform: Mapping[str, Any] | None, **more: Any) -> dict[str, Any]:
        """A manifest as an entry of an index."""
        data, media_type = self.manifests[found]
        entry = {"mediaType": media_type, "digest": found, "size": len(data), **more}
        return {**entry, "platform": dict(platform)} if platform else entry

    def index(
        self, entries: Iterable[Mapping[str, Any]], *, docker: bool = False, tag: str = ""
    ) -> str:
        kind = DOCKER_LIST if docker else OCI_INDEX
        return self.put(
            {"schemaVersion": 2, "mediaType": kind, "manifests": list(entries)}, kind, tag
        )

    def several(self, *, docker: bool = False, tag: str = "") -> str:
        """An index as BuildKit writes it: two platforms and an attestation for each."""
        images = [self.image(docker=docker, platform=one) for one in (AMD64, ARM64)]
        statement = self.keep(b"{}", "application/vnd.in-toto+json")
        entries = [self.entry(images[0], AMD64), self.entry(images[1], ARM64)]
        for image in images:
            attestation = self.put(
                {
                    "schemaVersion": 2,
                    "mediaType": OCI_MANIFEST,
                    "config": self.keep(encoded({"about": image}), OCI_CONFIG),
                    "layers": [statement],
                },
                OCI_MANIFEST,
            )
            kind = {"vnd.docker.reference.type": "attestation-manifest"}
            entries.append(self.entry(attestation, UNKNOWN, annotations=kind))
        return self.index(entries, docker=docker, tag=tag)

    def write(self, root: Path, names: Mapping[str, str]) -> Path:
        """All of it as an OCI layout; `names` gives the digest of what each name means."""
        blobs = root / "blobs" / "sha256"
        blobs.mkdir(parents=True)
        documents = {name: data for name, (data, _) in self.manifests.items()}
        for name, data in {**self.blobs, **documents}.items():
            (blobs / name.removeprefix("sha256:")).write_bytes(data)
        entries = [
            self.entry(found, None, annotations={"org.opencontainers.image.ref.name": name})
            for name, found in names.items()
        ]
        (root / "index.json").write_bytes(encoded({"schemaVersion": 2, "manifests": entries}))
        (root / "oci-layout").write_bytes(encoded({"imageLayoutVersion": "1.0.0"}))
        return root


def unpacked(layer: bytes) -> dict[str, tarfile.TarInfo]:
    """The entries of a gzipped layer in their order."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        return {entry.name: entry for entry in archive}
