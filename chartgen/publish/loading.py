"""A release's image in the local Docker engine, with no registry between."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from chartgen import report
from chartgen.errors import ChartgenError, Unavailable
from chartgen.image import bases
from chartgen.image.access import Access
from chartgen.image.engine import Engine, Held, Refused, answering
from chartgen.oci import archive, layout, manifest, source, thin
from chartgen.oci.archive import Archive
from chartgen.oci.image import OciImage
from chartgen.publish import made
from chartgen.publish.made import Made
from chartgen.publish.sending import Patient, counted
from chartgen.watcher import Watcher


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """An image that the engine has, and shows, under its reference.

    `id` is what the engine calls it. `thin` tells that the engine had the base's layers, and
    ours alone was sent; `was_there` that nothing was.
    """

    reference: str
    id: str
    platform: str
    thin: bool
    was_there: bool


@dataclass(frozen=True, kw_only=True)
class _Load:
    """An image for one platform on its way into an engine.

    `by_layers` is what `Engine.keeps_layers` says.
    """

    engine: Engine
    by_layers: bool
    made: Made
    image: OciImage
    diff_ids: tuple[str, ...]
    access: Access
    watcher: Watcher

    @property
    def reference(self) -> str:
        return f"{self.made.name.repository}:{self.made.name.tag}"

    def shown(self) -> Held | None:
        """The image as the engine shows it, None when it shows nothing or something else."""
        named = self.image.parsed().config if self.by_layers else self.image.root.descriptor
        found = self.engine.find(self.reference)
        right = found and (found.id, found.diff_ids) == (named.digest, self.diff_ids)
        return found if right else None

    def send(self) -> bool:
        """Send what the engine lacks; whether our layer alone was that."""
        if self.by_layers and self._has_base():
            ours = layout.read(self.made.folder)
            try:
                self._give(archive.thin(self.image, ours, self.made.name))
            except Refused:
                self.watcher.line("the engine lacks layers of the base after all")
            else:
                return True
        with bases.opened(self.made.base, connect=self.access.connect) as base:
            try:
                self._give(archive.stream(self.image, Patient(inner=base.source), self.made.name))
            except Refused as fault:
                words = f"{self.reference} cannot be loaded: {fault.message}"
                raise ChartgenError(words) from fault
        return False

    def _has_base(self) -> bool:
        """Whether the engine has the layers that we stand on, as far as it shows.

        Those of an image of the engine may be there when their name means another one by now.
        """
        if bases.engine_name(self.made.base):
            return True
        below = self.diff_ids[:-1]
        candidates = (*_names(self.made.base), *self.engine.tagged(self.made.name.repository))
        found = filter(None, map(self.engine.find, candidates))
        return any(one.diff_ids[: len(below)] == below for one in found)

    def _give(self, whole: Archive) -> None:
        self.engine.load(counted(whole, self.watcher))


def load(file: Path, access: Access, watcher: Watcher, *, platform: str = "") -> Loaded:
    """Give the image of a release to the local Docker engine, under its repository and tag.

    `file` is the release's report, and `access` how the base's registry is reached; `platform`
    is by default the engine's, or else the image's first. Where the engine has the base's
    layers, ours alone is sent; else the whole image for that platform.

    Raises InvalidInput when there is no such image, Unavailable when no engine answers, the
    base cannot be had, or the engine does not show in the end what was loaded.
    """
    one = made.of(report.read(file), file.parent)
    image = one.read()
    watcher.step("asking the Docker engine")
    with answering() as engine:
        chosen = made.choose(image, platform, engine.architecture)
        run = _run(one, thin.only(image, chosen), engine, access, watcher)
        found = run.shown()
        was_there, small = found is not None, False
        if not found:
            watcher.step(f"loading {run.reference}")
            small, found = run.send(), run.shown()
        if not found:
            raise Unavailable(
                f"the Docker engine took {run.reference} and does not show it: run this again"
            )
    return Loaded(
        reference=run.reference,
        id=found.id,
        platform=str(chosen),
        thin=small,
        was_there=was_there,
    )


def _run(one: Made, image: OciImage, engine: Engine, access: Access, watcher: Watcher) -> _Load:
    config = source.read(layout.read(one.folder), image.parsed().config)
    return _Load(
        engine=engine,
        by_layers=engine.keeps_layers,
        made=one,
        image=image,
        diff_ids=manifest.config(config, "the image's configuration").diff_ids,
        access=access,
        watcher=watcher,
    )


def _names(base: str) -> tuple[str, ...]:
    """What the engine may call a base; a layout on disk has no name there."""
    return () if bases.is_local(base) else tuple(dict.fromkeys([base, base.partition("@")[0]]))
