"""How many pods there are, where, with what, and how they are watched."""

from __future__ import annotations

from typing import Any

from tests.chart.toggles.toggle import CONTAINER, POD, TEST, TEST_CONTAINER, Toggle


def _resource(path: str, value: str) -> dict[str, Toggle]:
    place = f"resources {path.replace('.', ' ')}"
    changes = {f"{CONTAINER} {place}": value, f"{TEST_CONTAINER} {place}": value}
    return {f"resources.{path}": Toggle(value, changes)}


def _both(path: str, value: Any) -> dict[str, Any]:
    return {f"{POD} {path}": value, f"{TEST} {path}": value}


def _context(path: str, value: Any) -> dict[str, Toggle]:
    changes = _both(f"securityContext {path.replace('.', ' ')}", value)
    return {f"podSecurityContext.{path}": Toggle(value, changes)}


def _container(path: str, value: Any) -> dict[str, Toggle]:
    place = f"securityContext {path.replace('.', ' ')}"
    changes = {f"{CONTAINER} {place}": value, f"{TEST_CONTAINER} {place}": value}
    return {f"securityContext.{path}": Toggle(value, changes)}


def _probes() -> dict[str, Toggle]:
    return {
        f"{probe}.{setting}": Toggle(77, {f"{CONTAINER} {probe} {setting}": 77})
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        for setting in ("periodSeconds", "timeoutSeconds", "failureThreshold")
    }


_HELPER = {"name": "helper", "image": "example.com/helper:1"}
_MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}
_VOLUME = {"name": "cache", "emptyDir": {}}
_MOUNT = {"name": "cache", "mountPath": "/cache"}
_TOLERATION = {"key": "a", "operator": "Exists"}
_SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}

PODS = {
    **_resource("requests.cpu", "250m"),
    **_resource("requests.memory", "600Mi"),
    **_resource("requests.ephemeral-storage", "300Mi"),
    **_resource("limits.cpu", "2"),
    **_resource("limits.memory", "2Gi"),
    **_resource("limits.ephemeral-storage", "3Gi"),
    **_context("runAsNonRoot", False),
    **_context("runAsUser", 20000),
    **_context("runAsGroup", 20000),
    **_context("fsGroup", 20000),
    **_context("seccompProfile.type", "Unconfined"),
    **_container("allowPrivilegeEscalation", True),
    **_container("readOnlyRootFilesystem", False),
    **_container("runAsNonRoot", False),
    "securityContext.capabilities.drop": Toggle(
        ["KILL"],
        {
            f"{CONTAINER} securityContext capabilities drop 0": "KILL",
            f"{TEST_CONTAINER} securityContext capabilities drop 0": "KILL",
        },
    ),
    **_probes(),
    "volumes": Toggle([_VOLUME], {f"{POD} volumes cache": _VOLUME}),
    "volumeMounts": Toggle([_MOUNT], {f"{CONTAINER} volumeMounts /cache": _MOUNT}),
    "nodeSelector": Toggle({"disk": "08"}, _both("nodeSelector", {"disk": "08"})),
    "tolerations": Toggle([_TOLERATION], _both("tolerations", [_TOLERATION])),
    "affinity": Toggle({"podAffinity": {}}, {f"{POD} affinity": {"podAffinity": {}}}),
    "topologySpreadConstraints": Toggle([_SPREAD], {f"{POD} topologySpreadConstraints": [_SPREAD]}),
    "priorityClassName": Toggle("high", _both("priorityClassName", "high")),
    "preStopSeconds": Toggle(9, {f"{CONTAINER} lifecycle preStop exec command 1": "9"}),
    "hostUsers": Toggle(False, _both("hostUsers", False)),
    "initContainers": Toggle([_HELPER], {f"{POD} initContainers": [_HELPER]}),
    "sidecars": Toggle([_HELPER], {f"{POD} containers helper": _HELPER}),
    "revisionHistoryLimit": Toggle(9, {"Deployment spec revisionHistoryLimit": 9}),
    "extraManifests": Toggle([_MANIFEST], {"ConfigMap/more": _MANIFEST}),
    "terminationGracePeriodSeconds": Toggle(90, {f"{POD} terminationGracePeriodSeconds": 90}),
}
