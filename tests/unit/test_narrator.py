"""What a terminal shows while bytes are on their way."""

from __future__ import annotations

import pytest

from chartgen.cli.output import Narrator

MIB = 1024 * 1024


def test_a_terminal_shows_how_far_a_step_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Narrator() as narrator:
        narrator.step("pulling the base")
        narrator.progress(MIB, 4 * MIB)
        narrator.progress(4 * MIB, 4 * MIB)
    shown = capsys.readouterr().err
    assert "1.0 of 4.0 MiB" in shown
    assert "4.0 of 4.0 MiB" in shown
    assert shown.endswith("s)\n")


def test_a_log_file_gets_no_bars(capsys: pytest.CaptureFixture[str]) -> None:
    with Narrator() as narrator:
        narrator.step("pulling the base")
        narrator.progress(MIB, 4 * MIB)
    assert "MiB" not in capsys.readouterr().err
