"""Which release of its runtime a base holds, as far as that can be found out without a download."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chartgen.errors import InvalidInput
from chartgen.image import inventory
from chartgen.model import RELEASE_LABEL, Runtime
from chartgen.oci import document
from chartgen.oci.entries import Damaged
from chartgen.oci.resolve import Base, Child
from chartgen.oci.source import BaseImage
from chartgen.oci.unpacking import Budget, Unreadable


def labelled(base: Base, runtime: Runtime) -> dict[str, str]:
    """The release that the base's labels name, as the version of the runtime's own package."""
    for child in base.children:
        what = f"the configuration of {child.digest}"
        run = document.section(document.load(child.config, what), "config", what)
        if found := named(document.section(run, "Labels", what), runtime):
            return found
    return {}


def named(labels: Mapping[str, object], runtime: Runtime) -> dict[str, str]:
    """The same, of labels."""
    version = labels.get(RELEASE_LABEL)
    return {runtime.name: version} if isinstance(version, str) and version else {}


def installed(source: BaseImage, base: Base, runtime: Runtime) -> dict[str, str]:
    """The runtime's packages (name → version), by the names of the files in the base's layers.

    Layers are read from the top, and no further than to the package that tells most: so what
    was replaced is not met. Raises InvalidInput when a layer is damaged.
    """
    found: dict[str, str] = {}
    budget = Budget(packed=inventory.MOST_READ, unpacked=inventory.MOST_UNPACKED)
    for name, version in _distributions(source, base.children[0], budget):
        if name in runtime.distributions:
            found.setdefault(name, version)
        if name == runtime.distributions[0]:
            break
    return found


def _distributions(source: BaseImage, child: Child, budget: Budget) -> Iterator[tuple[str, str]]:
    for layer in reversed(child.parsed.layers):
        if layer.foreign:
            continue
        try:
            found = map(inventory.distribution, inventory.names(source, layer, budget))
            yield from filter(None, found)
        except Unreadable:
            return
        except Damaged as fault:
            raise InvalidInput(f"the base's layer {layer.digest} is damaged: {fault}") from fault
