"""How many of the planted secrets each scanner finds, and how many clean flows it stops.

    python -m tests.planting

prints the table of docs/security.md.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chartgen.sources import Source
from tests.flows_factory import load
from tests.integration import starters
from tests.planting import decoys, oracles, planted

# Langflow 1.0.19 to 1.13: the starter flows of these releases of langflow-base are clean ground.
VERSIONS = (
    *("0.0.99", "0.1.4", "0.2.0", "0.3.4", "0.4.3", "0.5.1", "0.6.9", "0.7.3"),
    *("0.8.4", "0.9.6", "0.10.3", "0.11.6", "1.12.0", "1.12.8", "1.13.0"),
)
OURS = "chartgen"
Scanner = Callable[[Path], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one scanner does: of how many flows, in how many it finds something."""

    scanner: str
    found: frozenset[str]
    measured: int
    decoys: int
    starters: int

    def __str__(self) -> str:
        every, harmless = len(planted.every()), len([*decoys.every()])
        real, of = len([*planted.measured()]), sum(1 for _ in clean())
        return (
            f"| {self.scanner} | {len(self.found)} of {every} | {self.measured} of {real} "
            f"| {self.decoys} of {harmless} | {self.starters} of {of} |"
        )


def ours(folder: Path) -> set[str]:
    """The files in which chartgen's gate finds a secret."""
    stopped = set()
    for file in sorted(folder.iterdir()):
        app = load(Source(path=file.name, data=file.read_bytes()))
        if any(item.code == "literal-secret" for item in app.findings):
            stopped.add(file.name)
    return stopped


@cache
def rows() -> tuple[Row, ...]:
    """The table: chartgen and its oracles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder)
        scanners: dict[str, Scanner] = {OURS: ours, **oracles.SCANNERS}
        return tuple(_row(scanner, scan, folder) for scanner, scan in scanners.items())


def _row(scanner: str, scan: Scanner, folder: Path) -> Row:
    found = frozenset(scan(folder / "planted"))
    real = {file_of(one) for one in planted.measured()}
    return Row(
        scanner=scanner,
        found=found,
        measured=len(found & real),
        decoys=len({*scan(folder / "decoys")}),
        starters=len({*scan(folder / "starters")}),
    )


def write(folder: Path) -> None:
    """Write all flows as the editor writes them, each kind into a folder of its own."""
    for kind in ("planted", "decoys", "starters"):
        (folder / kind).mkdir()
    for one in planted.every():
        (folder / "planted" / file_of(one)).write_text(json.dumps(one.flow, indent=2), "utf-8")
    for number, decoy in enumerate(decoys.every()):
        (folder / "decoys" / f"{number:03}.json").write_text(
            json.dumps(decoy.flow, indent=2), "utf-8"
        )
    for name, data in clean():
        (folder / "starters" / name).write_bytes(data)


def file_of(one: planted.Planted) -> str:
    """The file that a planted flow is written to."""
    return f"{planted.every().index(one):03}.json"


def clean() -> Iterable[tuple[str, bytes]]:
    """The starter flows of all versions: a name for each, and its content."""
    for version in VERSIONS:
        for starter in starters.read(version):
            yield f"{version} {starter.file}", starter.data
