"""Which Python, which distributions in which versions, and which modules a base image has.

Only the names of the files in its layers tell: every installed distribution has a folder
`NAME-VERSION.dist-info` in `site-packages` (packaging.python.org, "Recording installed
projects"). So all layers are read once, as `chartgen lock` may and packaging need not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

from chartgen.errors import InvalidInput
from chartgen.oci import unpacking
from chartgen.oci.descriptor import Descriptor
from chartgen.oci.entries import Damaged
from chartgen.oci.source import BaseImage
from chartgen.oci.unpacking import Budget, Unreadable

# Langflow's larger image has 5 GB; what is larger still is no runtime that one deploys.
MOST_READ = 8 << 30
MOST_UNPACKED = 32 << 30
# Where a Python keeps what is installed for it.
SITE = re.compile(
    r"(?:\./)?(?P<root>.*?lib(?:64)?/python(?P<python>3\.\d+)/site-packages)/(?P<path>.+)"
)
DISTRIBUTION = re.compile(
    r"(?P<whiteout>\.wh\.)?(?P<name>[A-Za-z0-9._]+)-(?P<version>[^/-]+)\.dist-info(?:/.*)?"
)
# How a layer says that a file, or all of a folder, of the layers below is gone (OCI image spec).
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """A Python, its distributions (normalised name → version), and the files that were asked for.

    The paths of `files` are relative to the folder that Python imports from.
    """

    python: str
    distributions: dict[str, str] = field(default_factory=dict)
    files: frozenset[str] = frozenset()


@dataclass(kw_only=True)
class _Site:
    """A folder `site-packages` while the layers are read."""

    distributions: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)


def take(
    base: BaseImage, layers: Iterable[Descriptor], path: str, modules: Collection[str] = ()
) -> Inventory:
    """The Python that `python` starts by the base's `PATH`, and what is installed for it.

    Of its files only those are kept that belong to `modules`, dotted names. Raises InvalidInput
    when the layers cannot be read or there is no such Python.
    """
    sites: dict[tuple[str, str], _Site] = {}
    budget = Budget(packed=MOST_READ, unpacked=MOST_UNPACKED)
    tops = frozenset(module.partition(".")[0] for module in modules)
    for layer in layers:
        try:
            _read(names(base, layer, budget), sites, tops)
        except (Damaged, Unreadable) as fault:
            raise InvalidInput(
                f"the base's layer {layer.digest} cannot be read: {fault}"
            ) from fault
    for folder in path.split(":"):
        prefix = folder.strip("/").removesuffix("bin").rstrip("/")
        for (root, python), site in sorted(sites.items(), key=lambda item: item[0]):
            if site.distributions and root.partition("lib")[0].strip("/") == prefix:
                return Inventory(
                    python=python, distributions=site.distributions, files=frozenset(site.files)
                )
    raise InvalidInput(
        "no Python with packages was found in the base by its PATH, so none can be added to it: "
        "--builder docker can"
    )


def distribution(path: str) -> tuple[str, str] | None:
    """Normalised name and version of the distribution that a file of a layer belongs to."""
    inside = SITE.fullmatch(path)
    match = DISTRIBUTION.fullmatch(inside["path"]) if inside else None
    return (_normal(match["name"]), match["version"]) if match and not match["whiteout"] else None


def names(base: BaseImage, layer: Descriptor, budget: Budget) -> Iterator[str]:
    """The names of what a layer holds. Raises Damaged, and Unreadable beyond the budget."""
    with closing(base.blob(layer.digest)) as stream:
        for entry in unpacking.look(stream, budget):
            yield entry.name


def _read(names: Iterable[str], sites: dict[tuple[str, str], _Site], tops: Collection[str]) -> None:
    """Note what a layer adds to each folder `site-packages`, and what it takes away."""
    added: list[tuple[_Site, str]] = []
    for name in names:
        if match := SITE.fullmatch(name):
            key = match["root"].strip("/"), match["python"]
            site, path = sites.setdefault(key, _Site()), match["path"]
            _note(path, site.distributions)
            *above, last = path.split("/")
            if (above or [last.removeprefix(WHITEOUT)])[0].partition(".")[0] not in tops:
                continue
            if not last.startswith(WHITEOUT):
                added.append((site, path))
                continue
            # It means the layers below, wherever it stands in this one.
            gone = "/".join(above if last == OPAQUE else [*above, last.removeprefix(WHITEOUT)])
            site.files -= {one for one in site.files if f"{one}/".startswith(f"{gone}/")}
    for site, path in added:
        site.files.add(path)


def _note(path: str, distributions: dict[str, str]) -> None:
    match = DISTRIBUTION.fullmatch(path)
    if match is None:
        return
    normal = _normal(match["name"])
    if not match["whiteout"]:
        distributions[normal] = match["version"]
    elif distributions.get(normal) == match["version"]:
        del distributions[normal]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
