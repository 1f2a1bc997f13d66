from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chartgen import resources


def test_a_checkout_keeps_its_files_at_the_top() -> None:
    assert resources.folder("chart-templates").parent == Path(__file__).parents[2]


def test_a_wheel_keeps_its_files_beside_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(resources.folder("chart-templates"), tmp_path / "chart-templates")
    checkout = resources.chart_template()
    monkeypatch.setattr(resources, "_HERE", tmp_path)
    assert resources.folder("chart-templates") == tmp_path / "chart-templates"
    assert resources.chart_template() == checkout
    assert resources.text_template("README.md.j2").startswith("# <%=")
