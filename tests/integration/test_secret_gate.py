"""The secret gate from the command line, and beside two scanners that others have made."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import pytest

from scripts import secret_formats
from tests.integration.command import ROOT, Result, chartgen
from tests.planting import figures, kinds, oracles, planted
from tests.planting.places import ANYWHERE

PACKAGE = ("package", "flows", "--name", "bots", "--version", "1.0.0", "--builder", "none")
# Every hundredth clean flow may be stopped, and no more.
MOST_STOPPED = 0.01


@pytest.fixture(scope="module")
def rows() -> dict[str, figures.Row]:
    """What each scanner finds."""
    try:
        return {row.scanner: row for row in figures.rows()}
    except oracles.Missing as fault:
        pytest.skip(str(fault))


@pytest.mark.network
def test_every_planted_secret_is_found_and_hardly_a_clean_flow_is_stopped(
    rows: dict[str, figures.Row],
) -> None:
    row = rows[figures.OURS]
    assert len(row.found) == len(planted.every())
    assert row.measured == len([*planted.measured()])
    assert row.decoys == 0
    assert row.starters <= MOST_STOPPED * sum(1 for _ in figures.clean())


@pytest.mark.network
@pytest.mark.parametrize("oracle", oracles.SCANNERS)
def test_whatever_another_scanner_finds_is_found(rows: dict[str, figures.Row], oracle: str) -> None:
    assert rows[oracle].found, "it looked at nothing"
    assert rows[oracle].found <= rows[figures.OURS].found


@pytest.mark.network
def test_the_formats_are_those_of_the_rule_set(rows: dict[str, figures.Row]) -> None:
    assert rows
    file = ROOT / "chartgen" / "runtimes" / "langflow" / "formats.json"
    assert file.read_text("utf-8") == secret_formats.written(oracles.rules())


@pytest.mark.network
def test_the_documentation_has_these_figures(rows: dict[str, figures.Row]) -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    assert [str(row) for row in rows.values() if str(row) not in text] == []


@pytest.mark.network
def test_no_scanner_finds_anything_in_what_is_packaged(
    rows: dict[str, figures.Row], tmp_path: Path
) -> None:
    assert rows
    mended = [one for one in planted.every() if one.binds]
    lay(tmp_path, mended)
    result = chartgen(*PACKAGE, "--bind-literals", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    with tarfile.open(tmp_path / "dist" / "bots-1.0.0.tgz") as chart:
        chart.extractall(tmp_path / "dist" / "chart", filter="data")
    for name, scan in oracles.SCANNERS.items():
        assert scan(tmp_path / "dist") == {}, name
    written = [file.read_bytes() for file in (tmp_path / "dist").rglob("*") if file.is_file()]
    for one in mended:
        assert not [data for data in written if one.secret.encode() in data], one.name
        assert one.secret not in result.stdout + result.stderr


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_find_stops_the_packaging_and_no_value_is_shown(tmp_path: Path, output: str) -> None:
    lay(tmp_path, planted.every())
    result = chartgen(*PACKAGE, "--output", output, cwd=tmp_path)
    assert result.returncode == 1
    assert not (tmp_path / "dist").exists()
    assert not [one.name for one in planted.every() if one.secret in result.stdout + result.stderr]


def test_a_reviewed_exception_in_chartgen_yaml_lets_a_flow_pass(tmp_path: Path) -> None:
    mark = refused(tmp_path)
    assert except_until(tmp_path, mark, "2098-12-31").returncode == 0
    assert (tmp_path / "dist").exists()


def test_an_exception_ends_on_its_day_whatever_source_date_epoch_says(tmp_path: Path) -> None:
    mark = refused(tmp_path)
    result = except_until(tmp_path, mark, "2024-01-31")
    assert result.returncode == 1
    assert "expired on 2024-01-31" in result.stderr
    assert not (tmp_path / "dist").exists()


def lay(folder: Path, flows: tuple[planted.Planted, ...] | list[planted.Planted]) -> None:
    """Write the flows, each into a file."""
    (folder / "flows").mkdir()
    for number, one in enumerate(flows):
        (folder / "flows" / f"{number:03}.json").write_text(json.dumps(one.flow), "utf-8")


def refused(folder: Path) -> str:
    """Package a flow with a secret in its prompt; the fingerprint that is given."""
    (folder / "flows").mkdir()
    text = kinds.vendors()["Groq"]
    content = json.dumps(ANYWHERE["prompt"].put(text))
    (folder / "flows" / "bot.json").write_text(content, "utf-8")
    result = chartgen(*PACKAGE, cwd=folder)
    assert result.returncode == 1
    [mark] = re.findall(r"scrypt:[0-9a-f]{16}", result.stderr)
    return str(mark)


def except_until(folder: Path, mark: str, day: str) -> Result:
    """Package it again with an exception, at a time that SOURCE_DATE_EPOCH says was long ago."""
    text = f"exceptions:\n  - {{fingerprint: '{mark}', reason: a sample, expires: {day}}}\n"
    (folder / "chartgen.yaml").write_text(text, "utf-8")
    return chartgen(*PACKAGE, cwd=folder, env={"SOURCE_DATE_EPOCH": "1"})
