"""The image that a Docker engine builds of flows with canaries has none of them anywhere."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.canaries import places
from tests.canaries.test_canaries import everywhere, hits, said
from tests.flows_factory import codes, load
from tests.integration.engine import Engine, engine

__all__ = ["engine"]
HOST = os.environ.get("DOCKER_HOST", "")
INNOCENT = "an innocent canary"


def saved(engine: Engine, reference: str) -> bytes:
    """All that the engine knows of an image: its layers, its configuration and its history."""
    image = engine.image(reference)
    known = json.dumps([image.attrs, image.history()]).encode()
    return b"".join([*image.save(named=True)]) + known


@pytest.mark.docker
def test_what_an_engine_builds_and_saves_has_no_canary(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, reference = engine.base("base"), f"{engine.prefix}:1.0.0"
    terminal.settle(tmp_path, monkeypatch)
    monkeypatch.setenv("CHARTGEN_DEBUG", "1")
    # The engine that the tests have, which may be the one that needs no name.
    monkeypatch.setenv("DOCKER_HOST", HOST or "unix:///var/run/docker.sock")
    canaries = lay_out(monkeypatch)
    done = terminal.run(
        *("package", "flows", "--name", "bots", "--version", "1.0.0", "--bind-literals"),
        *("--builder", "docker", "--base", base, "--image", reference),
    )
    assert done.code == 0, done.err
    image = saved(engine, reference)
    for canary in canaries:
        assert not [*hits(canary, image, "the image")], canary
        assert not said(canary, done), canary
        assert not everywhere(canary), canary
    # What would have been packed would have been found.
    assert [*hits(INNOCENT, image, "the image")]


def lay_out(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Put all flows with a canary that can be mended into a folder, and others around them."""
    terminal.add("echo.json", description=INNOCENT)
    canaries = set()
    for number, (canary, made) in enumerate(places.planted().values()):
        if not codes(load(made, bind_literals=True), "error"):
            Path(f"flows/{number}.json").write_text(json.dumps(made))
            canaries.add(canary)
    assert len(canaries) >= 20
    for name in places.BESIDE:
        file = Path("flows") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"SECRET={places.plain(name)}\n")
        canaries.add(places.plain(name))
    login, proxy = places.plain("a login"), places.plain("a proxy")
    pair = base64.b64encode(f"bot:{login}".encode()).decode()
    proxies = dict.fromkeys(("httpProxy", "httpsProxy"), f"http://bot:{proxy}@127.0.0.1:1")
    Path("login").mkdir()
    known = {"auths": {"registry.example.com": {"auth": pair}}, "proxies": {"default": proxies}}
    Path("login/config.json").write_text(json.dumps(known))
    monkeypatch.setenv("DOCKER_CONFIG", str(Path("login").absolute()))
    return canaries | {login, proxy, pair}
