"""Which builder makes the image: the one that was asked for, or the first that can here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from chartgen.errors import Unavailable
from chartgen.image import bases, docker, oci
from chartgen.image.model import Built, Order
from chartgen.watcher import Watcher

Builder = Callable[[Order, Watcher], Built]

# A builder is one module and one line here; "none" and "auto" are choices, not builders.
BUILDERS: Mapping[str, Builder] = {"oci": oci.build, "docker": docker.build}
# How long a base's registry may keep "auto" waiting before an engine is tried instead.
HURRY_SECONDS = 8.0


def build(order: Order, builder: str, watcher: Watcher) -> Built:
    """Build with one builder, or with "auto" as one of them can.

    Raises Unavailable, with every reason, when none can; a builder that could, and fails for
    another reason, is not followed by the next.
    """
    if builder == "auto":
        order = replace(order, seconds=HURRY_SECONDS)
    reasons = []
    for name in _names(order, builder):
        watcher.step(f"building {order.image} ({name})")
        try:
            return replace(BUILDERS[name](order, watcher), builder=name)
        except Unavailable as fault:
            reasons.append(fault.message)
    raise Unavailable("; ".join(reasons))


def _names(order: Order, builder: str) -> tuple[str, ...]:
    if builder != "auto":
        return (builder,)
    if order.app.packages and not order.lock:
        # Which packages fit is only known from a lock; an engine finds out by itself.
        return ("docker",)
    # An engine builds on what it can pull, and for one platform at a time.
    alone = bases.is_local(order.app.base.reference) or len(order.platforms) > 1
    return ("oci",) if alone else ("oci", "docker")
