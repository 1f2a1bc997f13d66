"""Makes the lock: looks up the base, and chooses the packages that it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from chartgen.errors import InvalidInput
from chartgen.image import bases, inventory, locked, oci, wheels
from chartgen.image.inventory import Inventory
from chartgen.image.model import Order
from chartgen.image.uv import Target
from chartgen.lock import Lock, Pin
from chartgen.model import App
from chartgen.oci import document, resolve
from chartgen.oci.descriptor import Platform
from chartgen.oci.resolve import Child
from chartgen.oci.source import BaseImage
from chartgen.watcher import Watcher


def make_lock(order: Order, watcher: Watcher) -> Lock:
    """Look up the base and choose the packages, once: `build` then needs to look up nothing.

    For packages the base is read as a whole, to see what it has. Raises Unavailable when a
    registry or the package index does not answer, InvalidInput when no wheels fit.
    """
    app = order.app
    watcher.line(f"reading the base {app.base.reference}")
    with bases.opened(app.base.reference, connect=order.access.connect) as opened:
        resolved = resolve.resolve(opened.source, opened.reference, oci.platforms(order))
        python, pinned = "", {}
        if app.packages:
            had = {child.platform: _inventory(opened.source, child) for child in resolved.children}
            python = _python(had.values())
            pinned = {platform: _pins(app, platform, one) for platform, one in had.items()}
        return locked.make_lock(
            app,
            opened.source,
            opened.reference,
            own=oci.own(app),
            platforms=oci.platforms(order),
            python=python,
            pin=pinned.__getitem__ if pinned else None,
        )


def _python(found: Iterable[Inventory]) -> str:
    """The one Python that all platforms of a base have."""
    versions = sorted({one.python for one in found})
    if len(versions) > 1:
        raise InvalidInput(
            f"the base's platforms differ in their Python, {' and '.join(versions)}: name one "
            "with --platform, or take --builder docker"
        )
    return versions[0]


def _inventory(source: BaseImage, child: Child) -> Inventory:
    what = f"the configuration of {child.digest}"
    run = document.section(document.load(child.config, what), "config", what)
    variables = dict(text.split("=", 1) for text in document.texts(run, "Env", what) if "=" in text)
    return inventory.take(source, child.parsed.layers, variables.get("PATH", ""))


def _pins(app: App, platform: Platform, had: Inventory) -> tuple[Pin, ...]:
    target = Target(python=had.python, platform=platform)
    found = wheels.resolve(app.packages, app.constraints, had.distributions, target)
    # Proves that the wheels can be had.
    wheels.files(found, target)
    return found
