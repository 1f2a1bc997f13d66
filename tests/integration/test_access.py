"""A base in a private registry whose certificate no system knows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chartgen import image, publish
from chartgen.errors import Unavailable
from chartgen.image import Order
from chartgen.model import Base
from chartgen.publish import Access
from tests.integration import registries
from tests.integration.command import run
from tests.oci_base import Shelf
from tests.releases import Nobody, app
from tests.sample import sample_image


@dataclass(frozen=True, kw_only=True)
class Private:
    """A registry that speaks HTTPS and wants a login, with a base in it."""

    base: str
    access: Access


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Private]:
    tls = registries.certificate(tmp_path / "tls")
    auth = registries.htpasswd(tmp_path / "auth")
    skopeo = registries.need("skopeo")
    with registries.registry(tmp_path / "registry", auth, tls) as host:
        login = f"{registries.USER}:{registries.PASSWORD}"
        auths = {"auths": {host: {"auth": base64.b64encode(login.encode()).decode()}}}
        (tmp_path / "config.json").write_text(json.dumps(auths))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        shelf = Shelf()
        shelf.write(tmp_path / "base", {"1": shelf.several()})
        done = run(
            *(skopeo, "--insecure-policy", "copy", "--all", "--dest-tls-verify=false"),
            *("--dest-creds", login, f"oci:{tmp_path / 'base'}:1", f"docker://{host}/base:1"),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr
        # Of a registry on this machine HTTP would be believed.
        access = Access(plain_http=False, ca_file=Path(tls["certificate"]))
        yield Private(base=f"{host}/base:1", access=access)


def order(private: Private, access: Access) -> Order:
    base = Base(reference=private.base, profile="custom", reason="asked for")
    return Order(
        app=app(base=base),
        image=sample_image(digest=""),
        context={},
        access=access,
        # Whoever does not trust the certificate is not tried for long.
        seconds=5.0,
    )


def test_a_base_is_built_on_and_locked_with_the_certificate_that_is_named(
    private: Private,
) -> None:
    built = image.build(order(private, private.access), "oci", Nobody())
    held = image.make_lock(order(private, private.access), Nobody())
    assert held.reference == private.base
    again = Order(**{**vars(order(private, Access())), "lock": held})
    assert image.build(again, "oci", Nobody()).digest == built.digest


def test_without_the_certificate_it_cannot_be_had(private: Private) -> None:
    with pytest.raises(Unavailable, match="certificate"):
        image.build(order(private, Access(plain_http=False)), "oci", Nobody())


def test_what_is_pushed_to_is_told_the_same_way(private: Private) -> None:
    target = publish.Target(**vars(private.access), force=True)
    with target.connect(private.base.partition("/")[0]) as client:
        assert client.get_manifest("base", "1").digest
