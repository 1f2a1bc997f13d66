"""Fields that an API server lets nobody change: an upgrade that changes one fails.

https://kubernetes.io/docs/reference/kubernetes-api/ and the validation in
`kubernetes/pkg/apis/*/validation`, kind by kind.
"""

from __future__ import annotations

from typing import Any

from tests.standards.documents import Document, Documents

# Kind → paths below the object that never change.
FIELDS: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "StatefulSet": (
        *("spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
        "spec.podManagementPolicy",
    ),
    "Job": ("spec.selector", "spec.template", "spec.completionMode"),
    "PersistentVolumeClaim": (
        *("spec.accessModes", "spec.storageClassName", "spec.volumeMode", "spec.volumeName"),
        *("spec.selector", "spec.dataSource", "spec.dataSourceRef"),
    ),
    "Service": ("spec.clusterIP", "spec.clusterIPs"),
    "Secret": ("type", "immutable"),
    "ConfigMap": ("immutable",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
}


def changed(before: Documents, after: Documents) -> list[str]:
    """What an upgrade would be refused for: fields that differ in an object that stays."""
    return [
        f"{name} {path}"
        for name in before.keys() & after.keys()
        for path in FIELDS.get(before[name]["kind"], ())
        if _at(before[name], path) != _at(after[name], path)
    ] + [
        f"{name} is of another version"
        for name in before.keys() & after.keys()
        if before[name]["apiVersion"] != after[name]["apiVersion"]
    ]


def _at(document: Document, path: str) -> Any:
    found: Any = document
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found
