from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from chartgen import tree
from chartgen.tree import Tree

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden from what comes out"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that cannot run is a failure: what it would show has not been seen."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Tree, str], None]:
    """Compare a tree with the folder `tests/golden/<name>`, file by file."""

    def compare(found: Tree, name: str) -> None:
        folder = GOLDEN / name
        if request.config.getoption("--update-golden"):
            tree.write(found, folder)
        wanted = tree.read(folder)
        assert sorted(found) == list(wanted)
        for path, data in found.items():
            assert data.decode() == wanted[path].decode(), path

    return compare
