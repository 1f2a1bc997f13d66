"""Makes the lock: looks up the base, and chooses the packages that it lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from chartgen.errors import InvalidInput
from chartgen.image import bases, contents, inventory, locked, oci, proof, wheels
from chartgen.image.inventory import Inventory
from chartgen.image.model import Order
from chartgen.image.uv import Target
from chartgen.lock import Lock, Pin
from chartgen.model import App, Finding
from chartgen.oci import document, resolve
from chartgen.oci.descriptor import Platform
from chartgen.oci.resolve import Base, Child
from chartgen.oci.source import BaseImage
from chartgen.watcher import Watcher


def make_lock(order: Order, watcher: Watcher) -> Lock:
    """Look up the base and choose the packages, once: `build` then needs to look up nothing.

    For packages the base is read as a whole, to see what it has. Raises Unavailable when a
    registry or the package index does not answer, InvalidInput when no wheels fit, or when
    neither they nor the base have what the flows import.
    """
    app = order.app
    watcher.line(f"reading the base {app.base.reference}")
    with bases.opened(app.base.reference, connect=order.access.connect) as opened:
        resolved = resolve.resolve(opened.source, opened.reference, oci.platforms(order))
        python, pinned, modules = "", {}, frozenset[str]()
        had: dict[Platform, Inventory] = {}
        if app.packages:
            had = {c.platform: _inventory(opened.source, c, app) for c in resolved.children}
            python, modules = _python(had.values()), _modules(app, had.values())
            pinned = {platform: _pins(app, platform, one) for platform, one in had.items()}
            proof.refuse(_lacking(app, pinned, python, modules))
        return locked.make_lock(
            app,
            opened.source,
            opened.reference,
            own=oci.own(app),
            platforms=oci.platforms(order),
            python=python,
            pin=pinned.__getitem__ if pinned else None,
            modules=modules,
            distributions=_held(app, resolved, opened.source, had.values()),
        )


def _held(app: App, base: Base, source: BaseImage, had: Iterable[Inventory]) -> Mapping[str, str]:
    """The runtime's packages in a base whose name does not tell which release it holds."""
    if app.base.version:
        return {}
    if found := contents.labelled(base, app.runtime):
        return found
    for one in had:
        names = app.runtime.distributions
        return {name: one.distributions[name] for name in names if name in one.distributions}
    return contents.installed(source, base, app.runtime)


def _python(found: Iterable[Inventory]) -> str:
    """The one Python that all platforms of a base have."""
    versions = sorted({one.python for one in found})
    if len(versions) > 1:
        raise InvalidInput(
            f"the base's platforms differ in their Python, {' and '.join(versions)}: name one "
            "with --platform, or take --builder docker"
        )
    return versions[0]


def _modules(app: App, found: Iterable[Inventory]) -> frozenset[str]:
    """What the flows import and the base has on all of its platforms, as far as it decides."""
    had = []
    for one in found:
        has = proof.importable(one.files)
        looked = (has.look(module.name) for module in app.modules)
        had.append({part for part, is_there in looked if is_there})
    return frozenset.intersection(*map(frozenset, had))


def _inventory(source: BaseImage, child: Child, app: App) -> Inventory:
    what = f"the configuration of {child.digest}"
    run = document.section(document.load(child.config, what), "config", what)
    variables = dict(text.split("=", 1) for text in document.texts(run, "Env", what) if "=" in text)
    names = [module.name for module in app.modules]
    return inventory.take(source, child.parsed.layers, variables.get("PATH", ""), names)


def _pins(app: App, platform: Platform, had: Inventory) -> tuple[Pin, ...]:
    target = Target(python=had.python, platform=platform)
    try:
        return wheels.resolve(app.packages, app.constraints, had.distributions, target)
    except InvalidInput as fault:
        findings = set(proof.unknown(app.modules, fault.message))
        raise InvalidInput(fault.message, sorted(findings)) from fault


def _lacking(
    app: App, pinned: Mapping[Platform, tuple[Pin, ...]], python: str, present: Collection[str]
) -> Iterator[Finding]:
    for platform, pins in pinned.items():
        # Proves, too, that the wheels can be had.
        files = wheels.files(pins, Target(python=python, platform=platform))
        yield from proof.lacking(app.modules, files, pins, present)
