"""Two runs that write into one destination at the same time."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from chartgen import destination
from tests import cli as terminal
from tests.faults.releases import Run, both, content, lay_out, made

ROUNDS = 8


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    lay_out()


def test_two_runs_of_one_version_leave_one_of_the_two_releases_whole() -> None:
    runs = Run(flows="before", builder="oci"), Run(flows="after", builder="none")
    one, other = (made(run, run.flows + "-made") for run in runs)
    for _ in range(ROUNDS):
        assert both(runs[0].words(), runs[1].words()) == (0, 0)
        assert content() in (one, other)


def test_two_runs_of_two_versions_leave_both_releases_whole() -> None:
    runs = (
        Run(flows="before", builder="oci"),
        Run(flows="after", builder="none", version="2.0.0"),
    )
    one, other = (made(run, run.flows + "-made") for run in runs)
    for _ in range(ROUNDS):
        assert both(runs[0].words(), runs[1].words()) == (0, 0)
        assert content() == {**one, **other}


def test_who_waits_for_a_run_that_does_not_end_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(flows="after", builder="none")
    new = made(run, "dist")
    monkeypatch.setattr(destination, "PATIENCE", 0.2)
    handle = os.open("dist", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    done = terminal.run(*run.words())
    assert (done.code, done.out) == (3, "")
    assert "chartgen: another run of chartgen is writing to dist" in done.err
    assert content() == new
    os.close(handle)
    assert terminal.run(*run.words()).code == 0


def test_where_there_are_no_locks_a_run_goes_on_and_touches_no_other_runs_stage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    Path("dist/.chartgen-abcdefgh").mkdir(parents=True)
    made(Run(flows="after", builder="none"), "dist")
    assert Path("dist/.chartgen-abcdefgh").is_dir()


def test_nothing_but_a_stage_is_swept_away() -> None:
    for name in (".chartgen-mine", ".chartgen-abcdefgh.json", ".git", "chartgen-abcdefgh"):
        (Path("dist") / name).mkdir(parents=True)
    Path("dist/.chartgen-abcdefgh").write_text("a file")
    Path("dist/.chartgen-stuvwxyz").symlink_to(Path("dist/.git").absolute())
    Path("dist/.chartgen-ijklmnop/deep").mkdir(parents=True)
    before = {path.name for path in Path("dist").iterdir()}
    made(Run(flows="after", builder="none"), "dist")
    left = {path.name for path in Path("dist").iterdir()}
    assert before - left == {".chartgen-ijklmnop"}
