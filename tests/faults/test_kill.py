"""kill -9 at 200 points: the destination has the release before, or none, or the new one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.faults.releases import Run, changes, content, killed, lay_out, made, release_in

POINTS = 50
# What stands before, and what runs. Four roads of 50 points.
ROADS = {
    "a first release": (None, Run(flows="after", builder="oci")),
    "an image after an image": (
        Run(flows="before", builder="oci"),
        Run(flows="after", builder="oci"),
    ),
    "no image after an image": (
        Run(flows="before", builder="oci"),
        Run(flows="after", builder="none"),
    ),
    "a chart after a chart": (
        Run(flows="before", builder="none"),
        Run(flows="after", builder="none"),
    ),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    lay_out()


def stand(before: Path | None) -> None:
    shutil.rmtree("dist", ignore_errors=True)
    if before:
        shutil.copytree(before, "dist")


@pytest.mark.parametrize("road", ROADS)
def test_a_killed_run_leaves_the_old_release_or_none_or_the_new_one_and_the_next_run_succeeds(
    road: str,
) -> None:
    first, second = ROADS[road]
    old, new = made(first, "old") if first else {}, made(second, "new")
    before = Path("old") if first else None
    stand(before)
    every = changes(second.words())
    assert content() == new
    seen = []
    for number in range(POINTS):
        stand(before)
        last = 1 + number * (every - 1) // (POINTS - 1)
        assert killed(second.words(), last)
        found = content() if Path("dist").exists() else {}
        release = release_in(found)
        assert release in (old, new, {}), f"half of a release at change {last} of {every}"
        seen.append("none" if not release else "old" if release == old else "new")
        for name, data in found.items():
            known = data in (old.get(name), new.get(name))
            assert known or name.startswith(".chartgen-"), f"{name} at change {last} of {every}"
        terminal.run(*second.words())
        assert content() == new, f"a rerun after change {last} of {every}"
    # The old one stands most of the time: it goes when the new one is whole.
    assert {"old", "none", "new"} - {*seen} <= ({"old"} if not old else {"new"})
    assert not old or seen.count("none") < POINTS / 2
    counts = {state: seen.count(state) for state in ("old", "none", "new")}
    print(f"{road}: killed at {POINTS} of {every} changes: {counts}")  # noqa: T201 - with -s


def test_what_a_killed_run_left_is_not_read_as_flows() -> None:
    run = Run(flows="after", builder="none")
    whole = made(run, "new")
    inside = run.words("after/dist")
    points = range(2, changes(inside), 5)
    for last in points:
        killed(inside, last)
    terminal.run(*inside)
    assert content("after/dist") == whole
