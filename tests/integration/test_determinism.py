"""The same flows give the same release, wherever and by whomever it is made."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from chartgen import tree
from tests.integration.command import EXAMPLES, chartgen, listing


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where, when and by whom a release is made; none of it may leave a trace."""

    folder: str
    seed: int
    umask: int
    mode: int
    time: int
    env: dict[str, str]


PLACES = (
    Place(
        folder="here",
        seed=1,
        umask=0o022,
        mode=0o644,
        time=0,
        env={"TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "PYTHONHASHSEED": "1"},
    ),
    Place(
        folder="a folder/far down/ünder another näme",
        seed=2,
        umask=0o077,
        mode=0o400,
        time=1_900_000_000,
        env={"TZ": "Asia/Kathmandu", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "4242"},
    ),
    Place(
        folder="there",
        seed=3,
        umask=0o000,
        mode=0o777,
        time=1_000_000_000,
        env={"TZ": "America/St_Johns", "LC_ALL": "POSIX", "PYTHONHASHSEED": "random"},
    ),
)


def make(place: Place, root: Path, arguments: Sequence[str] = ("flows",)) -> Path:
    """Lay the flows out as a place has them, package them there, and return `dist`."""
    here = root / place.folder
    flows = here / "flows"
    files = list(tree.read(EXAMPLES).items())
    # A name that is no ASCII, whose order depends on the locale if anything does.
    files += [
        ("Ärger/zoë.json", files[-1][1]),
        ("_émile.json", (EXAMPLES / "echo.json").read_bytes()),
    ]
    random.Random(place.seed).shuffle(files)  # noqa: S311 - an order, not a secret
    for path, data in files:
        file = flows / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(place.mode)
        os.utime(file, (place.time, place.time))
    release = ("--builder", "none", "--display-name", "Zoë's bots")
    home = {"HOME": str(here), "USER": f"user{place.seed}"}
    result = chartgen(
        *("package", *arguments, *release), cwd=here, env={**place.env, **home}, umask=place.umask
    )
    assert result.returncode == 0, result.stderr
    return here / "dist"


@pytest.mark.parametrize("place", PLACES[1:], ids=lambda place: place.env["TZ"])
def test_two_runs_in_different_places_give_the_same_dist_with_its_modes(
    place: Place, tmp_path: Path
) -> None:
    wanted, found = (listing(make(each, tmp_path)) for each in (PLACES[0], place))
    assert list(found) == list(wanted)
    for path, entry in wanted.items():
        assert found[path] == entry, path
    modes = {mode for mode, _ in found.values()}
    assert modes == {"drwxr-xr-x", "-rw-r--r--"}


def test_a_second_run_over_the_first_changes_nothing(tmp_path: Path) -> None:
    once = listing(make(PLACES[0], tmp_path))
    (tmp_path / "here/dist/support-bots-1.0.0.context/left-over").write_text("old", "utf-8")
    assert listing(make(PLACES[0], tmp_path)) == once


def test_the_order_in_which_flows_are_named_is_of_no_matter(tmp_path: Path) -> None:
    names = ["flows/echo.json", "flows/signed-webhook.json", "flows/support"]
    one, two = (
        listing(make(place, tmp_path, order))
        for place, order in zip(PLACES, (names, names[::-1]), strict=False)
    )
    assert one == two


def test_the_same_dist_is_told_as_json_from_everywhere(tmp_path: Path) -> None:
    told = []
    for place in PLACES:
        make(place, tmp_path)
        here = tmp_path / place.folder
        result = chartgen("inspect", "flows", "--output", "json", cwd=here, env=place.env)
        assert result.returncode == 0, result.stderr
        told.append(result.stdout)
    assert told[0] == told[1] == told[2]
    assert str(tmp_path) not in told[0]
