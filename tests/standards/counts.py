"""G8–G12: how many pods there are, where, and how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.standards.documents import Documents, Pod, of_kind, pods, selects
from tests.standards.rules import Faults, Rules

COUNTS = Rules()
# Kind → where its selector of pods is.
_SELECTING = {
    "NetworkPolicy": "podSelector",
    "CiliumNetworkPolicy": "endpointSelector",
    "PodDisruptionBudget": "selector",
}


@COUNTS.release(
    "G8", "more than one pod has a budget, which lets nodes be drained", "kube-linter pdb-*"
)
def _budget(documents: Documents) -> Faults:
    for pod in pods(documents):
        if pod.kind not in {"Deployment", "StatefulSet"}:
            continue
        fewest = _fewest(documents, pod)
        budgets = [
            budget["spec"]
            for _, budget in of_kind(documents, "PodDisruptionBudget")
            if selects(budget["spec"].get("selector"), pod.labels)
        ]
        if fewest > 1 and len(budgets) != 1:
            yield f"{pod.owner} has {len(budgets)} budgets"
        for budget in budgets:
            if not _drains(budget, fewest):
                yield f"{pod.owner} {budget}"


@COUNTS.release("G9", "every selector and reference meets something", "kube-linter dangling-*")
def _dangling(documents: Documents) -> Faults:
    labels = [pod.labels for pod in pods(documents)]
    for name, found in of_kind(documents, *_SELECTING):
        selector = found["spec"].get(_SELECTING[found["kind"]])
        if not any(selects(selector, each) for each in labels):
            yield name
    services = [found["metadata"]["labels"] for _, found in of_kind(documents, "Service")]
    for name, monitor in of_kind(documents, "ServiceMonitor"):
        if not any(selects(monitor["spec"]["selector"], each) for each in services):
            yield name
    for name, reference in _references(documents):
        if reference not in documents:
            yield f"{name} → {reference}"


@COUNTS.release("G10", "who counts pods is one alone", "kube-score HPA and replicas")
def _counted(documents: Documents) -> Faults:
    for name, scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        spec = scaler["spec"]
        if spec["minReplicas"] > spec["maxReplicas"]:
            yield f"{name} {spec['minReplicas']} > {spec['maxReplicas']}"
        reference = spec["scaleTargetRef"]
        target = documents.get(f"{reference['kind']}/{reference['name']}") or {"spec": {}}
        if "replicas" in target["spec"]:
            yield f"{name} and replicas"


@COUNTS.release(
    "G11", "a job leaves nothing behind and does not run twice", "kube-linter job-ttl, kube-score"
)
def _jobs(documents: Documents) -> Faults:
    for name, job in of_kind(documents, "CronJob"):
        if job["spec"].get("concurrencyPolicy") != "Forbid":
            yield f"{name} concurrencyPolicy"
        if not job["spec"].get("startingDeadlineSeconds"):
            yield f"{name} startingDeadlineSeconds"
        yield from _finite(name, job["spec"]["jobTemplate"]["spec"])
    for name, job in of_kind(documents, "Job"):
        yield from _finite(name, job["spec"])


@COUNTS.release("G12", "more than one pod does not lie on one node", "kube-linter no-anti-affinity")
def _spread(documents: Documents) -> Faults:
    for pod in pods(documents):
        if pod.kind == "Deployment" and _fewest(documents, pod) > 1:
            apart = (pod.spec.get("affinity") or {}).get("podAntiAffinity")
            if not apart and not pod.spec.get("topologySpreadConstraints"):
                yield pod.owner


def _finite(name: str, job: dict[str, Any]) -> Iterator[str]:
    for limit in ("activeDeadlineSeconds", "ttlSecondsAfterFinished"):
        if not job.get(limit):
            yield f"{name} {limit}"


def _fewest(documents: Documents, pod: Pod) -> int:
    """How many pods there are at least: what an autoscaler says, or the workload itself."""
    for _, scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        reference = scaler["spec"]["scaleTargetRef"]
        if f"{reference['kind']}/{reference['name']}" == pod.owner:
            return int(scaler["spec"].get("minReplicas", 1))
    return int(documents[pod.owner]["spec"].get("replicas", 1))


def _drains(budget: dict[str, Any], fewest: int) -> bool:
    """A budget that keeps all pods keeps the node, too."""
    if budget.get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
        return False
    most = budget.get("maxUnavailable")
    if most is not None:
        return most not in {0, "0%"}
    least = budget["minAvailable"]
    return least != "100%" if isinstance(least, str) else least < fewest


def _references(documents: Documents) -> Iterator[tuple[str, str]]:
    for name, scaler in of_kind(documents, "HorizontalPodAutoscaler"):
        reference = scaler["spec"]["scaleTargetRef"]
        yield name, f"{reference['kind']}/{reference['name']}"
    for name, ingress in of_kind(documents, "Ingress"):
        for rule in ingress["spec"].get("rules") or []:
            for path in rule["http"]["paths"]:
                yield name, f"Service/{path['backend']['service']['name']}"
    for name, route in of_kind(documents, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            for backend in rule.get("backendRefs") or []:
                yield name, f"Service/{backend['name']}"
