"""What is installed from the wheel writes what the checkout writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.command import EXAMPLES, ROOT, chartgen, listing, run

pytestmark = pytest.mark.network
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a clean environment into which the wheel was installed."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(
        *(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT), cwd=folder
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("chartgen-*.whl")
    made = run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    put = run(python, *PIP, "install", wheel, cwd=folder)
    assert put.returncode == 0, put.stderr
    return python


def test_the_installed_wheel_writes_the_same_dist_as_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    there = run(installed, "-c", "import chartgen; print(chartgen.__file__)", cwd=tmp_path)
    assert Path(there.stdout).is_relative_to(installed.parents[1])
    command = ("package", EXAMPLES, "--builder", "none", "--destination")
    by_wheel = run(installed.with_name("chartgen"), *command, tmp_path / "wheel", cwd=tmp_path)
    assert by_wheel.returncode == 0, by_wheel.stderr
    by_checkout = chartgen(*command, tmp_path / "checkout", cwd=tmp_path)
    assert by_checkout.returncode == 0, by_checkout.stderr
    wanted, found = listing(tmp_path / "checkout"), listing(tmp_path / "wheel")
    assert list(found) == list(wanted)
    assert len(wanted) > 10
    for path, entry in wanted.items():
        assert found[path] == entry, path


def test_the_installed_wheel_prints_credentials_and_checks_its_options(
    installed: Path, tmp_path: Path
) -> None:
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "echo.json").write_bytes((EXAMPLES / "echo.json").read_bytes())
    (flows / "chartgen.yaml").write_text("nmae: bots\n", "utf-8")
    refused = run(installed, "-m", "chartgen", "inspect", "flows", cwd=tmp_path)
    assert refused.returncode == 1
    assert "nmae" in refused.stderr
    (flows / "chartgen.yaml").write_text("name: bots\n", "utf-8")
    package = ("package", "flows", "--version", "1.0.0", "--builder", "none")
    made = run(installed, "-m", "chartgen", *package, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    report = "dist/bots-1.0.0.release.json"
    printed = run(installed, "-m", "chartgen", "credentials", report, cwd=tmp_path)
    assert printed.returncode == 0, printed.stderr
    assert "LANGFLOW_SECRET_KEY:" in printed.stdout
