from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from chartgen import lock
from chartgen.errors import InvalidInput
from chartgen.image import locked
from chartgen.image.locked import LockedImage
from chartgen.lock import Lock, Pin
from chartgen.model import App
from chartgen.oci import build as oci_build
from chartgen.oci import resolve
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.build import Recipe
from chartgen.oci.descriptor import Platform
from chartgen.oci.resolve import Base
from tests.oci_base import AMD64, Shelf, digest
from tests.sample import sample_app

OWN = ("app/flows",)
PIN = Pin(name="a", version="1", hashes=("sha256:" + "a" * 64,))


def shelf() -> Shelf:
    made = Shelf()
    made.several(tag="1.0")
    return made


def made(base: Shelf, app: App | None = None, *platforms: str) -> Lock:
    return locked.make_lock(
        app or sample_app(packages=()),
        base,
        "1.0",
        own=OWN,
        platforms=map(resolve.platform, platforms),
        python="3.14",
        pin=lambda platform: (PIN,),
    )


def built(base: Base, above: Mapping[str, Ancestors]) -> str:
    recipe = Recipe(files=sample_app().files, own=OWN)
    return oci_build.build(base, above, recipe).root.descriptor.digest


def test_a_locked_base_gives_the_same_image_as_the_base_itself(tmp_path: Path) -> None:
    base, app = shelf(), sample_app(packages=())
    file = tmp_path / lock.FILE
    file.write_bytes(lock.dump(made(base)))
    found = lock.read(file)
    direct = resolve.resolve(base, "1.0")
    again = resolve.resolve(LockedImage(lock=found), "1.0")
    assert again == direct
    scanned = oci_build.scan(base, direct, app.files, OWN)
    assert locked.above(found, again, app, OWN) == scanned
    assert {one.owners["app"].mode for one in scanned.values()} == {0o775}
    assert built(again, scanned) == built(direct, scanned)


def test_a_base_of_one_platform_can_be_locked() -> None:
    base = Shelf()
    base.image(tag="1.0", docker=True)
    assert resolve.resolve(LockedImage(lock=made(base)), "1.0") == resolve.resolve(base, "1.0")


def test_what_an_index_does_not_tell_is_locked_too() -> None:
    base = Shelf()
    base.index([base.entry(base.image(platform=AMD64), None)], tag="1.0")
    assert resolve.resolve(LockedImage(lock=made(base)), "1.0") == resolve.resolve(base, "1.0")


def test_a_lock_holds_no_layer_and_no_attestation() -> None:
    base = shelf()
    held = made(base).documents
    children = resolve.resolve(base, "1.0").children
    wanted = {
        base.tags["1.0"],
        *(c.digest for c in children),
        *(digest(c.config) for c in children),
    }
    assert held.keys() == wanted


def test_a_layer_is_not_in_the_lock_and_the_error_says_so() -> None:
    with pytest.raises(InvalidInput, match=r"no layers, and sha256:1+ is a layer or of another"):
        LockedImage(lock=made(shelf())).blob("sha256:" + "1" * 64)


def test_a_platform_that_was_not_locked_asks_for_a_new_lock() -> None:
    found = made(shelf(), None, "linux/amd64")
    source = LockedImage(lock=found)
    assert len(resolve.resolve(source, "1.0", [resolve.platform("linux/amd64")]).children) == 1
    with pytest.raises(InvalidInput, match=r"is not in chartgen.lock: run `chartgen lock` again"):
        resolve.resolve(source, "1.0")


def test_files_in_another_folder_ask_for_a_new_lock() -> None:
    base = shelf()
    app = sample_app(packages=(), files={"srv/flows/a.json": b"{}"})
    with pytest.raises(InvalidInput, match=r"who owns the folders .* linux/amd64: run `chartgen"):
        locked.above(made(base), resolve.resolve(base, "1.0"), app, OWN)


def test_packages_are_pinned_for_each_platform() -> None:
    found = made(shelf(), sample_app())
    assert found.packages == {"linux/amd64": (PIN,), "linux/arm64/v8": (PIN,)}
    assert locked.pins(found, resolve.platform("linux/amd64")) == (PIN,)


def test_packages_that_were_not_locked_ask_for_a_new_lock() -> None:
    with pytest.raises(InvalidInput, match=r"no Python packages for linux/s390x: run `chartgen"):
        locked.pins(made(shelf(), sample_app()), Platform(os="linux", architecture="s390x"))


def test_flows_that_need_nothing_ask_for_no_package() -> None:
    found = made(shelf())
    assert (dict(found.packages), found.needs.python) == ({}, "")
