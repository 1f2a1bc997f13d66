from __future__ import annotations

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from chartgen import lock, tree
from chartgen.errors import Unavailable
from chartgen.image import locked, proof, uv, wheels
from chartgen.image.locked import LockedImage
from chartgen.image.uv import Target
from chartgen.lock import Pin
from chartgen.model import App, Module, Use
from chartgen.oci import build as oci_build
from chartgen.oci import layout, resolve
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.append import Change
from chartgen.oci.build import Recipe
from chartgen.oci.descriptor import Platform
from chartgen.oci.resolve import Base
from tests.oci_base import Shelf
from tests.sample import sample_app

# A Langflow 1.13.0 base in part; langchain-openai 1.7.4 needs a newer langchain-core.
PRESENT = {
    "certifi": "2026.10.18",
    "langchain-core": "1.7.2",
    "langflow-base": "1.13.0",
    "lfx": "1.13.0",
    "openai": "2.54.0",
    "tiktoken": "0.14.0",
}
RUNTIME = ("langflow-base==1.13.0", "lfx==1.13.0")


def pinned(platform: Platform, *, offline: bool = False) -> tuple[Pin, ...]:
    target = Target(python="3.14", platform=platform)
    return wheels.resolve(
        ["langchain-openai>=1.7.3,<=1.7.4"], RUNTIME, PRESENT, target, offline=offline
    )


@pytest.fixture
def index() -> None:
    try:
        uv.command()
        pinned(resolve.platform("linux/amd64"))
    except Unavailable as fault:
        pytest.skip(fault.message)


def built(app: App, base: Base, above: dict[str, Ancestors], pins: tuple[Pin, ...]) -> str:
    target = Target(python="3.14", platform=base.children[0].platform)
    carried = wheels.files(pins, target, offline=True)
    recipe = Recipe(
        files=tree.merge(app.files, carried),
        own=("app/flows", "app/chartgen"),
        change=Change(env=wheels.environment(base)),
    )
    return oci_build.build(base, above, recipe).root.descriptor.digest


@pytest.mark.network
@pytest.mark.usefixtures("index")
def test_a_version_that_the_base_cannot_run_is_not_chosen() -> None:
    found = [pinned(resolve.platform(f"linux/{one}")) for one in ("amd64", "arm64")]
    assert [(pin.name, pin.version) for pin in found[0]] == [("langchain-openai", "1.7.3")]
    assert found[0] == found[1]


@pytest.mark.network
@pytest.mark.usefixtures("index")
def test_with_a_lock_the_same_image_is_built_with_no_network_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf()
    disk = layout.read(shelf.write(tmp_path / "base", {"1.0": shelf.several()}))
    app = sample_app(packages=("langchain-openai",), constraints=RUNTIME)
    own = ("app/flows", "app/chartgen")

    def pin(platform: Platform) -> tuple[Pin, ...]:
        found = pinned(platform)
        wheels.files(found, Target(python="3.14", platform=platform))
        return found

    made = locked.make_lock(app, disk, "1.0", own=own, python="3.14", pin=pin)
    file = tmp_path / lock.FILE
    file.write_bytes(lock.dump(made))
    base = resolve.resolve(disk, "1.0")
    direct = built(
        app, base, oci_build.scan(disk, base, app.files, own), made.packages["linux/amd64"]
    )

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    # For uv, which is another process: what it would ask does not exist.
    monkeypatch.setenv("UV_OFFLINE", "1")
    held = lock.read(file)
    lock.check(held, app, python="3.14")
    again = resolve.resolve(LockedImage(lock=held), "1.0")
    pins = locked.pins(held, again.children[0].platform)
    assert built(app, again, locked.above(held, again, app, own), pins) == direct


# A file alone, a folder that many distributions share, compiled code alone, a distribution that
# brings another, and two that bring something else than their names say.
REAL = {
    "six.moves": "six",
    "google.genai.types": "google-genai",
    "googleapiclient.discovery.build": "google-api-python-client",
    "google.oauth2.service_account": "google-api-python-client",
    "ujson": "ujson",
    "_cffi_backend": "cffi",
    "yaml.YAMLError": "pyyaml",
}
FALSE = {
    "ruamel.base": "ruamel-yaml",
    "google.cloud.storage": "google-genai",
    "docopt": "types-docopt",
}


@pytest.mark.network
@pytest.mark.usefixtures("index")
def test_real_wheels_are_known_to_bring_what_they_bring_and_no_more() -> None:
    target = Target(python="3.14", platform=resolve.platform("linux/amd64"))
    expected = [
        Module(name=name, package=package, used_by=(Use(flow="F", component="C", field=""),))
        for name, package in {**REAL, **FALSE}.items()
    ]
    pins = wheels.resolve(sorted({one.package for one in expected}), RUNTIME, PRESENT, target)
    found = proof.lacking(expected, wheels.files(pins, target), pins, ())
    told = {one.message.split()[2]: one.message.split()[-6] for one in found}
    assert told == {
        "ruamel.base": "ruamel-yaml",
        "google.cloud.storage": "google-genai",
        "docopt": "types-docopt",
    }
