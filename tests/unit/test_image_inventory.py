"""What a base image has, as the names in its layers tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from chartgen.errors import InvalidInput
from chartgen.image import Order, inventory, make_lock
from chartgen.image.inventory import Inventory
from chartgen.oci import manifest
from tests import oci_base, releases
from tests.sample import sample_image

SITE = "app/.venv/lib/python3.14/site-packages"
PATH = "/app/.venv/bin:/usr/bin:/bin"


def layer(*names: str) -> bytes:
    return oci_base.tar([oci_base.file(f"{name}/METADATA") for name in names])


def taken(layers: Sequence[bytes], path: str = PATH) -> Inventory:
    shelf = oci_base.Shelf()
    found = shelf.manifests[shelf.image(layers=layers)][0]
    return inventory.take(shelf, manifest.manifest(found, "the base").layers, path)


def test_distributions_are_found_by_name_and_version() -> None:
    found = taken(
        [layer(f"{SITE}/langchain_core-1.7.2.dist-info", f"{SITE}/PyYAML-6.0.3.dist-info")]
    )
    assert found == Inventory(
        python="3.14", distributions={"langchain-core": "1.7.2", "pyyaml": "6.0.3"}
    )


def test_what_a_later_layer_removes_or_replaces_is_gone() -> None:
    found = taken(
        [
            layer(f"{SITE}/requests-2.31.0.dist-info", f"{SITE}/pip-24.0.dist-info"),
            oci_base.tar(
                [
                    oci_base.file(f"{SITE}/.wh.requests-2.31.0.dist-info"),
                    oci_base.file(f"{SITE}/requests-2.34.2.dist-info/METADATA"),
                    oci_base.file(f"{SITE}/.wh.pip-24.0.dist-info"),
                ]
            ),
        ]
    )
    assert found.distributions == {"requests": "2.34.2"}


def test_the_python_that_the_path_names_first_counts() -> None:
    layers = [
        layer("usr/lib/python3.11/site-packages/six-1.16.0.dist-info"),
        layer(f"{SITE}/six-1.17.0.dist-info"),
    ]
    assert taken(layers).python == "3.14"
    assert taken(layers, "/usr/bin:/app/.venv/bin").python == "3.11"


def test_a_base_without_python_is_refused_with_the_builder_that_could() -> None:
    with pytest.raises(InvalidInput, match="--builder docker"):
        taken(oci_base.LAYERS)


def test_a_damaged_layer_is_named() -> None:
    shelf = oci_base.Shelf()
    found = manifest.manifest(shelf.manifests[shelf.image()][0], "the base")
    shelf.blobs[found.layers[0].digest] = b"\x1f\x8bnothing"
    with pytest.raises(InvalidInput, match=found.layers[0].digest):
        inventory.take(shelf, found.layers, PATH)


def test_platforms_with_different_pythons_are_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shelf = oci_base.Shelf()
    environment = {"config": {"Env": [f"PATH={PATH}"]}}
    entries = []
    for platform, python in ((oci_base.AMD64, "3.14"), (oci_base.ARM64, "3.13")):
        six = layer(f"app/.venv/lib/python{python}/site-packages/six-1.17.0.dist-info")
        found = shelf.image(layers=[six], platform=platform, config=environment)
        entries.append(shelf.entry(found, platform))
    shelf.write(tmp_path / "base", {"1": shelf.index(entries)})
    order = Order(app=releases.app(packages=("httpx",)), image=sample_image(digest=""), context={})
    with pytest.raises(InvalidInput, match=r"3\.13 and 3\.14.*--platform"):
        make_lock(order, releases.Nobody())
