"""Values that stand in for one another are tried apart: under which values each text is seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.chart_pieces import EVERYTHING, EXTERNAL, PARTS, SAVED, Values

_EXTRA = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more"}}


@dataclass(frozen=True)
class Group:
    """Places, by how their paths begin, and the values under which they are seen."""

    values: Values
    starts: tuple[str, ...]
    # A credential that is there wins over the Secret for all of them.
    without: tuple[str, ...] = field(default=())

    def has(self, path: str) -> bool:
        """Say whether a place belongs here."""
        return any(path == start or path.startswith(f"{start}.") for start in self.starts)


_CREDENTIALS = tuple(
    f"credentials.{name}"
    for name in ("LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "OPENAI_API_KEY", "TAVILY_API_KEY")
)
_SECRETS = tuple(f"{name}.existingSecret" for name in _CREDENTIALS)
_REMEMBERING: Values = {"persistence": {"enabled": True}}
_SAVING: Values = {"database": PARTS, "backup": SAVED}

GROUPS: Mapping[str, Group] = {
    "values": Group(
        {
            **EVERYTHING,
            "extraManifests": [_EXTRA],
            "database": {**PARTS, "password": {"value": "word"}},
        },
        (
            *("global", "displayName", "image", "imagePullSecrets", "parameters", "env"),
            *("extraEnvFrom", "resources", "service", "ingress", "httpRoute", "metrics", "tracing"),
            *("networkPolicy.ingressFrom", "networkPolicy.extraEgress", "serviceAccount"),
            *("podAnnotations", "podLabels", "commonLabels", "commonAnnotations"),
            *("podSecurityContext", "securityContext", "startupProbe", "readinessProbe"),
            *("livenessProbe", "initContainers", "sidecars", "volumes", "volumeMounts"),
            *("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints"),
            *("priorityClassName", "extraManifests", "nameOverride"),
            *("database.host", "database.name", "database.user", "database.password.value"),
            *("database.tls", "backup.schedule", "backup.image", "backup.s3", "backup.resources"),
            *(f"{name}.value" for name in _CREDENTIALS),
        ),
    ),
    "secrets": Group(
        {
            "database": {"existingSecret": {"name": "db"}},
            "externalSecret": EXTERNAL,
            "networkPolicy": {"egressByName": "cilium"},
        },
        (*_SECRETS, "database.existingSecret", "externalSecret", "networkPolicy.egress"),
    ),
    "files": Group(
        {**_SAVING, "credentialsAs": "file"},
        (
            *(*_SECRETS, "database.password.existingSecret", "database.tls"),
            *("backup.storageClassName", "backup.size"),
        ),
    ),
    "address": Group({}, ("database.value", "fullnameOverride")),
    "one-secret": Group({}, ("existingSecret",), without=("credentials",)),
    "claim": Group(
        _REMEMBERING,
        ("persistence.storageClassName", "persistence.size", "persistence.annotations"),
    ),
    "own-claim": Group(_REMEMBERING, ("persistence.existingClaim",)),
    "own-backup": Group(_SAVING, ("backup.existingClaim",)),
}
# Kubernetes expands $(NAME) in a variable: where the text is data, each $ is doubled.
DOUBLED = ("parameters", "backup.s3.region")
# Of a host without a dot, or of an address, a policy speaks in another way.
NAMED = {"networkPolicy.egress": r"[A-Za-z0-9]+\.[a-z]+"}
# Handed on as they are, by `toYaml`: it writes nothing at all where it cannot write something.
HANDED_ON = (
    *("env", "extraEnvFrom", "imagePullSecrets", "podSecurityContext", "securityContext"),
    *("startupProbe", "readinessProbe", "livenessProbe", "volumes", "volumeMounts", "affinity"),
    *("tolerations", "nodeSelector", "topologySpreadConstraints", "networkPolicy.ingressFrom"),
    *("networkPolicy.extraEgress", "resources", "backup.resources", "initContainers", "sidecars"),
    *("extraManifests", "ingress.tls", "httpRoute.parentRefs"),
)
