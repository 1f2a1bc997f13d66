from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from docker.models.networks import Network

from tests.integration.engine import Engine, answering
from tests.runtime import base as runtime_base
from tests.runtime import release as releases
from tests.runtime import running
from tests.runtime.release import Release
from tests.runtime.running import Running


@pytest.fixture(scope="session")
def base() -> str:
    """The runtime base as chartgen's option takes it."""
    profile = os.environ.get("PROFILE", runtime_base.PROFILES[0])
    made = runtime_base.folder(profile)
    if not made.is_dir():
        pytest.skip("there is no runtime base: make it with `make runtime-base` (2 minutes, root)")
    return f"oci-layout:{made}"


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    made = answering()
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def network(engine: Engine) -> Iterator[Network]:
    with running.network(engine) as made:
        yield made


@pytest.fixture(scope="session")
def release(
    base: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """The examples as a release whose image the engine has."""
    with releases.release(base, engine, tmp_path_factory.mktemp("release")) as made:
        yield made


@pytest.fixture(scope="session")
def pod(
    release: Release, engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The release's pod, ready; it is watched until all tests are through."""
    folder = tmp_path_factory.mktemp("volumes")
    with running.start(engine, network, release.render(), folder) as started:
        assert started.kubelet.wait_ready(), f"{started.kubelet.verdict}\n{started.log}"
        yield started
