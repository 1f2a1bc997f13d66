"""The way from a resolved base and files to an image: who owns what, the layers, the manifests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from chartgen import tree
from chartgen.oci import ancestors, image, layer
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.append import Change
from chartgen.oci.image import OciImage, Opener
from chartgen.oci.layer import Layer
from chartgen.oci.packing import Compression
from chartgen.oci.resolve import Base
from chartgen.oci.source import BaseImage
from chartgen.oci.tarball import Owner
from chartgen.store import Store
from chartgen.tree import Tree


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is put on a base. `own` names the folders that are ours, wherever the base ends.

    `more` are files for one platform alone, under the digest of the base's child for it.
    `created` is the time in seconds that everything carries, by default the base's own.
    """

    files: Tree = field(repr=False)
    own: tuple[str, ...] = ()
    more: Mapping[str, Tree] = field(default_factory=dict, repr=False)
    change: Change = field(default_factory=Change)
    created: int | None = None
    compression: Compression = "gzip"
    threads: int = 0


def scan(source: BaseImage, base: Base, files: Tree, own: Iterable[str]) -> dict[str, Ancestors]:
    """The folders above our files, for each child of the base under its digest."""
    wanted = ancestors.wanted(files, own)
    return {
        child.digest: ancestors.find(
            wanted, child.parsed.layers, lambda descriptor: source.blob(descriptor.digest)
        )
        for child in base.children
    }


def build(base: Base, above: Mapping[str, Ancestors], recipe: Recipe) -> OciImage:
    """Write the layers, each into a store of its own, and assemble.

    One layer serves every platform, unless their files differ, or the bases in who owns the
    folders above them.
    """
    epoch = base.created if recipe.created is None else recipe.created
    written: list[tuple[Mapping[str, Owner], Tree, tuple[Layer, Opener]]] = []
    layers = {}
    for child in base.children:
        owners, more = above[child.digest].owners, recipe.more.get(child.digest, {})
        made = next((one for o, m, one in written if o == owners and m == more), None)
        if made is None:
            # Without more, a lazy mapping of files stays lazy.
            files = tree.merge(recipe.files, more) if more else recipe.files
            made = _layer(replace(recipe, files=files), owners, epoch)
            written.append((owners, more, made))
        layers[child.digest] = made
    return image.assemble(base, layers, recipe.change, created=epoch)


def _layer(recipe: Recipe, owners: Mapping[str, Owner], epoch: int) -> tuple[Layer, Opener]:
    store = Store()
    made = layer.write(
        recipe.files,
        store,
        epoch=epoch,
        folders=owners,
        compression=recipe.compression,
        threads=recipe.threads,
    )
    return made, store.open
