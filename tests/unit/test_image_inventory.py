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


def files(*layers: bytes, modules: Sequence[str] = ("acme.tools", "google.genai")) -> set[str]:
    shelf = oci_base.Shelf()
    found = shelf.manifests[shelf.image(layers=[layer(f"{SITE}/pip-26.0.dist-info"), *layers])][0]
    parsed = manifest.manifest(found, "the base")
    return set(inventory.take(shelf, parsed.layers, PATH, modules).files)


def empty(*names: str) -> bytes:
    return oci_base.tar([oci_base.file(f"{SITE}/{name}") for name in names])


def test_of_the_files_only_those_of_the_modules_that_are_asked_for_are_kept() -> None:
    found = files(
        empty("acme/__init__.py", "acme/tools.py", "acmeonly.py", "six.py", "google/genai/a.py"),
        empty("acme.cpython-314-x86_64-linux-gnu.so"),
        oci_base.tar([oci_base.file("usr/lib/python3.14/site-packages/acme/elsewhere.py")]),
    )
    assert found == {
        *("acme/__init__.py", "acme/tools.py", "google/genai/a.py"),
        "acme.cpython-314-x86_64-linux-gnu.so",
    }


def test_files_that_a_later_layer_removes_are_gone_and_those_that_it_adds_are_there() -> None:
    first = empty("acme/__init__.py", "acme/old/a.py", "google/genai/a.py", "google/b.py")
    assert files(first, empty("acme/.wh.old", ".wh.google")) == {"acme/__init__.py"}
    # What a layer takes away is what was below it, whatever the order in it.
    assert files(first, empty("acme/new.py", "acme/.wh..wh..opq")) == {
        *("acme/new.py", "google/genai/a.py", "google/b.py"),
    }
