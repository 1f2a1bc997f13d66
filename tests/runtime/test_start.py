"""What a pod does that cannot serve, and one whose secrets are in the cluster already."""

from __future__ import annotations

from pathlib import Path

import pytest
from docker.models.networks import Network

from tests.integration.engine import Engine
from tests.runtime import running
from tests.runtime.release import Release

pytestmark = pytest.mark.docker

CREDENTIAL = "ACME_SIGNING_KEY"
# What a shell says of a program that SIGTERM has ended.
SIGTERM = 128 + 15


def test_an_empty_credential_ends_the_pod_and_the_log_names_it(
    release: Release, engine: Engine, network: Network, tmp_path: Path
) -> None:
    credentials = {
        **release.values["credentials"],
        CREDENTIAL: {"existingSecret": {"name": "acme", "key": "token"}},
    }
    others = {("Secret", "acme"): {"token": b""}}
    objects = release.render(credentials=credentials)
    with running.start(engine, network, objects, tmp_path, others) as pod:
        assert not pod.kubelet.wait_ready()
        assert (pod.kubelet.verdict, pod.state["ExitCode"]) == ("the container has ended", 78)
        assert pod.log.splitlines() == [
            f"chartgen: {CREDENTIAL} is not set: Signed webhook → HMAC Signer → Signing key"
        ]


def test_a_pod_takes_its_secrets_from_the_cluster_and_ends_when_it_is_told_to(
    release: Release, engine: Engine, network: Network, tmp_path: Path
) -> None:
    held = {name: release.secret(name).encode() for name in release.values["credentials"]}
    objects = release.render(credentials={}, existingSecret="all-of-them")
    assert "Secret" not in objects
    others = {("Secret", "all-of-them"): held}
    with running.start(engine, network, objects, tmp_path, others) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        answer = pod.ask("GET", "/api/v1/flows/", key=release.key)
        assert len(answer.json()) == len(release.report["flows"])
        assert pod.stop() < pod.grace
        assert pod.state["ExitCode"] in {0, SIGTERM}
