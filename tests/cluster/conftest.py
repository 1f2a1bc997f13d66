from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster import cluster as clusters
from tests.cluster.cluster import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster with two nodes: the developer's own if the environment says so, or ours."""
    if own := clusters.theirs():
        yield own
        return
    if fault := clusters.lacking():
        pytest.skip(fault)
    with clusters.running() as made:
        yield made
