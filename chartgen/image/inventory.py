"""Which Python, and which distributions in which versions, a base image has.

Only the names of the files in its layers tell: every installed distribution has a folder
`NAME-VERSION.dist-info` in `site-packages` (packaging.python.org, "Recording installed
projects"). So all layers are read once, as `chartgen lock` may and packaging need not.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from chartgen.errors import InvalidInput
from chartgen.oci import unpacking
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.source import BaseImage
from chartgen.oci.unpacking import Budget, Damaged, Unreadable

# Langflow's larger image has 5 GB; what is larger still is no runtime that one deploys.
MOST_READ = 8 << 30
MOST_UNPACKED = 32 << 30
DISTRIBUTION = re.compile(
    r"(?:\./)?(?P<root>.*?lib(?:64)?/python(?P<python>3\.\d+)/site-packages)/"
    r"(?P<whiteout>\.wh\.)?(?P<name>[A-Za-z0-9._]+)-(?P<version>[^/-]+)\.dist-info(?:/.*)?"
)


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """A Python and its distributions: normalised name → version."""

    python: str
    distributions: dict[str, str] = field(default_factory=dict)


def take(base: BaseImage, layers: Iterable[Descriptor], path: str) -> Inventory:
    """The Python that `python` starts by the base's `PATH`, and what is installed for it.

    Raises InvalidInput when the layers cannot be read or there is no such Python.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    budget = Budget(packed=MOST_READ, unpacked=MOST_UNPACKED)
    for layer in layers:
        try:
            for name in _names(base, layer, budget):
                _note(name, found)
        except (tarfile.TarError, Damaged, Unreadable) as fault:
            raise InvalidInput(
                f"the base's layer {layer.digest} cannot be read: {fault}"
            ) from fault
    for folder in path.split(":"):
        prefix = folder.strip("/").removesuffix("bin").rstrip("/")
        for (root, python), distributions in sorted(found.items()):
            if root.partition("lib")[0].strip("/") == prefix:
                return Inventory(python=python, distributions=distributions)
    raise InvalidInput(
        "no Python with packages was found in the base by its PATH, so none can be added to it: "
        "--builder docker can"
    )


def _names(base: BaseImage, layer: Descriptor, budget: Budget) -> Iterator[str]:
    with (
        closing(base.blob(layer.digest)) as stream,
        tarfile.open(fileobj=unpacking.unpack(stream, budget), mode="r|") as archive,
    ):
        for entry in archive:
            yield entry.name


def _note(name: str, found: dict[tuple[str, str], dict[str, str]]) -> None:
    match = DISTRIBUTION.fullmatch(name)
    if match is None:
        return
    distributions = found.setdefault((match["root"].strip("/"), match["python"]), {})
    normal = re.sub(r"[-_.]+", "-", match["name"]).lower()
    if not match["whiteout"]:
        distributions[normal] = match["version"]
    elif distributions.get(normal) == match["version"]:
        del distributions[normal]
