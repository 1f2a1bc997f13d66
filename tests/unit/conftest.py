"""What many tests of publishing start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chartgen.errors import Unavailable
from chartgen.image import uv
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Registry
from tests.wheel_index import Index


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A base for two platforms, in `base` as a layout with the tag 1."""
    made = Shelf()
    made.write(tmp_path / "base", {"1": made.several()})
    return made


@pytest.fixture
def server() -> Iterator[Registry]:
    """A registry that speaks plain HTTP, with a base for two platforms in it."""
    with Registry().serve() as started:
        shelf = Shelf()
        shelf.several(tag="1")
        releases.lay(started, "base", shelf)
        yield started


@pytest.fixture
def charts(server: Registry) -> tuple[str, str]:
    """A packaged release on a base of the same registry, and where its chart goes."""
    done = releases.package(f"{server.host}/base:1", f"{server.host}/team/bots")
    assert done.code == 0, done.err
    server.seen.clear()
    return "--chart-repository", f"oci://{server.host}/charts"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """What `uv` takes for the package index; it is empty."""
    try:
        uv.command()
    except Unavailable:
        pytest.skip("needs uv: pip install uv")
    folder = tmp_path / "wheels"
    folder.mkdir()
    settings = tmp_path / "uv.toml"
    settings.write_text(f'[pip]\nno-index = true\nfind-links = ["{folder}"]\n')
    monkeypatch.setenv("UV_CONFIG_FILE", str(settings))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return Index(folder)
