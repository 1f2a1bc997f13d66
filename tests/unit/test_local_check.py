from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests import cli as terminal


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    shutil.copytree(terminal.EXAMPLES, "flows", dirs_exist_ok=True)


def test_check_without_an_engine_says_so_and_ends_with_3() -> None:
    done = terminal.run("check", terminal.release("--builder", "none"))
    assert done.code == 3
    assert "no Docker engine answers" in done.err


def test_a_report_of_before_that_names_no_check_is_told() -> None:
    file = terminal.release("--builder", "none")
    report = json.loads(file.read_text())
    del report["runtime"]["check"]
    file.write_text(json.dumps(report))
    done = terminal.run("check", file)
    assert done.code == 1
    assert "package again" in done.err
