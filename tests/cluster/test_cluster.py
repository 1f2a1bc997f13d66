"""What tests of charts rely on: that the cluster does what a Kubernetes does."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests import loopback
from tests.cluster import build, objects, processes
from tests.cluster.cluster import Cluster
from tests.integration.command import CACHE, run

Run = Callable[..., str]


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace that takes nothing but restricted pods, and is gone after the tests."""
    name = f"chartgen-{uuid.uuid4().hex[:8]}"
    cluster.run("create", "namespace", name)
    cluster.run("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    try:
        yield name
    finally:
        cluster.run("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def kubectl(cluster: Cluster, namespace: str) -> Run:
    """The command kubectl in the tests' namespace."""

    def call(*arguments: str, given: str | None = None, check: bool = True) -> str:
        return cluster.run(f"--namespace={namespace}", *arguments, given=given, check=check)

    return call


@pytest.fixture(scope="module")
def web(cluster: Cluster, kubectl: Run) -> list[dict[str, Any]]:
    """A service `web` of three pods, each of which answers with its own name."""
    deployment = objects.deployment(cluster, "web", objects.SERVE, replicas=3)
    service = objects.made("v1", "Service", "web", selector={"app": "web"})
    service["spec"]["ports"] = [{"port": 80, "targetPort": 8080}]
    for made in (deployment, service):
        kubectl("create", "--filename=-", given=json.dumps(made))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    pods: list[dict[str, Any]] = _json(kubectl, "pods", "--selector=app=web")["items"]
    return pods


@pytest.fixture(scope="module")
def caller(cluster: Cluster, kubectl: Run) -> Callable[..., str]:
    """Ask a URL from a pod, or more: the answers, or what went wrong."""
    pod = objects.pod(cluster, "caller", ("sleep", "3600"))
    kubectl("create", "--filename=-", given=json.dumps(pod))
    kubectl("wait", "--for=condition=Ready", "pod/caller", "--timeout=60s")

    def ask(*urls: str) -> str:
        script = "; ".join(f"timeout 5 wget -q -O - {url}" for url in urls)
        return kubectl("exec", "caller", "--", "sh", "-c", script, check=False).strip()

    return ask


def test_two_nodes_are_ready(cluster: Cluster) -> None:
    nodes = cluster.get("nodes")["items"]
    assert len(nodes) >= 2
    for node in nodes:
        conditions = {each["type"]: each["status"] for each in node["status"]["conditions"]}
        assert conditions["Ready"] == "True"


def test_it_says_which_kubernetes_it_is(cluster: Cluster) -> None:
    said = json.loads(cluster.run("version", "--output=json"))["serverVersion"]["gitVersion"]
    assert re.match(r"v1\.\d+\.\d+", said)
    if cluster.logs:
        assert said == build.version()


def test_replicas_are_spread_over_the_nodes(web: list[dict[str, Any]]) -> None:
    assert len({pod["spec"]["nodeName"] for pod in web}) > 1


def test_a_pod_is_confined_as_it_says(web: list[dict[str, Any]], kubectl: Run) -> None:
    pod = web[0]["metadata"]["name"]
    assert kubectl("exec", pod, "--", "cat", "/data/id").strip() == "1000"
    assert "Read-only" in kubectl("exec", pod, "--", "touch", "/file", check=False)
    limits = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max")
    seen = kubectl("exec", pod, "--", "cat", *limits, check=False)
    assert str(64 * 2**20) in seen.splitlines()


def test_a_service_answers_by_its_name_with_each_of_its_pods(
    web: list[dict[str, Any]], caller: Callable[..., str], namespace: str
) -> None:
    names = {pod["metadata"]["name"] for pod in web}
    for url in ("http://web", f"http://web.{namespace}.svc.cluster.local"):
        assert set(caller(*[url] * 30).splitlines()) == names


def test_logs_and_ports_of_a_pod_can_be_had(
    cluster: Cluster, web: list[dict[str, Any]], kubectl: Run, namespace: str
) -> None:
    pod = web[0]["metadata"]["name"]
    assert kubectl("logs", pod) == "serving\n"
    with _forward(cluster, namespace, pod) as url:
        assert requests.get(url, timeout=10).text.strip() == pod


def test_pods_reach_what_a_test_starts_here(cluster: Cluster, caller: Callable[..., str]) -> None:
    if not cluster.address:
        pytest.skip("CHARTGEN_TEST_ADDRESS does not say how pods reach this machine")
    with loopback.Server(loopback.Hello, cluster.address).serve() as server:
        assert caller(server.url) == "hello"


def test_a_network_policy_is_enforced(
    web: list[dict[str, Any]], caller: Callable[..., str], kubectl: Run
) -> None:
    addresses = [f"http://{pod['status']['podIP']}:8080" for pod in web]
    names = [pod["metadata"]["name"] for pod in web]
    assert caller(*addresses).splitlines() == names
    policy = objects.made("networking.k8s.io/v1", "NetworkPolicy", "web")
    policy["spec"] = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress"]}
    kubectl("create", "--filename=-", given=json.dumps(policy))
    # It is enforced soon, and on every node.
    processes.wait(lambda: not any(name in caller(*addresses) for name in names), "all pass")
    # A named port, and only who it is for.
    allowed = {"podSelector": {"matchLabels": {"app": "caller"}}}
    policy["spec"]["ingress"] = [{"from": [allowed], "ports": [{"port": "http"}]}]
    kubectl("apply", "--filename=-", given=json.dumps(policy))
    processes.wait(lambda: caller(*addresses).splitlines() == names, "not all pass")
    kubectl("delete", "networkpolicy", "web")


def test_a_pod_that_is_not_restricted_is_refused(cluster: Cluster, kubectl: Run) -> None:
    command = ("run", "bold", f"--image={cluster.busybox}", "--privileged")
    assert 'violates PodSecurity "restricted' in kubectl(*command, check=False)


def test_a_claim_gets_a_volume_that_can_be_written(cluster: Cluster, kubectl: Run) -> None:
    claim = objects.made("v1", "PersistentVolumeClaim", "data", accessModes=["ReadWriteOnce"])
    claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
    kubectl("create", "--filename=-", given=json.dumps(claim))
    pod = objects.pod(cluster, "writer", ("touch", "/data/file"))
    pod["spec"]["restartPolicy"] = "Never"
    pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    kubectl("create", "--filename=-", given=json.dumps(pod))
    kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/writer", "--timeout=60s")


@pytest.mark.parametrize("version", ["helm3", "helm4"])
def test_helm_installs_a_chart_from_the_registry(
    cluster: Cluster, namespace: str, version: str, tmp_path: Path
) -> None:
    if not cluster.registry:
        pytest.skip("CHARTGEN_TEST_REGISTRY does not name a registry that the nodes pull from")
    command = CACHE / version / "helm"
    if not command.exists():
        pytest.skip(f"no {command}: CONTRIBUTING.md says how it is built")
    (tmp_path / "templates").mkdir()
    made = objects.deployment(cluster, version, ("sleep", "3600"))
    (tmp_path / "templates/deployment.yaml").write_text(json.dumps(made))
    about = {"apiVersion": "v2", "name": version, "version": "1.0.0", "kubeVersion": ">=1.30.0-0"}
    (tmp_path / "Chart.yaml").write_text(json.dumps(about))
    charts = f"oci://{cluster.registry}/charts"
    env = {f"HELM_{part}_HOME": str(tmp_path) for part in ("CACHE", "CONFIG", "DATA")}
    where = (f"--kubeconfig={cluster.kubeconfig}", f"--namespace={namespace}", "--plain-http")
    for arguments in (
        ("package", "."),
        ("push", f"{version}-1.0.0.tgz", charts, "--plain-http"),
        ("install", version, f"{charts}/{version}", *where, "--wait", "--timeout=60s"),
    ):
        done = run(command, *arguments, cwd=tmp_path, env=env)
        assert done.returncode == 0, done.stderr


def test_a_drained_node_gives_its_pods_to_the_other(
    cluster: Cluster, web: list[dict[str, Any]], kubectl: Run
) -> None:
    if cluster.logs is None:
        pytest.skip("nobody drains a node that may be in use by others")
    node = web[0]["spec"]["nodeName"]
    flags = ("--ignore-daemonsets", "--delete-emptydir-data", "--force", "--grace-period=1")
    cluster.run("drain", node, *flags)
    try:
        kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        pods = _json(kubectl, "pods", "--selector=app=web")["items"]
        running = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
        assert len(running) == 3
        assert node not in {pod["spec"]["nodeName"] for pod in running}
    finally:
        cluster.run("uncordon", node)


def _json(kubectl: Run, *arguments: str) -> Any:
    return json.loads(kubectl("get", *arguments, "--output=json"))


@contextlib.contextmanager
def _forward(cluster: Cluster, namespace: str, pod: str) -> Iterator[str]:
    options = (f"--kubeconfig={cluster.kubeconfig}", f"--namespace={namespace}")
    command = (cluster.kubectl, *options, "port-forward", pod, ":8080", "--address=127.0.0.1")
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:  # noqa: S603 - the tests' own arguments
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            found = re.match(r"Forwarding from (127\.0\.0\.1:\d+)", said)
            assert found, said
            yield f"http://{found.group(1)}"
        finally:
            process.terminate()
