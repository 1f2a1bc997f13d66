"""The road of a mutant through chartgen, and what must hold on it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import helm_python
import yaml

from chartgen import pipeline, tree
from chartgen import release as releases
from chartgen.errors import InvalidInput
from chartgen.model import App, ImageRef, Request
from chartgen.pipeline import Options
from chartgen.release import Release
from tests import helm
from tests.integration.test_starter_flows import SILENT

SECONDS = 2
# What a run holds whatever it reads: the facts on Langflow, parsed once, and buffers.
AT_REST = 4 * 1024 * 1024
TIMES = 10
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Broken(AssertionError):
    """Something did not hold."""


class Watch:
    """Hears of every file that this process writes, and remembers those outside a folder."""

    def __init__(self) -> None:
        self._inside: Path | None = None
        self._outside: list[str] = []
        sys.addaudithook(self._heard)

    @contextmanager
    def over(self, inside: Path) -> Iterator[None]:
        """Raise Broken when something is written that is not in a folder."""
        self._inside, self._outside = inside, []
        try:
            yield
        finally:
            self._inside = None
        if self._outside:
            raise Broken(f"written outside: {self._outside}")

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._inside is None:
            return
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
        if opens or event in {"os.rename", "os.mkdir", "os.symlink", "os.link"}:
            place = arguments[0 if event in {"open", "os.mkdir"} else 1]
            if isinstance(place, str | bytes | os.PathLike):
                found = Path(os.path.normpath(Path(os.fsdecode(place)).absolute()))
                known = found.is_relative_to(self._inside) or found.parent.name == "__pycache__"
                if not known and str(found) != os.devnull:
                    self._outside.append(str(found))


def options(folder: Path, bind: bool) -> Options:
    """Everything in a folder, as one release."""
    request = Request(name="fuzz", version="1.0.0", bind_literals=bind)
    image = ImageRef(repository="registry.example.com/team/fuzz", tag="1.0.0")
    return Options(paths=(folder,), request=request, image=image, builder="none")


def read(folder: Path, *, bind: bool) -> App:
    """Read the flows: whatever they hold, there is an answer, and soon."""
    with soon():
        app = pipeline.inspect(options(folder, bind), SILENT)
    if not app.flows and not pipeline.refusal(app):
        raise Broken("no flow, and no error that says why")
    for finding in app.findings:
        text = json.dumps([finding.message, finding.fix, finding.file, finding.at])
        text.encode()
    for name, data in app.files.items():
        tree.check([name])
        if name.endswith(".json"):
            json.loads(data.decode(), parse_constant=_constant)
    return app


def package(folder: Path, *, bind: bool) -> Release | None:
    """The whole road; None when it is refused."""
    try:
        with soon():
            release = pipeline.package(options(folder, bind), SILENT, build=False)
    except InvalidInput:
        return None
    assert release.chart
    for name, data in release.chart.files.items():
        if name.endswith(".yaml") and not name.startswith("templates/"):
            # Helm's own parser, and Python's: they must agree on what is written.
            if _plain(helm_python.values_from_yaml(data.decode())) != _plain(yaml.safe_load(data)):
                raise Broken(f"{name} means two things")
        elif name.endswith(".json"):
            json.loads(data.decode(), parse_constant=_constant)
    for files in (*release.folders.values(), release.files):
        tree.check(files)
    return release


def render(release: Release) -> None:
    """Every object of the chart is YAML, and the values of its own tests are let in."""
    assert release.chart
    files = release.chart.files
    helm.objects(files, helm.values_of(files))


def write(release: Release, folder: Path) -> None:
    """Write it, and compare."""
    before = {path.name for path in folder.iterdir()}
    releases.write(release, folder / "dist")
    after = {path.name for path in folder.iterdir()}
    found = {path for path in (folder / "dist").rglob("*") if path.is_file()}
    wanted = {folder / "dist" / path for path in release.paths()}
    shutil.rmtree(folder / "dist")
    if found != wanted or after - before != {"dist"}:
        raise Broken(f"written beside what was named: {sorted(map(str, found ^ wanted))}")


def memory(folder: Path, size: int, *, bind: bool) -> float:
    """How many times its size an input takes, beside what every run takes."""
    tracemalloc.start()
    try:
        pipeline.inspect(options(folder, bind), SILENT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    ratio = max(0, peak - AT_REST) / max(1, size)
    if ratio > TIMES:
        raise Broken(f"{peak} bytes of memory for {size} bytes of input")
    return ratio


@contextmanager
def soon() -> Iterator[None]:
    """Raise Broken, at the line that takes so long, after two seconds of work."""

    def late(*_: object) -> None:
        raise Broken(f"this takes more than {SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _constant(text: str) -> None:
    raise Broken(f"{text} is not JSON")


def _plain(value: Any) -> Any:
    """The value as JSON has it: Go's and Python's numbers are the same there."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
