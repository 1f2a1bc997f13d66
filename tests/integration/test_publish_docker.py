"""A release whose image an engine has built: who pushes what, and when the chart pins it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import registries
from tests.integration.command import EXAMPLES, Result, chartgen
from tests.integration.engine import Engine

REPORT = "dist/support-bots-1.0.0.release.json"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[str]:
    with registries.registry(tmp_path / "registry") as host:
        yield host


@pytest.mark.docker
def test_what_docker_builds_is_pushed_by_docker_and_then_pinned(
    engine: Engine, host: str, tmp_path: Path
) -> None:
    base = engine.base("plain")
    image = f"{host}/team/bots-{engine.prefix.rpartition('/')[2]}"

    def package() -> None:
        arguments = ["--builder", "docker", "--base", base, "--image", image]
        done = chartgen("package", EXAMPLES, *arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr

    def push() -> Result:
        charts = f"oci://{host}/charts"
        return chartgen("push", REPORT, "--chart-repository", charts, cwd=tmp_path)

    package()
    refused = push()
    assert refused.returncode == 1
    assert "docker push" in refused.stderr

    engine.client.images.push(image, tag="1.0.0")
    package()
    told = json.loads((tmp_path / REPORT).read_bytes())["image"]
    assert DIGEST.fullmatch(told["digest"])
    done = push()
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == f"{image}@{told['digest']}"
    assert second.startswith(f"oci://{host}/charts/support-bots:1.0.0@sha256:")
