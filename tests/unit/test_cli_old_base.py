"""What packaging says of the release that a base holds, however it is found out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import cli as terminal
from tests import oci_base, releases
from tests.oci_base import Shelf, file, tar
from tests.registry_server import Registry

PACKAGE = ("package", "flows", "--version", "1.0.0", "--name", "bots")
LAYOUT = ("--base", "oci-layout:old")
SITE = "app/.venv/lib/python3.12/site-packages"
LABEL = "dev.chartgen.runtime.version"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


def dist(name: str, version: str) -> Any:
    return file(f"{SITE}/{name}-{version}.dist-info/METADATA")


def base(*layers: bytes, labels: dict[str, str] | None = None) -> Shelf:
    """A base in the layout `old`, on which our folders are root's."""
    config = {"config": {"Env": ["PATH=/app/.venv/bin"], "Labels": labels or {}}}
    shelf = Shelf()
    shelf.write(Path("old"), {"1": shelf.image(layers=layers, config=config, tag="1")})
    return shelf


def loud(report: Any) -> list[Any]:
    return [finding for finding in report["findings"] if finding["level"] != "info"]


def allow(version: str, days: int = 30) -> None:
    last = (datetime.now(UTC).date() + timedelta(days=days)).isoformat()
    Path("flows/chartgen.yaml").write_text(
        f'allowOldBase:\n  - {{version: "{version}", reason: as agreed, expires: {last}}}\n'
    )


def test_the_packages_in_a_layout_tell_and_nothing_is_written() -> None:
    base(tar([dist("langflow_base", "0.5.1"), dist("langflow", "1.5.1")]))
    done = terminal.run(*PACKAGE, *LAYOUT)
    assert done.code == 1
    assert "the base oci-layout:old is Langflow 1.5.1, which has " in done.err
    assert "[old-base]" in done.err
    assert terminal.files() == [
        path for path in terminal.files() if path.startswith(("flows/", "old/"))
    ]


def test_the_topmost_layer_counts() -> None:
    base(
        tar([dist("langflow_base", "1.12.8")]),
        tar([dist("langflow_base", "1.13.0"), file(f"{SITE}/.wh.langflow_base-1.12.8.dist-info")]),
    )
    done = terminal.run(*PACKAGE, *LAYOUT, "--output", "json")
    assert done.code == 0
    assert done.data["base"]["version"] == "1.13.0"
    assert loud(done.data) == []


def test_a_release_that_is_allowed_by_name_packages_with_a_warning_in_the_report() -> None:
    base(tar([dist("langflow_base", "1.12.8")]))
    allow("1.12.8")
    done = terminal.run(*PACKAGE, *LAYOUT)
    assert done.code == 0, done.err
    told = json.loads(Path("dist/bots-1.0.0.release.json").read_text())
    (finding,) = loud(told)
    assert (finding["level"], finding["code"]) == ("warning", "old-base")
    assert "as agreed" in finding["message"]
    assert told["base"]["version"] == "1.12.8"


def test_what_is_allowed_counts_no_more_after_its_last_day() -> None:
    allow("1.12.8", days=-1)
    done = terminal.run(*PACKAGE, "--base", "langflowai/langflow:1.12.8")
    assert done.code == 1
    assert "[exception-expired]" in done.err


def test_an_allowance_needs_a_reason_and_a_version_that_is_text() -> None:
    Path("flows/chartgen.yaml").write_text("allowOldBase: [{version: 1.12, expires: 2027-01-31}]")
    done = terminal.run(*PACKAGE)
    assert done.code == 1
    assert "'reason' is missing" in done.err
    assert "this is a number, and must be a text" in done.err


def test_a_base_in_a_registry_is_known_by_its_label_and_no_layer_is_read_for_it() -> None:
    shelf = base(oci_base.LAYERS[1], labels={LABEL: "1.12.4"})
    with Registry().serve() as server:
        releases.lay(server, "base", shelf)
        done = releases.package(f"{server.host}/base:1", f"{server.host}/team/bots")
    assert done.code == 1
    assert "is Langflow 1.12.4" in done.err


def test_a_base_that_does_not_tell_is_a_warning_once_with_the_ways_out() -> None:
    base(oci_base.LAYERS[1])
    for more in ((), ("--builder", "none")):
        done = terminal.run(*PACKAGE, *LAYOUT, *more)
        assert done.code == 0, done.err
        assert done.err.count("[unknown-base]") == 1
        assert "chartgen lock" in done.err
        assert f"{LABEL}=VERSION" in done.err
    assert "unknown-base" not in terminal.run(*PACKAGE, "--builder", "none").err


def test_a_lock_looks_into_a_base_of_a_registry_and_packaging_goes_by_it() -> None:
    shelf = base(oci_base.LAYERS[1], tar([dist("langflow_base", "1.13.0")]))
    with Registry().serve() as server:
        releases.lay(server, "base", shelf)
        reference = f"{server.host}/base:1"
        assert terminal.run("lock", "flows", "--base", reference).code == 0
    locked = json.loads(Path("flows/chartgen.lock").read_text())
    assert locked["base"]["distributions"] == {"langflow-base": "1.13.0"}
    done = releases.package(reference, "registry.example.com/bots", "--output", "json")
    assert done.code == 0, done.err
    assert done.data["base"]["version"] == "1.13.0"
    assert loud(done.data) == []


def test_a_lock_of_an_old_base_is_not_written() -> None:
    base(tar([dist("langflow_base", "1.12.8")]))
    done = terminal.run("lock", "flows", *LAYOUT)
    assert done.code == 1
    assert "[old-base]" in done.err
    assert not Path("flows/chartgen.lock").exists()


def test_a_damaged_layer_of_a_layout_is_told_in_words() -> None:
    shelf = base(tar([dist("langflow_base", "1.13.0")]), oci_base.LAYERS[1])
    found = next(name for name, data in shelf.blobs.items() if data.startswith(b"\x1f\x8b"))
    blob = Path("old/blobs/sha256") / found.removeprefix("sha256:")
    blob.write_bytes(blob.read_bytes()[:40])
    done = terminal.run(*PACKAGE, *LAYOUT, "--builder", "oci")
    assert done.code in {1, 3}
    assert "bug" not in done.err
