"""What the comparison runs against: a registry with a counting proxy before it, and a base."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chartgen import registry
from chartgen.oci import layer, media
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.layer import Layer
from chartgen.oci.tarball import Owner
from chartgen.registry import BlobJob

SECONDS = 20
MIB = 1 << 20
LAYERS = 3
# As in Langflow's own image, whose last step gives the folder to the user it runs as.
OWNERS = {"app": Owner(uid=1000, gid=0, mode=0o775)}


@dataclass(frozen=True)
class Wire:
    """The registry as everyone sees it, and what went through so far."""

    host: str
    proxy: subprocess.Popen[str]

    def count(self) -> tuple[int, int]:
        """Bytes to the registry and from it, headers and all."""
        up, down = _ask(self.proxy, "count").split()
        return int(up), int(down)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    """Start Debian's registry with its data in a folder, and the proxy before it."""
    command = shutil.which("docker-registry")
    if command is None:
        raise SystemExit("there is no docker-registry here: apt-get install docker-registry")
    port = free_port()
    with contextlib.ExitStack() as stack:
        log = stack.enter_context((folder / "registry.log").open("wb"))
        _start(stack, [command, "serve", str(_configured(folder, port))], stdout=log, stderr=log)
        _wait(port)
        counter = [sys.executable, str(Path(__file__).with_name("counting.py")), str(port)]
        pipe = subprocess.PIPE
        proxy = _start(stack, counter, stdin=pipe, stdout=pipe, text=True)
        yield Wire(f"127.0.0.1:{int(proxy.stdout.readline())}", proxy)


def _start(stack: contextlib.ExitStack, command: list[str], **options: Any) -> Any:
    process = subprocess.Popen(command, **options)  # noqa: S603 - our own
    stack.callback(process.wait, SECONDS)
    stack.callback(process.terminate)
    return process


def _ask(process: subprocess.Popen[str], line: str) -> str:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the proxy has no pipes")
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return process.stdout.readline()


def _configured(folder: Path, port: int) -> Path:
    """JSON is YAML as well."""
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": f"127.0.0.1:{port}", "secret": "for a benchmark"},
    }
    path = folder / "registry.yml"
    path.write_text(json.dumps(config), "utf-8")
    return path


def _wait(port: int) -> None:
    until = time.monotonic() + SECONDS
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/", timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def push_base(host: str, folder: Path, size: int) -> str:
    """An image of so many bytes, half of them random: pushed, and its reference.

    It is another one on every run: an engine may have kept layers of the last one.
    """
    made = [_layer(folder / f"base-{n}", size // LAYERS, n) for n in range(LAYERS)]
    made.append(_layer(folder / "base-top", 0, LAYERS))
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-02T03:04:05Z",
            "config": {"Cmd": ["/bin/true"]},
            "rootfs": {"type": "layers", "diff_ids": [one.diff_id for one, _ in made]},
            "history": [{"created_by": "benchmark"}] * len(made),
        }
    ).encode()
    described = Descriptor.of(config, media.CONFIG)
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media.MANIFEST,
            "config": described.json(),
            "layers": [one.descriptor.json() for one, _ in made],
        }
    ).encode()
    jobs = [_job(one.descriptor, file.read_bytes()) for one, file in made]
    with registry.connect(host) as client:
        client.push_blobs([*jobs, _job(described, config)])
        client.push_manifest("base", "1", manifest, media.MANIFEST)
    return f"{host}/base:1"


def _layer(file: Path, size: int, seed: int) -> tuple[Layer, Path]:
    """Half noise, and half that is so easily packed that it weighs next to nothing."""
    dice = random.Random()  # noqa: S311 - noise, not a key
    files = {f"app/lib/{seed}/{n}": _content(dice) for n in range(size // (2 * MIB))}
    with file.open("wb") as out:
        made = layer.write(files or {"app/run": b"true\n"}, out, epoch=0, folders=OWNERS)
    return made, file


def _content(dice: random.Random) -> bytes:
    line = hashlib.sha256(dice.randbytes(8)).hexdigest().encode()
    return dice.randbytes(MIB) + line * (MIB // len(line))


def _job(what: Descriptor, data: bytes) -> BlobJob:
    return BlobJob(
        repository="base",
        digest=what.digest,
        size=what.size,
        open_stream=lambda: io.BytesIO(data),
    )
