"""A folder with a root file system as an OCI layout of two layers: Debian, and the application."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chartgen.oci import packing

CREATED = 1767225600  # 2026-01-01: every file's time, and the image's
WHEN = "2026-01-01T00:00:00Z"
APPLICATION = "app"
CHUNK = 1 << 20

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

# What a runtime of Kubernetes puts there itself.
MOUNTED = ("dev", "proc", "sys", "run", "tmp")

RUNTIME = {
    "User": "1000:0",
    "WorkingDir": "/app",
    "ExposedPorts": {"7860/tcp": {}},
    "Env": [
        "PATH=/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/app/data",
        "LANGFLOW_HOST=0.0.0.0",
        "LANGFLOW_PORT=7860",
        "LANGFLOW_AUTO_LOGIN=false",
    ],
    "Cmd": ["python", "-m", "langflow", "run", "--backend-only"],
}


def write(root: Path, folder: Path, *, tag: str) -> None:
    """Write the layout of an image; `tag` is its name in the layout."""
    (folder / "blobs" / "sha256").mkdir(parents=True)
    debian = _tar(root, f"--exclude=./{APPLICATION}", *(f"--exclude=./{one}/*" for one in MOUNTED))
    # Whoever the group is root for may write, as any user of OpenShift is.
    application = _tar(root, "--owner=1000", "--group=0", "--mode=g=u", f"./{APPLICATION}")
    layers = [_layer(folder, debian), _layer(folder, application)]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": WHEN,
        "config": RUNTIME,
        "rootfs": {"type": "layers", "diff_ids": [diff_id for _, diff_id in layers]},
        "history": [{"created": WHEN, "created_by": name} for name in ("Debian", "Langflow")],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _document(folder, config, CONFIG),
        "layers": [layer for layer, _ in layers],
    }
    entry = {
        **_document(folder, manifest, MANIFEST),
        "annotations": {"org.opencontainers.image.ref.name": tag},
    }
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


def _tar(root: Path, *options: str) -> Iterator[bytes]:
    """Tar a root file system; the same files give the same bytes."""
    chosen = [*options] if options[-1].startswith("./") else [*options, "."]
    command = ["tar", "--create", "--format=gnu", "--sort=name", "--numeric-owner"]
    with subprocess.Popen(  # noqa: S603 - our own arguments
        [*command, f"--mtime=@{CREATED}", f"--directory={root}", *chosen], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while chunk := process.stdout.read(CHUNK):
            yield chunk
    if process.returncode:
        raise ChildProcessError(f"tar ended with {process.returncode}")


def _layer(folder: Path, archive: Iterator[bytes]) -> tuple[dict[str, Any], str]:
    """Write a layer: its descriptor, and the digest of what was compressed."""
    unpacked, packed = hashlib.sha256(), hashlib.sha256()

    def read() -> Iterator[bytes]:
        for chunk in archive:
            unpacked.update(chunk)
            yield chunk

    part = folder / "layer"
    with part.open("wb") as file:
        for chunk in packing.pack(read(), "gzip"):
            packed.update(chunk)
            file.write(chunk)
    blob = {
        "mediaType": LAYER,
        "digest": f"sha256:{packed.hexdigest()}",
        "size": part.stat().st_size,
    }
    part.rename(folder / "blobs" / "sha256" / packed.hexdigest())
    return blob, f"sha256:{unpacked.hexdigest()}"


def _document(folder: Path, value: dict[str, Any], media_type: str) -> dict[str, Any]:
    data = json.dumps(value).encode()
    name = hashlib.sha256(data).hexdigest()
    (folder / "blobs" / "sha256" / name).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(data)}
