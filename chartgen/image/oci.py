"""Builds the image without Docker: the base's manifests, and one layer of our own on top.

Of the base only manifests, configurations, and as much of its layers as tells who owns the
folders above ours are read. What comes out is an OCI layout without the base's layers; pushing
finds those in the base's registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from chartgen import lock
from chartgen.errors import InvalidInput
from chartgen.image import bases, contents, labels, locked, proof, wheels
from chartgen.image.locked import LockedImage
from chartgen.image.model import Built, Order
from chartgen.image.uv import Target
from chartgen.lock import Lock
from chartgen.model import App, Finding
from chartgen.oci import build as oci_build
from chartgen.oci import layout, resolve
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.append import Change
from chartgen.oci.build import Recipe
from chartgen.oci.descriptor import Platform
from chartgen.oci.image import OciImage, Opener
from chartgen.oci.resolve import Base
from chartgen.oci.source import BaseImage
from chartgen.tree import Lazy, Reader, Tree, reader
from chartgen.watcher import Watcher

# A base, who owns its folders above ours, and the runtime's packages that it is known to hold.
Found = tuple[Base, Mapping[str, Ancestors], Mapping[str, str]]
ANNOTATION = "org.opencontainers.image."


def build(order: Order, watcher: Watcher) -> Built:
    """Build for every Linux platform of the base, or those of the order.

    With a lock nothing but its packages, if it has any, is asked of a network. Raises
    Unavailable when the base's registry does not answer, InvalidInput when the flows need
    packages and there is no lock that says which, or import what none of the packages has.
    """
    app = order.app
    base, above, held = _locked(order, order.lock) if order.lock else _looked_up(order, watcher)
    recipe = Recipe(
        files=app.files,
        own=own(app),
        change=_change(app, base),
        created=order.epoch,
        more=_packages(app, order.lock, base) if order.lock else {},
    )
    image = oci_build.build(base, above, recipe)
    return Built(
        id=image.parsed().config.digest,
        digest=image.root.descriptor.digest,
        layout=_thin(image),
        # Every platform of the base may have the same to tell.
        findings=tuple(dict.fromkeys(f for one in above.values() for f in one.findings)),
        distributions=held,
    )


def platforms(order: Order) -> list[Platform]:
    """The platforms of an order, parsed; none for all of the base."""
    return [resolve.platform(text) for text in order.platforms]


def _looked_up(order: Order, watcher: Watcher) -> Found:
    app = order.app
    if app.packages:
        raise InvalidInput(
            f"the flows need packages that {app.base.reference} lacks: {', '.join(app.packages)}. "
            "`chartgen lock` finds out which fit, and --builder docker installs them itself"
        )
    watcher.line(f"reading the base {app.base.reference}")
    connect = order.access.connect
    with bases.opened(app.base.reference, seconds=order.seconds, connect=connect) as opened:
        base = resolve.resolve(opened.source, opened.reference, platforms(order))
        above = oci_build.scan(opened.source, base, app.files, own(app))
        return base, above, _held(order, base, opened.source)


def _held(order: Order, base: Base, source: BaseImage) -> Mapping[str, str]:
    """The runtime's packages in a base whose name does not tell: layers are read on disk alone."""
    app = order.app
    if app.base.version:
        return {}
    found = contents.labelled(base, app.runtime)
    if found or not bases.is_local(app.base.reference):
        return found
    return contents.installed(source, base, app.runtime)


def _locked(order: Order, held: Lock) -> Found:
    app = order.app
    lock.check(held, app, python=held.needs.python)
    base = resolve.resolve(LockedImage(lock=held), held.digest, platforms(order))
    return base, locked.above(held, base, app, own(app)), held.distributions


def _packages(app: App, held: Lock, base: Base) -> dict[str, Tree]:
    if not held.needs.packages:
        return {}
    found: dict[str, Tree] = {}
    findings: list[Finding] = []
    for child in base.children:
        pins = locked.pins(held, child.platform)
        files = wheels.files(pins, Target(python=held.needs.python, platform=child.platform))
        findings += proof.lacking(app.modules, files, pins, held.modules)
        found[child.digest] = files
    proof.refuse(findings)
    return found


def own(app: App) -> tuple[str, ...]:
    """The folders that are ours from there on, whoever owned one of that name in the base."""
    return tuple(sorted({path.rpartition("/")[0] for path in app.files}))


def _change(app: App, base: Base) -> Change:
    described = labels.labels(app)
    return Change(
        labels=described,
        env=wheels.environment(base) if app.packages else {},
        user=labels.USER,
        cmd=app.runtime.command,
        ports=(app.runtime.port,),
        annotations={key: text for key, text in described.items() if key.startswith(ANNOTATION)},
        base_name="" if bases.is_local(app.base.reference) else app.base.reference,
        created_by=f"chartgen: {len(app.flows)} flows",
    )


def _thin(image: OciImage) -> Tree:
    """The layout's files, without the layers that the base has; ours are read when written."""
    files = {layout.path_of(one.descriptor.digest): one.data for one in image.documents()}
    files |= layout.marks(image)
    ours = {layout.path_of(b.descriptor.digest): _reader(b.open) for b in image.blobs if b.open}
    return Lazy({**{path: reader(files, path) for path in files}, **ours})


def _reader(opened: Opener) -> Reader:
    def read() -> bytes:
        with closing(opened()) as stream:
            return stream.read()

    return read
