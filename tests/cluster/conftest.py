from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import cluster as clusters
from tests.cluster import release as releases
from tests.cluster.cluster import Cluster
from tests.cluster.release import Helm, Packaged
from tests.integration.command import CACHE, EXAMPLES
from tests.runtime import base as runtime_base
from tests.runtime import postgres
from tests.runtime.postgres import Postgres


# What is here ends with the last test of this folder: the others have the machine to themselves.
@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A cluster with two nodes: the developer's own if the environment says so, or ours."""
    if own := clusters.theirs():
        yield own
        return
    if fault := clusters.lacking():
        pytest.skip(fault)
    with clusters.running() as made:
        yield made


@pytest.fixture(scope="package")
def base(cluster: Cluster) -> str:
    """The Langflow that releases stand on."""
    if not cluster.registry:
        pytest.skip("CHARTGEN_TEST_REGISTRY does not name a registry that the nodes pull from")
    made = runtime_base.folder("base")
    if not made.is_dir():
        pytest.skip("there is no runtime base: make it with `make runtime-base` (2 minutes, root)")
    return f"oci-layout:{made}"


@pytest.fixture(scope="package")
def examples(cluster: Cluster, base: str, tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """The example flows as a release in the cluster's registry."""
    return releases.package(cluster, base, EXAMPLES, tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def database(cluster: Cluster) -> Iterator[Postgres]:
    """A database that pods reach."""
    if not cluster.address:
        pytest.skip("CHARTGEN_TEST_ADDRESS does not say how pods reach this machine")
    with postgres.server(cluster.address) as started:
        yield started


@pytest.fixture(params=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Helm]:
    """Each helm command, in a namespace of its own that takes restricted pods alone."""
    with _helm(str(request.param), cluster, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def helm4(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Helm]:
    """The helm of today, in a namespace that the tests of a module share."""
    with _helm("helm4", cluster, tmp_path_factory.mktemp("helm")) as made:
        yield made


@contextmanager
def _helm(version: str, cluster: Cluster, home: Path) -> Iterator[Helm]:
    command = CACHE / version / "helm"
    if not command.exists():
        pytest.skip(f"no {command}: CONTRIBUTING.md says how it is built")
    namespace = f"chartgen-{uuid.uuid4().hex[:8]}"
    cluster.run("create", "namespace", namespace)
    cluster.run("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    try:
        yield Helm(version=version, cluster=cluster, namespace=namespace, home=home)
    finally:
        cluster.run("delete", "namespace", namespace, "--wait=false")
