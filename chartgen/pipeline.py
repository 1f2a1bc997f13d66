"""The road from paths to a release, in a few steps that values walk forward through."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chartgen import chart, image, report, runtimes, sources, tree
from chartgen.errors import InvalidInput, Unavailable
from chartgen.image import docker
from chartgen.model import App, Chart, Finding, ImageRef, Request
from chartgen.tree import Tree
from chartgen.watcher import Watcher

REPORT = ".release.json"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every option of one run. `epoch` is the time, in seconds, that archives carry."""

    paths: tuple[Path, ...]
    request: Request
    image: ImageRef
    destination: Path = Path("dist")
    display_name: str = ""
    builder: str = "auto"
    require_image: bool = False
    strict: bool = False
    epoch: int = 0


@dataclass(frozen=True, kw_only=True)
class Image:
    """The image of a run: its reference, its id once built, and the reason if it was not.

    An image that was named by its digest exists already: it has neither id nor reason.
    """

    reference: ImageRef
    id: str = ""
    builder: str = "none"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Everything that a run makes, still in memory: path under the destination → content."""

    app: App
    report: Mapping[str, Any]
    files: Mapping[str, bytes]
    folders: Mapping[str, Tree]
    image: Image | None = None
    chart: Chart | None = None

    def paths(self) -> tuple[str, ...]:
        """Every file that `write` writes, relative to the destination, sorted."""
        inside = [f"{folder}/{path}" for folder, files in self.folders.items() for path in files]
        return tuple(sorted([*self.files, *inside]))


def inspect(options: Options, watcher: Watcher) -> App:
    """What the flows hold and need, findings included; nothing is refused and nothing written."""
    watcher.step("reading flows")
    found, faults = sources.collect(options.paths, exclude=[options.destination])
    app = runtimes.load(found, options.request)
    # Where nothing could be read, that there is no flow says nothing new.
    said = [item for item in app.findings if not (faults and item.code == "no-flows")]
    findings = [_strict(item, options.strict) for item in (*faults, *said)]
    return replace(app, findings=tuple(sorted(findings, key=_order)))


def refusal(app: App) -> str:
    """One sentence when the findings keep an application from being packaged, else nothing."""
    count = sum(item.level == "error" for item in app.findings)
    if not count:
        return ""
    return f"{count} error{'s keep' if count > 1 else ' keeps'} the flows from being packaged"


def make_chart(options: Options, watcher: Watcher) -> Release:
    """The chart alone."""
    app = _sound(options, watcher)
    made = _chart(app, options.image, options, watcher)
    name = f"{_stem(app)}.tgz"
    return Release(
        app=app,
        chart=made,
        files={name: made.archive},
        folders={},
        report=report.of(app, chart=report.chart(made, name)),
    )


def make_image(options: Options, watcher: Watcher, *, build: bool = True) -> Release:
    """The build context, and the image built from it."""
    app = _sound(options, watcher)
    context = image.context(app, options.image)
    built = _build(context, options, watcher, build=build)
    name = f"{_stem(app)}.context"
    return Release(
        app=app,
        image=built,
        files={},
        folders={name: context},
        report=report.of(app, image=_image(built), context=name),
    )


def package(options: Options, watcher: Watcher, *, build: bool = True) -> Release:
    """The whole release: image, build context, chart and report."""
    app = _sound(options, watcher)
    context = image.context(app, options.image)
    built = _build(context, options, watcher, build=build)
    made = _chart(app, built.reference, options, watcher)
    stem = _stem(app)
    content = report.of(
        app,
        image=_image(built),
        context=f"{stem}.context",
        chart=report.chart(made, f"{stem}.tgz"),
    )
    return Release(
        app=app,
        image=built,
        chart=made,
        report=content,
        folders={f"{stem}.context": context},
        files={
            f"{stem}.tgz": made.archive,
            f"{stem}{REPORT}": report.dump(content).encode(),
        },
    )


def write(release: Release, destination: Path) -> None:
    """Write a release; each folder and each file appears whole or not at all.

    The report goes first and comes last: where one stands, all that it names stands too.
    """
    try:
        for name in release.files:
            if name.endswith(REPORT):
                (destination / name).unlink(missing_ok=True)
        for name, content in release.folders.items():
            tree.write(content, destination / name)
        for name, data in release.files.items():
            tree.write_file(destination / name, data)
    except OSError as fault:
        reason = (fault.strerror or type(fault).__name__).lower()
        raise Unavailable(f"{destination} cannot be written to: {reason}") from fault


def _sound(options: Options, watcher: Watcher) -> App:
    _check_destination(options)
    app = inspect(options, watcher)
    if sentence := refusal(app):
        raise InvalidInput(sentence, app.findings)
    return app


def _check_destination(options: Options) -> None:
    """Refuse at once what could not be written after a long build, or would be read as flows."""
    place = options.destination.absolute()
    if any(path.resolve() == place.resolve() for path in options.paths):
        raise InvalidInput(f"{options.destination} holds the flows: name another destination")
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise InvalidInput(f"the destination {options.destination} cannot be: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise InvalidInput(f"the destination {options.destination} cannot be written to")


def _chart(app: App, reference: ImageRef, options: Options, watcher: Watcher) -> Chart:
    watcher.step("making the chart")
    return chart.build(app, reference, epoch=options.epoch, display_name=options.display_name)


def _build(context: Tree, options: Options, watcher: Watcher, *, build: bool) -> Image:
    """The image, built if the options say so and it can be: "auto" does without, but says why."""
    reference, builder = options.image, options.builder
    if reference.digest and builder not in {"auto", "none"}:
        raise InvalidInput(
            f"{reference} names an image that exists already, by its digest: name the image to "
            "build by a tag, or take --builder none"
        )
    if reference.digest or not build:
        return Image(reference=reference)
    if builder == "none":
        return _unbuilt(reference, "--builder none was asked for", options)
    if builder == "auto" and (reason := docker.unavailable()):
        return _unbuilt(reference, reason, options)
    name = "docker" if builder == "auto" else builder
    watcher.step(f"building {reference}")
    try:
        built = image.BUILDERS[name](context, reference, watcher)
    except Unavailable as fault:
        if builder == "auto":
            return _unbuilt(reference, fault.message, options)
        raise
    return Image(reference=replace(reference, digest=built.digest), id=built.id, builder=name)


def _unbuilt(reference: ImageRef, reason: str, options: Options) -> Image:
    if options.require_image:
        raise Unavailable(f"the image was not built: {reason}")
    return Image(reference=reference, reason=reason)


def _image(built: Image) -> dict[str, Any]:
    # Without the reason: it may name ports and addresses, and those differ from run to run.
    reference = built.reference
    return {
        "reference": f"{reference.repository}:{reference.tag}",
        "digest": reference.digest or None,
        "id": built.id or None,
        "builder": built.builder,
    }


def _stem(app: App) -> str:
    return f"{app.name}-{app.version}"


def _strict(item: Finding, strict: bool) -> Finding:
    return replace(item, level="error") if strict and item.code == "not-a-flow" else item


def _order(item: Finding) -> tuple[int, str, str, Finding]:
    """The worst first, then as the files lie: what is to do in one file stands together."""
    return ("error", "warning", "info").index(item.level), item.file, item.at, item
