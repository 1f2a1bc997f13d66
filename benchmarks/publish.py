"""Compares publishing flows by chartgen with docker-py, docker and buildah: build and push.

All take turns in one run, on files that nobody has seen; only figures of one run compare. Run by
`make bench`, or by hand: `benchmarks/publish.py --sizes 1,10 --rounds 9,9 --only docker-py`.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import contenders
import rig
from contenders import Command, Contender
from flowmaker import Shelf
from rig import MIB, Wire

SIZES, ROUNDS = "1,10,100,1000", "7,7,3,1"
RIVAL = "docker-py"
# Runs a command as its only child, whose peak is then the command's: a large parent's would show.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass
class Series:
    """What was measured of one contender under one condition."""

    seconds: list[float] = field(default_factory=list)
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)

    def median(self) -> float:
        """Seconds, in the middle."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Course:
    """Where it is run: the registry, everyone who can run here, and the folder for it all."""

    wire: Wire
    runners: tuple[Contender, ...]
    folder: Path

    def once(self, one: Contender, flows: Path, series: Series) -> None:
        """Measure one publication."""
        one.prepare(flows)
        # What was just written to disk is nobody's business: it must not be waited for later.
        os.sync()
        up, down = self.wire.count()
        start = time.perf_counter()
        one.publish(self.repository(one))
        series.seconds.append(time.perf_counter() - start)
        after = self.wire.count()
        series.up.append(after[0] - up)
        series.down.append(after[1] - down)

    def repository(self, one: Contender) -> str:
        """Everyone pushes to a place of their own."""
        return f"{self.wire.host}/team/{one.name.replace(' ', '-').replace('+', '-')}"


def show(line: str = "") -> None:
    """Print at once, for whoever waits."""
    print(line, flush=True)  # noqa: T201 - a program for people


def table(title: str, results: dict[str, Series], count: int, rounds: int) -> None:
    """Print what one condition came to."""
    show(f"\n{title}, {count} flow{'s' * (count > 1)}, {rounds} rounds")
    show(
        f"{'':<22}{'median':>9}{'min':>9}{'max':>9}{'to docker-py':>15}{'up MB':>10}{'down MB':>10}"
    )
    rival = results.get(RIVAL)
    for name, series in results.items():
        median = series.median()
        ratio = f"{rival.median() / median:.2f}x" if rival else "-"
        up, down = (statistics.median(way) / 1e6 for way in (series.up, series.down))
        show(
            f"{name:<22}{median:>9.3f}{min(series.seconds):>9.3f}{max(series.seconds):>9.3f}"
            f"{ratio:>15}{up:>10.3f}{down:>10.3f}"
        )


def warm(course: Course, count: int, rounds: int) -> None:
    """Everyone has the base, where they keep one, and has pushed on it before."""
    shelf = Shelf(course.folder / f"warm-{count}", count)
    results = {one.name: Series() for one in course.runners}
    for turn in range(rounds):
        # Whoever is first today is last tomorrow.
        shift = turn % len(course.runners)
        for one in (*course.runners[shift:], *course.runners[:shift]):
            course.once(one, shelf.take(), results[one.name])
    table("warm base", results, count, rounds)
    for one in course.runners:
        excess(one, results[one.name])


def cold(course: Course, count: int, rounds: int) -> None:
    """Nobody has the base: an engine pulls it first."""
    shelf = Shelf(course.folder / f"cold-{count}", count)
    results = {one.name: Series() for one in course.runners}
    for _ in range(rounds):
        for one in course.runners:
            # The two that share an engine would find what the other has pulled.
            for other in course.runners:
                other.cool()
            course.once(one, shelf.take(), results[one.name])
    table("cold engine", results, count, rounds)


def memory(course: Course, base: str, count: int) -> None:
    """The most memory that our two commands hold at once."""
    command = Command(base, course.folder)
    command.prepare(Shelf(course.folder / f"memory-{count}", count).take())
    for arguments in command.commands(f"{course.wire.host}/team/memory"):
        script = [sys.executable, "-c", PEAK, *arguments]
        done = subprocess.run(script, capture_output=True, text=True, check=True)  # noqa: S603
        peak = int(done.stdout) * 1024 / MIB
        show(f"peak memory of chartgen {arguments[4]:<8} {count} flows: {peak:8.0f} MiB")


def excess(one: Contender, series: Series) -> None:
    """How much of what we send is the layer: the rest is manifests, headers and questions."""
    if isinstance(one, Command):
        size = max(file.stat().st_size for file in one.scratch.glob("*.image/blobs/sha256/*"))
        sent = series.up[-1]
        more = 100 * (sent / size - 1)
        show(f"the command sent {sent:,} bytes for a layer of {size:,}: {more:+.2f} %")


def usage(rounds: int = 15) -> None:
    """The command's own start, beside Python's."""
    found: dict[str, list[float]] = {"python -c pass": [], "chartgen --help": []}
    ways = (["-c", "pass"], ["-P", "-m", "chartgen", "--help"])
    for _ in range(rounds):
        for name, arguments in zip(found, ways, strict=True):
            start = time.perf_counter()
            contenders.run([sys.executable, *arguments])
            found[name].append(time.perf_counter() - start)
    least, ours = (statistics.median(times) for times in found.values())
    show(f"chartgen --help {ours:.3f} s, python -c pass {least:.3f} s: {ours / least:.1f}x")


def numbers(text: str) -> list[int]:
    """`1,10` → [1, 10]."""
    return [int(part) for part in text.split(",") if part]


def read_options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=numbers, default=numbers(SIZES), help=f"flows [{SIZES}]")
    parser.add_argument("--rounds", type=numbers, default=numbers(ROUNDS), help=f"[{ROUNDS}]")
    parser.add_argument("--cold-rounds", type=int, default=3, help="0 leaves it out [3]")
    parser.add_argument("--base-mb", type=int, default=1000, help="the base, unpacked [1000]")
    parser.add_argument("--memory", type=int, default=1000, help="flows, 0 leaves it out [1000]")
    parser.add_argument("--only", action="append", help="a contender's name; more than once")
    chosen = parser.parse_args()
    if len(chosen.rounds) not in (1, len(chosen.sizes)):
        parser.error("--rounds wants one number, or one for each of --sizes")
    return chosen


def able(base: str, folder: Path, only: list[str] | None) -> tuple[Contender, ...]:
    """Everyone who can run here; who cannot is told."""
    found = []
    for make in contenders.EVERYONE:
        one = make(base, folder)
        if only and one.name not in only:
            continue
        if reason := one.absent():
            show(f"without {one.name}: {reason}")
        else:
            found.append(one)
    return tuple(found)


def compare(course: Course, base: str, chosen: argparse.Namespace) -> None:
    """Everything, one condition after the other."""
    first = Shelf(course.folder / "first", 1)
    for one in course.runners:
        one.warm()
        # The first push to a new place teaches an engine what the registry has.
        course.once(one, first.take(), Series())
    rounds = chosen.rounds * (len(chosen.sizes) if len(chosen.rounds) == 1 else 1)
    for count, times in zip(chosen.sizes, rounds, strict=True):
        warm(course, count, times)
    if chosen.cold_rounds:
        cold(course, 10, chosen.cold_rounds)
    if chosen.memory:
        memory(course, base, chosen.memory)
    usage()


def main() -> None:
    """Set up, compare, and leave nothing behind."""
    chosen, start = read_options(), time.monotonic()
    # Whoever has installed chartgen has its byte code, too.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Whoever ends this ends the registry too, and leaves no images behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    show(f"{os.cpu_count()} processors, load {load}, Python {platform.python_version()}")
    with (
        tempfile.TemporaryDirectory(prefix="chartgen-bench-") as name,
        rig.wire(Path(name)) as wire,
    ):
        folder = Path(name)
        base = rig.push_base(wire.host, folder, chosen.base_mb * MIB)
        runners = able(base, folder, chosen.only)
        try:
            compare(Course(wire, runners, folder), base, chosen)
        finally:
            for one in runners:
                one.cool()
    show(f"\nall of this took {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
