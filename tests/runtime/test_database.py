"""A database that is given by its parts: the password apart from the address, TLS, one's own CA."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from docker.models.networks import Network

from tests.helm import Objects
from tests.integration.engine import Engine
from tests.runtime import postgres, running, stub
from tests.runtime.postgres import USER, Postgres
from tests.runtime.release import Release
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = pytest.mark.docker

# What an address cannot hold as it is.
PASSWORD = "p@ss:w/o%rd#?&=+ '\"\\$(HOME) é"
NAME = "ca.crt"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority") / NAME


@pytest.fixture(scope="module")
def database(network: Network, authority: Path) -> Iterator[Postgres]:
    """A PostgreSQL that takes TLS alone."""
    address = stub.address(network)
    with postgres.server(address, password=PASSWORD, authority=authority) as made:
        yield made


def render(release: Release, database: Postgres, form: str) -> Objects:
    """The chart for a database that is given by its parts."""
    return release.render(
        credentialsAs=form,
        database={
            "host": database.address,
            "port": database.port,
            "name": USER,
            "user": USER,
            "password": {"existingSecret": {"name": "database", "key": "password"}},
            "tls": {"mode": "verify-full", "caSecret": {"name": "database-ca", "key": NAME}},
        },
    )


def stored(certificate: bytes) -> dict[tuple[str, str], dict[str, bytes]]:
    """What the namespace has beside the chart's objects."""
    return {
        ("Secret", "database"): {"password": PASSWORD.encode()},
        ("Secret", "database-ca"): {NAME: certificate},
    }


@pytest.mark.parametrize("form", ["env", "file"])
def test_a_password_of_any_characters_and_ones_own_authority(
    form: str,
    release: Release,
    engine: Engine,
    network: Network,
    database: Postgres,
    authority: Path,
    tmp_path: Path,
) -> None:
    objects, others = render(release, database, form), stored(authority.read_bytes())
    with running.start(engine, network, objects, tmp_path, others) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        assert text_of(ask(pod, release, "Echo", "hi")) == "You said: hi"
        flows = database.ask("SELECT count(*) FROM flow")
        assert flows == [[str(len(release.report["flows"]))]]
        used = dict(
            database.ask(
                "SELECT client_addr, bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity "
                "USING (pid) WHERE client_addr IS NOT NULL GROUP BY client_addr"
            )
        )
        assert used[str(urlsplit(pod.url).hostname)] == "t"
        assert PASSWORD not in pod.log


def test_a_server_that_another_authority_has_signed_is_not_told_the_password(
    release: Release,
    engine: Engine,
    network: Network,
    database: Postgres,
    tmp_path: Path,
) -> None:
    with postgres.server(database.address, authority=tmp_path / "other.crt"):
        others = stored((tmp_path / "other.crt").read_bytes())
    objects = render(release, database, "env")
    with running.start(engine, network, objects, tmp_path / "volumes", others) as pod:
        assert not pod.kubelet.wait_ready()
        assert pod.kubelet.verdict == "the container has ended"
        assert "certificate verify failed" in pod.log
        assert PASSWORD not in pod.log
