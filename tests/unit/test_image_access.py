"""How the registry of a base is reached when a user says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chartgen import image, publish
from chartgen.errors import InvalidInput, Unavailable
from chartgen.image import Order
from chartgen.model import Base
from chartgen.publish import Access
from tests import cli as terminal
from tests import releases
from tests.registry_server import Registry
from tests.releases import REPORT, Nobody, app, build, package
from tests.sample import sample_image


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


def lock(order: Order) -> object:
    return image.make_lock(order, Nobody())


def make(order: Order) -> object:
    return build(**{**vars(order), "context": {}})


@pytest.mark.parametrize("action", [lock, make])
def test_the_builder_and_the_lock_reach_the_base_as_they_are_told(
    action: Callable[[Order], object], server: Registry, tmp_path: Path
) -> None:
    base = Base(reference=f"{server.host}/base:1", profile="custom", reason="asked for")

    def order(access: Access) -> Order:
        return Order(app=app(base=base), image=sample_image(digest=""), context={}, access=access)

    assert action(order(Access()))
    assert action(order(Access(plain_http=True)))
    with pytest.raises(Unavailable, match=server.host):
        action(order(Access(plain_http=False)))
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(InvalidInput, match=r"ca\.pem"):
        action(order(Access(plain_http=False, ca_file=tmp_path / "ca.pem")))


def test_saving_reaches_the_base_as_it_is_told(server: Registry) -> None:
    assert package(f"{server.host}/base:1", "registry.example.com/team/bots").code == 0
    assert publish.save(Path(REPORT), Access(plain_http=True), Nobody()).file.is_file()
    with pytest.raises(Unavailable, match=server.host):
        publish.save(Path(REPORT), Access(plain_http=False), Nobody())
