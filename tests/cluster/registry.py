"""The registry that the nodes pull from: Debian's `docker-registry`, and small images made here."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests

from tests.cluster import network, processes

ADDRESS = f"{network.HOST}:5000"
SECONDS = 30
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
# Not compressed: it crosses no wire.
LAYER = "application/vnd.oci.image.layer.v1.tar"
# What the checks of a network call by name in a pod.
TOOLS = (
    *("cat", "hostname", "httpd", "id", "nslookup", "sh", "sleep", "timeout", "touch"),
    "wget",
)


def start(folder: Path) -> None:
    """Start the registry; what is pushed to it lies in `folder`."""
    config = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": ADDRESS, "secret": "of the cluster"},
    }
    path = folder / "registry.json"
    path.write_text(json.dumps(config))
    processes.start(folder, "registry", ("docker-registry", "serve", path))

    def answers() -> bool:
        try:
            return requests.get(f"http://{ADDRESS}/v2/", timeout=SECONDS).ok
        except requests.ConnectionError:
            return False

    processes.wait(answers, f"no registry answers: see {processes.log(folder, 'registry')}")


def fill(programs: Path, busybox: Path) -> None:
    """Push the images that the cluster itself needs, and BusyBox for tests."""
    for name in ("coredns", "pause"):
        push(name, {name: programs / name}, command=(f"/{name}",))
    push("busybox", {"bin/busybox": busybox}, command=("/bin/sh",), links=TOOLS)


def push(
    name: str, files: Mapping[str, Path], *, command: Sequence[str], links: Sequence[str] = ()
) -> None:
    """Push an image `name:1` of programs that need nothing but the kernel."""
    layer = _layer(files, links)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": list(command), "Env": ["PATH=/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _blob(name, CONFIG, json.dumps(config).encode()),
        "layers": [_blob(name, LAYER, layer)],
    }
    answer = requests.put(
        f"http://{ADDRESS}/v2/{name}/manifests/1",
        data=json.dumps(manifest),
        headers={"Content-Type": MANIFEST},
        timeout=SECONDS,
    )
    answer.raise_for_status()


def _layer(files: Mapping[str, Path], links: Sequence[str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, file in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = file.stat().st_size, 0o755
            with file.open("rb") as data:
                archive.addfile(entry, data)
        for link in links:
            entry = tarfile.TarInfo(f"bin/{link}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return buffer.getvalue()


def _blob(name: str, kind: str, data: bytes) -> dict[str, str | int]:
    begun = requests.post(f"http://{ADDRESS}/v2/{name}/blobs/uploads/", timeout=SECONDS)
    begun.raise_for_status()
    where, digest = begun.headers["Location"], _digest(data)
    sent = requests.put(where, params={"digest": digest}, data=data, timeout=SECONDS)
    sent.raise_for_status()
    return {"mediaType": kind, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
