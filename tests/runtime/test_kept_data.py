"""A volume that outlives pods: what they find of former ones, and what they make of it."""

from __future__ import annotations

import base64
import dataclasses
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from docker.models.networks import Network

from tests.integration.engine import Engine
from tests.runtime import release as releases
from tests.runtime import running, test_flows_answer, variants
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = pytest.mark.docker

COUNT = """
import sqlite3
with sqlite3.connect("/app/data/langflow.db") as database:
    print(database.execute("SELECT count(*) FROM message").fetchone()[0])
"""
Start = Callable[[Release], Any]


@pytest.fixture(scope="module")
def start(engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Start:
    """How a pod of a release is started on the one volume, and stopped."""
    kept = tmp_path_factory.mktemp("kept")

    @contextmanager
    def started(release: Release) -> Iterator[Running]:
        objects = release.render(persistence={"enabled": True, "existingClaim": "kept"})
        folder = tmp_path_factory.mktemp("volumes")
        with running.start(engine, network, objects, folder, claims={"kept": kept}) as pod:
            assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
            yield pod
            assert pod.stop() < pod.grace

    return started


@pytest.fixture(scope="module")
def following(
    base: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """A release that has one of the examples, changed, and a flow of its own."""
    folder = tmp_path_factory.mktemp("following")
    flows = variants.echo("You wrote: {message}"), variants.coded("Recall", variants.RECALL)
    written = variants.write(folder / "flows", "1.1.0", *flows)
    with releases.release(base, engine, folder, written, {}) as made:
        yield made


def messages(pod: Running) -> int:
    """How many messages the database has."""
    done = pod.container.exec_run(["python", "-c", COUNT])
    assert done.exit_code == 0, done.output
    assert isinstance(done.output, bytes)
    return int(done.output)


def served(pod: Running, release: Release) -> set[str]:
    """The endpoints of the flows that are served."""
    flows = pod.ask("GET", "/api/v1/flows/", key=release.key).json()
    return {flow["endpoint_name"] for flow in flows}


def test_pods_find_the_messages_of_former_ones_and_serve_their_own_flows(
    start: Start, release: Release, following: Release
) -> None:
    with start(release) as pod:
        assert text_of(ask(pod, release, "Echo", "hi")) == "You said: hi"
        said = messages(pod)
        assert said >= 1
    # Flows with parameters are written anew, and what is encrypted with another key is no harm.
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    renewed = {**release.values["credentials"], "LANGFLOW_SECRET_KEY": {"value": key}}
    changed = dataclasses.replace(release, values={**release.values, "credentials": renewed})
    for again in (release, changed):
        with start(again) as pod:
            assert messages(pod) >= said
            test_flows_answer.test_parameters_arrive_in_their_types(pod, again)
            test_flows_answer.test_the_credential_in_the_component_is_the_one_in_the_secret(
                pod, again
            )
    with start(following) as pod:
        assert served(pod, following) == {flow["endpoint"] for flow in following.report["flows"]}
        assert text_of(ask(pod, following, "Echo", "hi")) == "You wrote: hi"
        assert messages(pod) >= said
    with start(release) as pod:
        assert served(pod, release) == {flow["endpoint"] for flow in release.report["flows"]}
        assert text_of(ask(pod, release, "Echo", "hi")) == "You said: hi"
