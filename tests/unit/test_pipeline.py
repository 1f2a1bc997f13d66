from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from chartgen import destination, pipeline, reference
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.image import BUILDERS, Built, Order
from chartgen.model import Request
from chartgen.pipeline import Options
from chartgen.release import write
from tests import cli as terminal

DIGEST = f"sha256:{'c' * 64}"


@dataclass
class Listener:
    steps: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def line(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, done: int, total: int) -> None:
        """Nothing here moves bytes."""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, bytes]]:
    """Stand in for an engine that answers; each context that it is given is kept."""
    contexts: list[dict[str, bytes]] = []

    def build(order: Order, watcher: Any) -> Built:
        contexts.append(dict(order.context))
        watcher.line("Step 1/1 : FROM scratch")
        return Built(id="sha256:1", digest=DIGEST)

    monkeypatch.setitem(BUILDERS, "docker", build)
    return contexts


def options(**changes: Any) -> Options:
    base = Options(
        paths=(Path("flows"),),
        request=Request(name="bots", version="1.0.0"),
        image=reference.image("r.io/bots", "1.0.0"),
    )
    return replace(base, **changes)


def test_a_package_is_context_chart_and_report_and_writes_nothing_by_itself() -> None:
    before = terminal.files()
    release = pipeline.package(options(), Listener())
    assert sorted(release.files) == ["bots-1.0.0.release.json", "bots-1.0.0.tgz"]
    assert list(release.folders) == ["bots-1.0.0.context"]
    assert terminal.files() == before


def test_the_chart_pins_the_digest_that_the_builder_tells(builds: list[Any]) -> None:
    listener = Listener()
    release = pipeline.package(options(), listener)
    assert release.image is not None
    assert str(release.image.reference) == f"r.io/bots:1.0.0@{DIGEST}"
    assert release.report["image"]["digest"] == DIGEST
    assert release.chart is not None
    assert DIGEST.encode() in release.chart.files["values.yaml"]
    assert builds == [dict(release.folders["bots-1.0.0.context"])]
    assert listener.steps == [
        "reading flows",
        "building r.io/bots:1.0.0 (oci)",
        "building r.io/bots:1.0.0 (docker)",
        "making the chart",
    ]
    assert listener.lines[1:] == ["Step 1/1 : FROM scratch"]


@pytest.mark.parametrize("changes", [{"builder": "none"}, {"builder": "auto"}])
def test_without_a_builder_the_reason_is_told_but_not_reported(changes: dict[str, Any]) -> None:
    release = pipeline.make_image(options(**changes), Listener())
    assert release.image is not None
    assert release.image.reason
    assert release.image.reason not in str(release.report)


def test_an_image_that_exists_is_not_built_again(builds: list[Any]) -> None:
    named = reference.image(f"r.io/bots@{DIGEST}", "1.0.0")
    release = pipeline.package(options(image=named, require_image=True), Listener())
    assert release.image is not None
    assert (release.image.reference, release.image.id, release.image.reason) == (named, "", "")
    assert builds == []
    with pytest.raises(InvalidInput, match="exists already"):
        pipeline.package(options(image=named, builder="docker"), Listener())


@pytest.mark.parametrize(
    ("builder", "fault", "raised"),
    [
        ("auto", Unavailable("no base"), None),
        ("docker", Unavailable("no base"), Unavailable),
        ("auto", ChartgenError("step 3 failed"), ChartgenError),
    ],
)
def test_auto_does_without_an_engine_but_not_without_a_sound_build(
    builder: str, fault: Exception, raised: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Built:
        raise fault

    monkeypatch.setitem(BUILDERS, "docker", fail)
    if raised:
        with pytest.raises(raised, match=str(fault)):
            pipeline.make_image(options(builder=builder), Listener())
        return
    release = pipeline.make_image(options(builder=builder), Listener())
    assert release.image is not None
    assert release.image.reason.startswith("registry-1.docker.io refuses connections")
    assert release.image.reason.endswith("; no base")


def test_a_required_image_that_cannot_be_built_is_an_error() -> None:
    for builder in ("none", "auto"):
        with pytest.raises(Unavailable, match="the image was not built: "):
            pipeline.make_image(options(builder=builder, require_image=True), Listener())


def test_the_refusal_counts_the_errors() -> None:
    app = pipeline.inspect(options(), Listener())
    assert pipeline.refusal(app) == ""
    Path("flows/a.json").write_text("{")
    app = pipeline.inspect(options(), Listener())
    assert pipeline.refusal(app) == "1 error keeps the flows from being packaged"
    Path("flows/b.json").write_text("{")
    app = pipeline.inspect(options(), Listener())
    assert pipeline.refusal(app) == "2 errors keep the flows from being packaged"


def test_findings_come_worst_first_and_then_file_by_file() -> None:
    for name in ("b", "a"):
        Path(f"flows/{name}.json").write_text("{")
        Path(f"flows/{name}2.json").write_text('{"no": "flow"}')
    found = pipeline.inspect(options(), Listener()).findings
    assert [(item.level, item.file) for item in found] == [
        ("error", "a.json"),
        ("error", "b.json"),
        ("warning", "a2.json"),
        ("warning", "b2.json"),
        ("info", "echo.json"),
    ]
    strict = pipeline.inspect(options(strict=True), Listener()).findings
    assert [item.level for item in strict] == ["error"] * 4 + ["info"]


def test_an_error_carries_all_findings() -> None:
    Path("flows/a.json").write_text("{")
    with pytest.raises(InvalidInput) as caught:
        pipeline.make_chart(options(), Listener())
    assert {item.level for item in caught.value.findings} == {"error", "info"}


def test_a_release_is_written_report_last_and_its_old_report_removed_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = pipeline.package(options(), Listener())
    write(release, Path("dist"))
    moved: list[str] = []
    put = destination.put

    def watched(fresh: Path, place: Path, aside: Path) -> None:
        assert not Path("dist/bots-1.0.0.release.json").exists()
        moved.append(place.name)
        put(fresh, place, aside)

    monkeypatch.setattr(destination, "put", watched)
    write(release, Path("dist"))
    assert moved == ["bots-1.0.0.context", "bots-1.0.0.tgz", "bots-1.0.0.release.json"]


@pytest.mark.parametrize("name", ["bots-1.0.0.context", "bots-1.0.0.tgz"])
def test_what_is_no_part_of_a_release_and_in_its_place_is_left_alone(name: str) -> None:
    release = pipeline.package(options(), Listener())
    write(release, Path("dist"))
    place = Path("dist") / name
    if place.is_dir():
        place.rename("elsewhere")
        place.symlink_to(Path("elsewhere").absolute())
    else:
        place.unlink()
        place.mkdir()
    with pytest.raises(InvalidInput, match=f"{name} is in the way: remove it"):
        write(release, Path("dist"))
    assert Path("dist/bots-1.0.0.release.json").exists()
    assert place.is_symlink() or place.is_dir()
    assert not list(Path("dist").glob(".*"))


def test_paths_are_those_that_are_written() -> None:
    release = pipeline.package(options(), Listener())
    write(release, Path("dist"))
    assert list(release.paths()) == terminal.files("dist")


def test_the_destination_is_looked_at_before_the_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    Path("file").write_text("")
    for place in (Path("flows"), Path("file"), Path("file/below")):
        with pytest.raises(InvalidInput):
            pipeline.make_chart(options(destination=place), listener)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InvalidInput, match="cannot be written to"):
        pipeline.make_chart(options(), listener)
    assert listener.steps == []
