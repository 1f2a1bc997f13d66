"""A pod that cannot serve what is packaged is never ready."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.models.networks import Network

from tests.integration.engine import Engine
from tests.runtime import running
from tests.runtime.release import Release

pytestmark = pytest.mark.docker

STARTUP_FAILED = 3  # uvicorn's


def test_a_pod_whose_flows_are_not_served_ends_and_the_log_names_them(
    release: Release, engine: Engine, network: Network, tmp_path: Path
) -> None:
    objects = release.render(
        volumes=[{"name": "nothing", "emptyDir": {}}],
        volumeMounts=[{"name": "nothing", "mountPath": "/app/flows"}],
    )
    with running.start(engine, network, objects, tmp_path) as pod:
        assert not pod.kubelet.wait_ready()
        assert pod.kubelet.verdict == "the container has ended"
        assert pod.state["ExitCode"] == STARTUP_FAILED
        for flow in release.report["flows"]:
            line = f"chartgen: the flow {flow['name']!r} is packaged and not served: "
            assert line in pod.log
        for name in release.values["credentials"]:
            assert release.secret(name) not in pod.log, name
