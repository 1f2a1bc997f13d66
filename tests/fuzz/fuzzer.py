"""Makes mutants, sends them down the road, and counts."""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests.fuzz import corpus, mutations, road

# Mutants that are sound are packaged this many at a time: a chart takes longer than a flow.
TOGETHER = 20
# Every so many releases one is rendered, and one is written; every so many mutants one is weighed.
RENDERED, WRITTEN, WEIGHED = 5, 10, 100
WATCH = road.Watch()
KEPT = Path(__file__).parents[2] / ".cache" / "fuzz"


@dataclass(kw_only=True)
class Count:
    """What was done."""

    mutants: int = 0
    refused: int = 0
    packaged: int = 0
    releases: int = 0
    rendered: int = 0
    written: int = 0
    weighed: int = 0
    slowest: float = 0.0
    heaviest: float = 0.0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = f"{self.mutants} mutants: {self.refused} refused, {self.packaged} packaged"
        made = f"{self.releases} releases, {self.rendered} rendered, {self.written} written"
        most = f"slowest {self.slowest:.2f} s, {self.weighed} weighed, at most {self.heaviest:.1f}x"
        return f"{done} in {made}; {most}; {len(self.failures)} failures"


class Fuzzer:
    """One run: the same seed makes the same mutants."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.count = Count()
        self._seed, self._folder = seed, folder
        self._single, self._waiting = folder / "single", folder / "waiting"
        self._bind = False
        for place in (self._waiting, self._single):
            place.mkdir()

    def one(self, number: int) -> None:
        """Send a mutant down the road; with enough sound ones, package them."""
        chance = random.Random(f"{self._seed} {number}")  # noqa: S311 - it must come again
        name, data = mutations.mutated(_parent(chance), chance)
        bind = number // 1000 % 2 == 0
        if bind != self._bind:
            self.finish()
            self._bind = bind
        file = self._single / name
        file.write_bytes(data)
        self.count.mutants += 1
        with self._keeping(name, data, f"seed {self._seed}, mutant {number}"):
            if self._read(data, weigh=number % WEIGHED == 0):
                shutil.move(file, self._waiting / f"{number}-{name}")
        file.unlink(missing_ok=True)
        if len([*self._waiting.iterdir()]) >= TOGETHER:
            self.finish()

    def finish(self) -> None:
        """Package those that wait."""
        waiting = sorted(self._waiting.iterdir())
        if waiting:
            every = b"\n".join(file.read_bytes() for file in waiting)
            names = " ".join(file.name for file in waiting)
            with self._keeping("release", every, f"seed {self._seed}, mutants {names}"):
                self._package(len(waiting))
        for file in waiting:
            file.unlink()

    @contextmanager
    def _keeping(self, name: str, data: bytes, where: str) -> Iterator[None]:
        """Whatever does not hold is kept, with the input."""
        try:
            with WATCH.over(self._folder):
                yield
        except Exception:
            KEPT.mkdir(parents=True, exist_ok=True)
            kept = KEPT / f"{hashlib.sha256(data).hexdigest()[:12]}-{name}"
            kept.write_bytes(data)
            self.count.failures.append(f"{where}, kept as {kept}\n{traceback.format_exc()}")

    def _read(self, data: bytes, *, weigh: bool) -> bool:
        start = time.process_time()
        app = road.read(self._single, bind=self._bind)
        self.count.slowest = max(self.count.slowest, time.process_time() - start)
        if weigh:
            weight = road.memory(self._single, len(data), bind=self._bind)
            self.count.heaviest = max(self.count.heaviest, weight)
            self.count.weighed += 1
        refused = any(finding.level == "error" for finding in app.findings)
        self.count.refused += refused
        return not refused

    def _package(self, waiting: int) -> None:
        release = road.package(self._waiting, bind=self._bind)
        if release is None:
            # Two flows can want what one alone may have.
            self.count.refused += waiting
            return
        self.count.packaged += waiting
        self.count.releases += 1
        if self.count.releases % RENDERED == 0:
            road.render(release)
            self.count.rendered += 1
        if self.count.releases % WRITTEN == 0:
            road.write(release, self._folder)
            self.count.written += 1


def _parent(chance: random.Random) -> bytes:
    kind = chance.random()
    # What is bad already teaches little more.
    given = corpus.bad if kind < 0.05 else corpus.flows if kind < 0.15 else corpus.parts
    return chance.choice(given())


def run(seed: int, numbers: Sequence[int], seconds: float = 1e9) -> Count:
    """Mutants of these numbers, or as many as go into the time."""
    corpus.parts()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            fuzzer = Fuzzer(seed, Path(folder))
            for number in numbers:
                fuzzer.one(number)
                if time.monotonic() > end:
                    break
            fuzzer.finish()
        finally:
            tempfile.tempdir = before
    return fuzzer.count


def total(counts: Iterable[Count]) -> Count:
    """Several counts as one."""
    found = Count()
    for one in counts:
        for item in fields(Count):
            mine, its = getattr(found, item.name), getattr(one, item.name)
            most = item.name in {"slowest", "heaviest"}
            setattr(found, item.name, max(mine, its) if most else mine + its)
    return found
