"""H23–H31: probes, ports, variables, volumes and the time to end."""

from __future__ import annotations

import re
from typing import Any

from tests.standards.documents import Pod
from tests.standards.rules import Faults, Rules

RUNNING = Rules()
_SYSTEM_PORTS = 1024
_SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY)$", re.IGNORECASE)


@RUNNING.pod("H23", "what serves is asked whether it is ready", "CKV_K8S_9, kube-score")
def _readiness(pod: Pod) -> Faults:
    return _probed(pod, "readinessProbe")


@RUNNING.pod(
    "H24", "what serves is asked whether it lives, in another way", "CKV_K8S_8, kube-score"
)
def _liveness(pod: Pod) -> Faults:
    yield from _probed(pod, "livenessProbe")
    for where, container in pod.serving:
        liveness = container.get("livenessProbe")
        if liveness and liveness == container.get("readinessProbe"):
            yield f"{where} both probes are the same"


@RUNNING.pod("H25", "what serves gets time to start", "kube-linter startup-port, kube-score")
def _startup(pod: Pod) -> Faults:
    return _probed(pod, "startupProbe")


@RUNNING.pod(
    "H26", "probes ask ports that the container has", "kube-linter liveness-port and others"
)
def _probe_ports(pod: Pod) -> Faults:
    for where, container in pod.containers:
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            for port in _asked(container.get(name) or {}):
                if port not in _ports(container):
                    yield f"{where} {name} {port}"


@RUNNING.pod(
    "H27", "ports have names and are not the system's", "kube-linter privileged-ports, ssh"
)
def _names(pod: Pod) -> Faults:
    for where, container in pod.containers:
        for port in container.get("ports") or []:
            if "name" not in port or port["containerPort"] < _SYSTEM_PORTS:
                yield f"{where} {port}"


@RUNNING.pod(
    "H28", "no variable holds a secret as text, and none is there twice", "KSV-0109, kube-linter"
)
def _texts(pod: Pod) -> Faults:
    for where, container in pod.containers:
        names = [entry["name"] for entry in container.get("env") or []]
        yield from (f"{where} {name} twice" for name in set(names) if names.count(name) > 1)
        for entry in container.get("env") or []:
            # A secret may be named by the file that holds it.
            path = str(entry.get("value", "")).startswith("/")
            if entry.get("value") and not path and _SECRET_NAME.search(entry["name"]):
                yield f"{where} {entry['name']}"


@RUNNING.pod("H29", "volumes in the node's memory or on its disk have a limit", "NSA/CISA: limits")
def _volume_limits(pod: Pod) -> Faults:
    for volume in pod.spec.get("volumes") or []:
        if "emptyDir" in volume and not (volume["emptyDir"] or {}).get("sizeLimit"):
            yield f"{pod.owner} volume {volume['name']}"


@RUNNING.pod(
    "H30", "what is mounted exists, and the other way round", "kube-linter dangling volumes"
)
def _mounts(pod: Pod) -> Faults:
    volumes = {volume["name"] for volume in pod.spec.get("volumes") or []}
    used = set()
    for where, container in pod.containers:
        paths = [mount["mountPath"] for mount in container.get("volumeMounts") or []]
        yield from (f"{where} {path} twice" for path in set(paths) if paths.count(path) > 1)
        used |= {mount["name"] for mount in container.get("volumeMounts") or []}
    yield from (f"{pod.owner} volume {name}" for name in volumes ^ used)


@RUNNING.pod(
    "H31", "what ends has a deadline, what serves gets time to end", "kube-score, kube-linter"
)
def _time(pod: Pod) -> Faults:
    if pod.kind in {"Pod", "Job", "CronJob"}:
        if pod.spec.get("restartPolicy") not in {"Never", "OnFailure"}:
            yield f"{pod.owner} restartPolicy"
        return
    for where, container in pod.serving:
        hook = ((container.get("lifecycle") or {}).get("preStop") or {}).get("exec") or {}
        waited = [int(word) for word in hook.get("command") or [] if word.isdigit()]
        if sum(waited) >= pod.spec.get("terminationGracePeriodSeconds", 30):
            yield f"{where} is killed while it waits"


def _probed(pod: Pod, name: str) -> Faults:
    for where, container in pod.serving:
        # What only helps the container that serves needs no question of its own.
        if container.get("ports") and not container.get(name):
            yield f"{where} {name}"


def _asked(probe: dict[str, Any]) -> list[Any]:
    return [probe[way]["port"] for way in ("httpGet", "tcpSocket", "grpc") if way in probe]


def _ports(container: dict[str, Any]) -> set[Any]:
    ports = container.get("ports") or []
    return {port["containerPort"] for port in ports} | {port.get("name") for port in ports}
