"""The road from paths to a release, in a few steps that values walk forward through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chartgen import chart, destination, image, lock, report, runtimes, sources
from chartgen.errors import InvalidInput, Unavailable
from chartgen.image.access import Access
from chartgen.model import App, Chart, Finding, ImageRef, Request
from chartgen.release import CONTEXT, REPORT, Image, Release
from chartgen.tree import Tree
from chartgen.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Options:
    """Every option of one run.

    `epoch` is the time, in seconds, that archives carry; None is the beginning of 1970 for the
    chart and the base's own time for the image. `lock` is the chartgen.lock to go by, `access`
    how the base's registry is reached. With `check` the image has to load every component before
    anything is written, so there has to be one.
    """

    paths: tuple[Path, ...]
    request: Request
    image: ImageRef
    destination: Path = Path("dist")
    builder: str = "auto"
    require_image: bool = False
    check: bool = False
    strict: bool = False
    epoch: int | None = None
    platforms: tuple[str, ...] = ()
    lock: Path | None = None
    access: Access = field(default_factory=Access)


def inspect(options: Options, watcher: Watcher) -> App:
    """What the flows hold and need, findings included; nothing is refused and nothing written."""
    watcher.step("reading flows")
    faults: list[Finding] = []
    found = sources.collect(options.paths, faults, exclude=[options.destination])
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
    """The build context, and the image."""
    app = _sound(options, watcher)
    context = image.context(app, options.image)
    app, built = _build(app, context, options, watcher, build=build)
    stem = _stem(app)
    content = report.of(app, image=_image(built), context=f"{stem}{CONTEXT}")
    return Release(
        app=app,
        image=built,
        report=content,
        folders=_folders(app, context, built),
        files={f"{stem}{REPORT}": report.dump(content).encode()},
    )


def package(options: Options, watcher: Watcher, *, build: bool = True) -> Release:
    """The whole release: image, build context, chart and report."""
    app = _sound(options, watcher)
    context = image.context(app, options.image)
    app, built = _build(app, context, options, watcher, build=build)
    made = _chart(app, built.reference, options, watcher)
    stem = _stem(app)
    content = report.of(
        app,
        image=_image(built),
        context=f"{stem}{CONTEXT}",
        chart=report.chart(made, f"{stem}.tgz"),
    )
    return Release(
        app=app,
        image=built,
        chart=made,
        report=content,
        folders=_folders(app, context, built),
        files={
            f"{stem}.tgz": made.archive,
            f"{stem}{REPORT}": report.dump(content).encode(),
        },
    )


def make_lock(options: Options, watcher: Watcher) -> bytes:
    """The content of chartgen.lock: the base, and the packages that the flows need beside it."""
    app = _sound(options, watcher)
    watcher.step(f"locking {app.base.reference}")
    order = image.Order(
        app=app, image=options.image, context={}, platforms=options.platforms, access=options.access
    )
    made = image.make_lock(order, watcher)
    _on_base(app, made.distributions, options)
    return lock.dump(made)


def _sound(options: Options, watcher: Watcher) -> App:
    destination.check(options.destination, options.paths)
    app = inspect(options, watcher)
    if sentence := refusal(app):
        raise InvalidInput(sentence, app.findings)
    return app


def _chart(app: App, reference: ImageRef, options: Options, watcher: Watcher) -> Chart:
    watcher.step("making the chart")
    return chart.build(
        app, reference, epoch=options.epoch or 0, display_name=options.request.display_name
    )


def _build(
    app: App, context: Tree, options: Options, watcher: Watcher, *, build: bool
) -> tuple[App, Image]:
    """The image, built if the options say so and it can be: "auto" does without, but says why."""
    reference, builder = options.image, options.builder
    if reference.digest:
        _leave(reference, options)
    if reference.digest or not build:
        return app, Image(reference=reference)
    if builder == "none":
        missing = _unbuilt(reference, "--builder none was asked for", options)
        return _on_base(app, {}, options), missing
    order = image.Order(
        app=app,
        image=reference,
        context=context,
        epoch=options.epoch,
        platforms=options.platforms,
        lock=lock.read(options.lock) if options.lock else None,
        access=options.access,
    )
    try:
        built = image.build(order, builder, watcher)
    except Unavailable as fault:
        if builder != "auto":
            raise
        return _on_base(app, {}, options), _unbuilt(reference, fault.message, options)
    app = _on_base(app, built.distributions, options)
    findings = sorted((*app.findings, *built.findings), key=_order)
    made = Image(
        reference=replace(reference, digest=built.digest),
        id=built.id,
        builder=built.builder,
        layout=built.layout,
    )
    return replace(app, findings=tuple(findings)), made


def _on_base(app: App, distributions: Mapping[str, str], options: Options) -> App:
    """The application, once its base was looked at. Raises InvalidInput when that will not do."""
    app = runtimes.on_base(app, distributions, options.request)
    app = replace(app, findings=tuple(sorted(app.findings, key=_order)))
    if sentence := refusal(app):
        raise InvalidInput(sentence, app.findings)
    return app


def _leave(reference: ImageRef, options: Options) -> None:
    """Raise InvalidInput when an image that exists already is to be built, or checked."""
    exists = f"{reference} names an image that exists already, by its digest"
    if options.builder not in {"auto", "none"}:
        raise InvalidInput(f"{exists}: name the image to build by a tag, or take --builder none")
    if options.check:
        raise InvalidInput(
            f"{exists}, and --check is for one that is built: name it by a tag, or say --no-check"
        )


def _folders(app: App, context: Tree, built: Image) -> dict[str, Tree]:
    stem = _stem(app)
    layout = {f"{stem}{report.IMAGE_FOLDER}": built.layout} if built.layout else {}
    return {f"{stem}{CONTEXT}": context, **layout}


def _unbuilt(reference: ImageRef, reason: str, options: Options) -> Image:
    if options.require_image or options.check:
        raise Unavailable(f"the image was not built: {reason}")
    return Image(reference=reference, reason=reason)


def _image(built: Image) -> dict[str, Any]:
    return report.image(built.reference, built.id, built.builder)


def _stem(app: App) -> str:
    return f"{app.name}-{app.version}"


def _strict(item: Finding, strict: bool) -> Finding:
    return replace(item, level="error") if strict and item.code == "not-a-flow" else item


def _order(item: Finding) -> tuple[int, str, str, Finding]:
    """The worst first, then as the files lie: what is to do in one file stands together."""
    return ("error", "warning", "info").index(item.level), item.file, item.at, item
