"""The examples as a release whose image is in the engine alone, for what runs without a cluster."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from docker.errors import ImageNotFound

from chartgen.local import envfile
from tests.integration.command import EXAMPLES, chartgen
from tests.integration.engine import Engine

SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Local:
    """A packaged release, and values for all that it needs."""

    file: Path
    image: str
    report: dict[str, Any] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def key(self) -> str:
        """What callers send."""
        return self.secrets["LANGFLOW_API_KEY"]

    def chartgen(self, *arguments: str | Path) -> str:
        """Run a command in the release's folder: what it prints."""
        done = chartgen(*arguments, cwd=self.file.parents[1])
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, url: str, flow: str, text: str, **headers: str) -> requests.Response:
        """Call a flow by its name."""
        (path,) = (one["path"] for one in self.report["flows"] if one["name"] == flow)
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                url + path, json={"input_value": text}, headers=headers, timeout=SECONDS
            )


@contextmanager
def release(base: str, engine: Engine, folder: Path) -> Iterator[Local]:
    """Package the examples; what the engine was given of it is removed in the end."""
    repository = f"registry.example.com/{engine.prefix}"
    done = chartgen(
        *("package", EXAMPLES, "--base", base, "--builder", "oci", "--image", repository),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    (file,) = (folder / "dist").glob("*.release.json")
    printed = chartgen("credentials", file, "--format", "env", cwd=folder)
    assert printed.returncode == 0, printed.stderr
    report = json.loads(file.read_bytes())
    made = Local(
        file=file,
        image=report["image"]["reference"],
        report=report,
        secrets={
            name: value or f"$HOME '{secrets.token_hex(8)}' # {{}}".replace("'", "")
            for name, value in envfile.parse(printed.stdout).items()
        },
    )
    try:
        yield made
    finally:
        with suppress(ImageNotFound):
            engine.client.images.remove(made.image, force=True)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def text_of(answer: requests.Response) -> str:
    """What a flow has said."""
    assert answer.status_code == 200, answer.text
    said: Any = answer.json()["outputs"][0]["outputs"][0]["results"]["message"]["text"]
    return str(said)
