"""A pod's specification as the arguments of a container in a Docker engine, field by field.

Whatever Kubernetes would act on is either done here or refused: a field that were passed over
would make a test green that a cluster makes red.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.helm import Objects
from tests.helm import pod as pod_of
from tests.runtime import volumes
from tests.runtime.fields import Fields, Unknown, reading
from tests.runtime.probes import Probe
from tests.runtime.quantities import amount, exact
from tests.runtime.volumes import Claims, Stored

Arguments = dict[str, Any]
REFERENCE = re.compile(r"\$(?:\$|\(([^()]*)\))")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a container is made, asked and stopped; `farewell` is run in it before it is."""

    arguments: Arguments = field(repr=False)
    probes: dict[str, Probe]
    grace: int
    farewell: list[str] | None = None


def read(
    objects: Objects, folder: Path, others: Stored | None = None, claims: Claims | None = None
) -> Plan:
    """Read the one pod of a chart, with the arguments of its container as docker-py takes them.

    `folder` is an empty one for what the volumes hold, `others` what the namespace holds
    beside the chart's objects, `claims` where the volumes are that outlive pods.
    """
    with reading(pod_of(objects), "pod") as pod:
        pod.expect("restartPolicy", None, "Always")
        grace = pod.take("terminationGracePeriodSeconds", 30)
        arguments, fields = _pod(pod, volumes.stored(objects, others), folder, claims)
    with reading(fields, "container") as container:
        ports = _ports(container.take("ports", []))
        probes = {
            kind: Probe.read(container.take(f"{kind}Probe"), ports)
            for kind in ("startup", "readiness", "liveness")
        }
        farewell = _farewell(container.take("lifecycle"))
    return Plan(arguments=arguments, probes=probes, grace=grace, farewell=farewell)


def read_test(objects: Objects, folder: Path, others: Stored | None = None) -> Arguments:
    """Read the pod that `helm test` starts, which nobody asks and which ends by itself."""
    with reading(objects["Pod"]["spec"], "pod") as pod:
        pod.expect("restartPolicy", "Never")
        pod.take("activeDeadlineSeconds")
        arguments, fields = _pod(pod, volumes.stored(objects, others), folder)
    with reading(fields, "container"):
        return arguments


def read_job(template: Mapping[str, Any], folder: Path, store: Stored, claims: Claims) -> Arguments:
    """Read a pod that a Job starts, with one container, and which ends by itself."""
    with reading(template, "pod") as pod:
        pod.expect("restartPolicy", "Never")
        arguments, fields = _pod(pod, store, folder, claims)
    with reading(fields, "container"):
        return arguments


def _pod(
    pod: Fields, store: Stored, folder: Path, claims: Claims | None = None
) -> tuple[Arguments, Mapping[str, Any]]:
    """What all pods have: the arguments of the one container, and its fields that are left."""
    # No token, and no addresses of other services in the environment.
    pod.expect("automountServiceAccountToken", False)
    pod.expect("enableServiceLinks", False)
    pod.take("topologySpreadConstraints")  # for the scheduler alone
    pod.take("serviceAccountName")  # without a token it is a name and no more
    user = _user(pod.take("securityContext"))
    (spec,) = pod.take("containers")
    pod_volumes = pod.take("volumes", [])
    group = user.pop("fs_group")
    fields = Fields(spec, "container")
    mounted = fields.take("volumeMounts", [])
    arguments = {
        **_program(fields, store),
        **_limits(fields.take("resources")),
        **_restrictions(fields.take("securityContext")),
        **user,
        "group_add": [group] if group is not None else [],
        "mounts": volumes.mounts(
            pod_volumes, mounted, store=store, group=group, folder=folder, claims=claims
        ),
    }
    return arguments, {name: fields.take(name) for name in fields.left()}


def _farewell(lifecycle: Mapping[str, Any] | None) -> list[str] | None:
    """The command that a container runs before it is told to end."""
    with reading(lifecycle, "lifecycle") as fields:
        with reading(fields.take("preStop"), "preStop") as hook:
            action = hook.take("exec")
        with reading(action, "exec") as called:
            command: list[str] | None = called.take("command")
    return command


def _program(fields: Fields, store: Stored) -> Arguments:
    fields.take("name")
    fields.expect("imagePullPolicy", None, "IfNotPresent", "Always")
    environment = _environment(fields.take("env", []), fields.take("envFrom", []), store)
    command, arguments = fields.take("command"), fields.take("args")
    return {
        "image": fields.take("image"),
        # Kubernetes' command is Docker's entrypoint, and silences the image's own arguments.
        "entrypoint": command and [expand(part, environment) for part in command],
        "command": arguments and [expand(part, environment) for part in arguments],
        "environment": environment,
    }


def _environment(
    entries: Iterable[Mapping[str, Any]], sources: Iterable[Mapping[str, Any]], store: Stored
) -> dict[str, str]:
    found: dict[str, str] = {}
    for source in sources:
        with reading(source, "envFrom[]") as fields:
            prefix = fields.take("prefix", "")
            for source_of, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                with reading(fields.take(source_of), source_of) as reference:
                    name = reference.take("name")
                held = store[kind, name] if name else {}
                found |= {prefix + key: data.decode() for key, data in held.items()}
    for entry in entries:
        with reading(entry, "env[]") as fields:
            name, value = fields.take("name"), fields.take("value", "")
            source = fields.take("valueFrom")
        told = _from_secret(source, store) if source else expand(value, found)
        if told is not None:
            found[name] = told
    return found


def _from_secret(source: Mapping[str, Any], store: Stored) -> str | None:
    """What a Secret holds; nothing when it may lack the key."""
    with reading(source, "valueFrom") as fields:
        reference = fields.take("secretKeyRef")
    with reading(reference, "secretKeyRef") as fields:
        held = store.get(("Secret", fields.take("name")), {})
        key, optional = fields.take("key"), fields.take("optional", False)
    return None if optional and key not in held else held[key].decode()


def expand(text: str, environment: Mapping[str, str]) -> str:
    """Do what Kubernetes does with $(NAME) and $$; a name that is not there stays as it stands."""
    return REFERENCE.sub(
        lambda found: "$" if found[1] is None else environment.get(found[1], found[0]), text
    )


def _limits(resources: Mapping[str, Any]) -> Arguments:
    with reading(resources, "resources") as fields:
        limits, requests = fields.take("limits", {}), fields.take("requests", {})
        for amounts in (limits, requests):
            # No write is stopped at it: the kubelet looks now and then, and evicts.
            amounts.pop("ephemeral-storage", None)
    with reading(limits, "limits") as fields:
        memory, processors = amount(fields.take("memory")), exact(fields.take("cpu"))
    with reading(requests, "requests") as fields:
        fields.take("memory")  # for the scheduler alone
        share = exact(fields.take("cpu"))
    return {
        "mem_limit": memory,
        "memswap_limit": memory,  # a node has no swap
        "nano_cpus": int(processors * 10**9),
        "cpu_shares": int(share * 1024),
    }


def _user(context: Mapping[str, Any]) -> Arguments:
    with reading(context, "pod.securityContext") as fields:
        user, group = fields.take("runAsUser"), fields.take("runAsGroup", 0)
        fields.expect("runAsNonRoot", True)
        # The engine's own profile is the runtime's default.
        fields.expect("seccompProfile", {"type": "RuntimeDefault"})
        if not user:
            raise Unknown(f"pod.securityContext.runAsUser: {user!r}")
        return {"user": f"{user}:{group}", "fs_group": fields.take("fsGroup")}


def _restrictions(context: Mapping[str, Any]) -> Arguments:
    with reading(context, "securityContext") as fields:
        fields.expect("runAsNonRoot", None, True)
        fields.expect("allowPrivilegeEscalation", False)
        read_only = bool(fields.take("readOnlyRootFilesystem", False))
        with reading(fields.take("capabilities"), "capabilities") as capabilities:
            dropped = capabilities.take("drop", [])
    return {
        "read_only": read_only,
        "cap_drop": dropped,
        "security_opt": ["no-new-privileges:true"],
    }


def _ports(entries: Iterable[Mapping[str, Any]]) -> dict[str | int, int]:
    """A port's number by its name and by itself."""
    found: dict[str | int, int] = {}
    for entry in entries:
        with reading(entry, "ports[]") as fields:
            fields.expect("protocol", None, "TCP")
            number = fields.take("containerPort")
            found |= {number: number, fields.take("name", number): number}
    return found
