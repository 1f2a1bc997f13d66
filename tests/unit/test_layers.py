from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartgen.runtimes.langflow import LAUNCHER

PACKAGE = Path(__file__).parents[2] / "chartgen"
# Imports point down; what stands on one floor knows nothing of its neighbours.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"local", "doctor"},
    {"pipeline", "publish"},
    {"runtimes", "image", "chart", "release"},
    {"lock"},
    {"config", "registry", "report", "sources"},
    {"schema", "render", "oci"},
    {"resources", "reference", "watcher", "destination"},
    {"store"},
    {"tree"},
    {"errors"},
    {"model"},
    {"__init__"},
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
FILES = sorted(PACKAGE.rglob("*.py"))
NEW = len(FLOORS)


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith("chartgen."):
                part = name.split(".")[1]
                place = PACKAGE / part
                yield part if place.is_dir() or place.with_suffix(".py").is_file() else "__init__"


def test_every_room_has_a_floor() -> None:
    assert {room(file) for file in FILES} == set(FLOOR)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down_only(file: Path) -> None:
    here = room(file)
    floor = FLOOR.get(here, -1)
    assert not [name for name in imported(file) if name != here and FLOOR.get(name, NEW) <= floor]


@pytest.mark.parametrize("name", LAUNCHER)
def test_the_launcher_needs_nothing_of_ours(name: str) -> None:
    assert not [*imported(PACKAGE / "runtimes" / "langflow" / name)]
