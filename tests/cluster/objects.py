"""Objects of Kubernetes that the cluster is checked with; pods are as restricted as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.cluster.cluster import Cluster

# Answers with its own name, and shows as whom it runs.
SERVE = (
    "sh",
    "-c",
    "id -u >/data/id; hostname >/data/index.html; echo serving; exec httpd -f -p 8080 -h /data",
)
CONTAINER = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
POD = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}


def made(version: str, kind: str, name: str, **spec: Any) -> dict[str, Any]:
    """An object of a kind."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def deployment(
    cluster: Cluster, name: str, command: Sequence[str], replicas: int = 1
) -> dict[str, Any]:
    """Pods that are replaced."""
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": _spec(cluster, name, command)}
    selector = {"matchLabels": labels}
    return made(
        "apps/v1", "Deployment", name, replicas=replicas, selector=selector, template=template
    )


def pod(cluster: Cluster, name: str, command: Sequence[str]) -> dict[str, Any]:
    """A pod that nobody replaces."""
    single = made("v1", "Pod", name, **_spec(cluster, name, command))
    single["metadata"]["labels"] = {"app": name}
    return single


def _spec(cluster: Cluster, name: str, command: Sequence[str]) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": name,
        "image": cluster.busybox,
        "command": list(command),
        "ports": [{"name": "http", "containerPort": 8080}],
        "resources": {"limits": {"cpu": "100m", "memory": "64Mi"}},
        "securityContext": CONTAINER,
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    if command == SERVE:
        container["readinessProbe"] = {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1}
    return {
        "containers": [container],
        "securityContext": POD,
        "terminationGracePeriodSeconds": 1,
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
