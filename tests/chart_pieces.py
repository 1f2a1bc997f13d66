"""Pieces of values that several variants of the chart, and tests of it, are put together from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

Values = dict[str, Any]


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> Values:
    """Lay values over others as Helm does: maps are merged, everything else is replaced.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}})
    {'a': {'b': 1, 'c': 3}}
    """
    result = dict(below)
    for name, value in above.items():
        former = result.get(name)
        both = isinstance(former, Mapping) and isinstance(value, Mapping)
        result[name] = merged(former or {}, value) if both else copy.deepcopy(value)
    return result


SHARED: Values = {"database": {"existingSecret": {"name": "support-database", "key": "url"}}}
PARTS: Values = {
    "host": "db.example.com",
    "port": 6432,
    "name": "flows",
    "user": "robin",
    "password": {"existingSecret": {"name": "support-database", "key": "word"}},
    "tls": {"mode": "verify-full", "caSecret": {"name": "support-database"}},
}
INGRESS: Values = {
    "enabled": True,
    "className": "nginx",
    "hosts": [{"host": "flows.example.com"}],
    "tls": [{"secretName": "certificate", "hosts": ["flows.example.com"]}],
}
ROUTE: Values = {
    "enabled": True,
    "parentRefs": [{"name": "gateway", "namespace": "gateways", "sectionName": "https"}],
    "hostnames": ["flows.example.com"],
}
EXTERNAL: Values = {"enabled": True, "secretStoreRef": {"name": "vault"}, "key": "support"}
# The chart has no image of its own for a backup: users name one, by its digest.
DUMP: Values = {"image": f"registry.example.com/library/postgres:17@sha256:{'7' * 64}"}
SAVED: Values = {"enabled": True, **DUMP}
STORE: Values = {
    **SAVED,
    "s3": {
        "bucket": "dumps/flows",
        "endpoint": "http://store:9000",
        "existingSecret": "keys",
        "image": f"registry.example.com/rclone/rclone:1.71@sha256:{'8' * 64}",
    },
}
EGRESS: Values = {
    "egress": [
        {"host": "mail.example.com", "port": 587},
        {"host": "*.example.org", "port": 8443},
        {"host": "192.0.2.7", "port": 6333},
        {"host": "qdrant.vectors.svc.cluster.local", "port": 6333},
        {"host": "neighbour", "port": 8080},
    ],
}
MONITORED: Values = {
    "enabled": True,
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "dashboard": {"enabled": True},
}
TRACING: Values = {
    "langfuse": {"baseUrl": "https://langfuse.example.com", "existingSecret": "langfuse"},
    "otlp": {"endpoint": "http://collector.tracing.svc:4317", "existingSecret": "otlp"},
}
_CONTAINER: Values = {
    "image": f"registry.example.com/helper:1.0@sha256:{'9' * 64}",
    "imagePullPolicy": "IfNotPresent",
    "resources": {
        part: {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "64Mi"}
        for part in ("requests", "limits")
    },
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "runAsUser": 10002,
        "runAsGroup": 10002,
        "capabilities": {"drop": ["ALL"]},
    },
}
CONTAINERS: Values = {
    "initContainers": [{"name": "first", **_CONTAINER}],
    "sidecars": [
        {
            "name": "beside",
            **_CONTAINER,
            "readinessProbe": {"exec": {"command": ["ready"]}},
            "livenessProbe": {"exec": {"command": ["alive"]}},
        }
    ],
}
# Whatever else the users may add, of their own.
OWN: Values = {
    "env": [{"name": "TZ", "value": "UTC"}],
    "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
    "volumes": [{"name": "cache", "emptyDir": {"sizeLimit": "64Mi"}}],
    "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
    "imagePullSecrets": [{"name": "pull"}],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "priorityClassName": "high",
    "podLabels": {"team": "y"},
    "podAnnotations": {"note": "1e3"},
    "commonLabels": {"cost": "08"},
    "commonAnnotations": {"owner": "08"},
    "serviceAccount": {"annotations": {"role": "x"}},
    "livenessProbe": {"exec": {"command": ["true"]}},
    "service": {"annotations": {"a": "b"}},
}
EVERYTHING: Values = {
    **CONTAINERS,
    **OWN,
    "networkAccess": "public",
    "ingress": INGRESS,
    "httpRoute": ROUTE,
    "database": PARTS,
    "autoscaling": {"enabled": True, "targetMemoryUtilizationPercentage": 90},
    "backup": STORE,
    "networkPolicy": EGRESS,
    "metrics": MONITORED,
    "tracing": TRACING,
    "hostUsers": False,
}
