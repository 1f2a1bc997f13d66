"""The pod of `helm test`, run for real against the release's pod."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from docker.models.networks import Network

from tests.helm import Objects
from tests.integration.engine import Engine
from tests.runtime import pod as pods
from tests.runtime.release import Release
from tests.runtime.running import Running

pytestmark = pytest.mark.docker

SECONDS = 120
SERVICE = "demo-support-bots"
# Langflow's own database in the pod, changed by whoever got at it.
CHANGE = """
import sqlite3, sys
with sqlite3.connect("/app/data/langflow.db", timeout=30) as database:
    changed = database.execute("UPDATE flow SET " + sys.argv[1]).rowcount
assert changed == 1, changed
"""
PASSED = "3 flows are served as packaged: sha256:"


def verified(
    objects: Objects, engine: Engine, network: Network, pod: Running, folder: Path
) -> tuple[int, list[str]]:
    """Run the test pod: its exit code, and what it says."""
    arguments = pods.read_test(objects, folder)
    hosts = {SERVICE: str(urlsplit(pod.url).hostname)}
    container = engine.client.containers.create(
        **arguments, network=network.name, extra_hosts=hosts
    )
    try:
        container.start()
        code = container.wait(timeout=SECONDS)["StatusCode"]
        return code, container.logs().decode().splitlines()
    finally:
        container.remove(force=True)


@contextmanager
def changed(pod: Running, there: str, back: str) -> Iterator[None]:
    """Change a row of the flows for a while."""
    for statement in (there, back):
        done = pod.container.exec_run(["python", "-c", CHANGE, statement])
        assert done.exit_code == 0, done.output
        if statement == there:
            yield


def test_helm_test_passes_for_what_is_packaged(
    release: Release, engine: Engine, network: Network, pod: Running, tmp_path: Path
) -> None:
    code, (keys, flows) = verified(release.render(), engine, network, pod, tmp_path)
    assert code == 0, (keys, flows)
    assert keys == "without a key, and with a wrong one, nothing is answered"
    assert flows.startswith(PASSED)


@pytest.mark.parametrize(
    ("there", "back", "finding"),
    [
        (
            "data = replace(data, 'You said', 'You lied') WHERE endpoint_name = 'echo'",
            "data = replace(data, 'You lied', 'You said') WHERE endpoint_name = 'echo'",
            "is served otherwise than it is packaged",
        ),
        (
            "endpoint_name = 'echo-2' WHERE endpoint_name = 'echo'",
            "endpoint_name = 'echo' WHERE endpoint_name = 'echo-2'",
            "is served otherwise than it is packaged",
        ),
        (
            "user_id = NULL WHERE endpoint_name = 'echo'",
            "user_id = (SELECT id FROM user) WHERE endpoint_name = 'echo'",
            "is packaged and not served",
        ),
    ],
    ids=["changed", "moved", "missing"],
)
def test_helm_test_fails_and_names_the_flow_that_is_not_as_packaged(
    release: Release,
    engine: Engine,
    network: Network,
    pod: Running,
    tmp_path: Path,
    there: str,
    back: str,
    finding: str,
) -> None:
    with changed(pod, there, back):
        code, lines = verified(release.render(), engine, network, pod, tmp_path)
    assert code == 1
    (line,) = lines
    assert line.startswith("chartgen: the flow 'Echo' (")
    assert line.endswith(finding)
