"""The commands of docs/operations.md, on a cluster, with callers who go on calling."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import processes
from tests.cluster import release as releases
from tests.cluster.cluster import Cluster
from tests.cluster.release import FULL, NAME, Helm, Packaged, ask, load, parts, text_of
from tests.runtime import variants
from tests.runtime.postgres import Postgres

REUSE = "--reset-then-reuse-values"
FIRST = (variants.echo(), variants.signed_webhook(), variants.coded("Recall", variants.RECALL))
NEXT = (variants.echo("Now you said: {message}"), variants.signed_webhook())


@pytest.fixture(scope="module")
def first(cluster: Cluster, base: str, tmp_path_factory: pytest.TempPathFactory) -> Packaged:
    """A release with three flows."""
    folder = tmp_path_factory.mktemp("first")
    flows = variants.write(folder / "flows", "1.2.0", *FIRST)
    return releases.package(cluster, base, flows, folder)


@pytest.fixture(scope="module")
def following(
    cluster: Cluster, base: str, first: Packaged, tmp_path_factory: pytest.TempPathFactory
) -> Packaged:
    """The release after it, in which one flow is another and one is gone."""
    folder = tmp_path_factory.mktemp("following")
    flows = variants.write(folder / "flows", "1.3.0", *NEXT)
    return replace(releases.package(cluster, base, flows, folder), values=first.values)


@pytest.fixture(scope="module")
def url(helm4: Helm, first: Packaged, database: Postgres) -> str:
    """The release as it is installed with a shared database; where it answers."""
    values = {
        **first.values,
        # This machine is no pod of the cluster.
        "networkAccess": "public",
        "database": parts(database),
    }
    helm4.do("install", NAME, first.archive, "--wait", "--timeout=5m", values=values)
    return helm4.address(FULL)


def pods(helm: Helm) -> list[dict[str, Any]]:
    """The pods that serve, those among them that are ending."""
    labels = f"app.kubernetes.io/instance={NAME},app.kubernetes.io/component=runtime"
    found = json.loads(helm.kubectl("get", "pods", f"--selector={labels}", "--output=json"))
    items: list[dict[str, Any]] = found["items"]
    return items


def settle(helm: Helm) -> None:
    """Wait for the update, and for the end of the pods before it: they answer until then."""
    helm.rolled_out(FULL)
    processes.wait(lambda: len(pods(helm)) == wanted(helm), "old pods stay", 120)


def wanted(helm: Helm) -> int:
    """How many pods there are to be."""
    spec = json.loads(helm.kubectl("get", f"deployment/{FULL}", "--output=json"))["spec"]
    number: int = spec["replicas"]
    return number


@contextmanager
def watched(helm: Helm) -> Iterator[set[int]]:
    """How many pods are there for callers, as long as this lasts."""
    seen: set[int] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.2):
            status = json.loads(helm.kubectl("get", f"deployment/{FULL}", "--output=json"))[
                "status"
            ]
            seen.add(status.get("availableReplicas", 0))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_an_autoscaler_adds_pods_under_load(url: str, helm4: Helm, first: Packaged) -> None:
    if "v1beta1.metrics.k8s.io" not in helm4.cluster.run("get", "apiservices", "--output=name"):
        pytest.skip("this cluster has no metrics server: an autoscaler cannot see the load")
    scaled = {"enabled": True, "minReplicas": 1, "maxReplicas": 2}
    values = {"autoscaling": {**scaled, "targetCPUUtilizationPercentage": 20}}
    with load(url, [first.key], "echo") as faults:
        helm4.do("upgrade", NAME, first.archive, REUSE, values=values)
        # An update has two pods, too, for a while: what counts is what the autoscaler asks for.
        processes.wait(lambda: wanted(helm4) == 2, "the autoscaler adds no pod", 240)
        helm4.rolled_out(FULL)
    assert faults == []
    settle(helm4)
    assert len(pods(helm4)) == 2


def test_scaling_out_gives_every_node_a_pod(url: str, helm4: Helm, first: Packaged) -> None:
    fixed = ("--set", "replicaCount=3", "--set", "autoscaling.enabled=false")
    with load(url, [first.key], "echo") as faults:
        helm4.do("upgrade", NAME, first.archive, REUSE, *fixed)
        helm4.rolled_out(FULL)
    assert faults == []
    settle(helm4)
    assert len(pods(helm4)) == 3
    assert len({pod["spec"]["nodeName"] for pod in pods(helm4)}) == 2


def test_a_changed_credential_arrives_and_no_call_fails(
    url: str, helm4: Helm, first: Packaged
) -> None:
    former, values = first.key, copy.deepcopy(dict(first.values))
    new, signing = secrets.token_urlsafe(), secrets.token_urlsafe()
    values["credentials"] |= {
        "LANGFLOW_API_KEY": {"value": new},
        "ACME_SIGNING_KEY": {"value": signing},
    }
    with load(url, [former, new], "echo") as faults:
        helm4.do("upgrade", NAME, first.archive, REUSE, values=values)
        helm4.rolled_out(FULL)
    assert faults == []
    settle(helm4)
    assert text_of(ask(url, new, "echo")) == "You said: hi"
    assert ask(url, former, "echo").status_code == 403
    expected = hmac.new(signing.encode(), b"hello", hashlib.sha256).hexdigest()
    assert text_of(ask(url, new, "signed-webhook", "hello")) == f"signature={expected}"
    helm4.do("upgrade", NAME, first.archive, REUSE, values=first.values)
    settle(helm4)


def test_a_drained_node_costs_no_call(url: str, helm4: Helm, first: Packaged) -> None:
    if helm4.cluster.logs is None:
        pytest.skip("nobody drains a node that may be in use by others")
    node = pods(helm4)[0]["spec"]["nodeName"]
    flags = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=4m")
    try:
        with load(url, [first.key], "echo") as faults, watched(helm4) as seen:
            helm4.cluster.run("drain", node, *flags, seconds=300)
            settle(helm4)
        assert faults == []
        # The budget lets one of three go at a time.
        assert min(seen) >= 2
        assert node not in {pod["spec"]["nodeName"] for pod in pods(helm4)}
    finally:
        helm4.cluster.run("uncordon", node)


def test_an_upgrade_changes_the_flows_and_no_call_fails(
    url: str, helm4: Helm, first: Packaged, following: Packaged
) -> None:
    assert text_of(ask(url, first.key, "recall", "kept", session_id="ours")) == "kept"
    with load(url, [first.key], "echo") as faults:
        helm4.do("upgrade", NAME, following.archive, REUSE, values=following.values)
        helm4.rolled_out(FULL)
    assert faults == []
    assert "2 flows are served as packaged" in helm4.do("test", NAME, "--logs")
    assert text_of(ask(url, first.key, "echo")) == "Now you said: hi"
    assert ask(url, first.key, "recall").status_code == 404


def test_a_rollback_brings_the_former_flows_back(url: str, helm4: Helm, first: Packaged) -> None:
    helm4.do("rollback", NAME)
    settle(helm4)
    assert "3 flows are served as packaged" in helm4.do("test", NAME, "--logs")
    assert text_of(ask(url, first.key, "echo")) == "You said: hi"
    assert text_of(ask(url, first.key, "recall", "back", session_id="new")) == "back"


def test_a_backup_is_restored_while_no_pod_writes(
    url: str, helm4: Helm, first: Packaged, database: Postgres, tmp_path: Path
) -> None:
    file, place = str(tmp_path / "support-bots.dump"), database.url
    assert text_of(ask(url, first.key, "recall", "before", session_id="saved")) == "before"
    database.run("pg_dump", "--format=custom", "--no-owner", f"--file={file}", place)
    database.ask("DELETE FROM message")
    helm4.kubectl("scale", f"deployment/{FULL}", "--replicas=0")
    processes.wait(lambda: pods(helm4) == [], "pods stay", 90)
    options = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
    database.run("pg_restore", *options, f"--dbname={place}", file)
    helm4.kubectl("scale", f"deployment/{FULL}", "--replicas=3")
    helm4.rolled_out(FULL)
    answer = ask(url, first.key, "recall", "after", session_id="saved")
    assert text_of(answer) == "before, after"


def test_uninstalling_leaves_nothing(helm4: Helm, url: str) -> None:
    helm4.do("uninstall", NAME, "--wait")
    processes.wait(lambda: pods(helm4) == [], "pods stay", 90)
    kinds = "deployment,service,secret,serviceaccount,networkpolicy,pdb"
    found = json.loads(helm4.kubectl("get", kinds, "--output=json"))["items"]
    names = {one["metadata"]["name"] for one in found} - {"default"}
    assert names == set()
