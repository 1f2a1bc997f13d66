"""The Pod Security Standards, level "restricted": 12 controls of the baseline, and 6 more.

https://kubernetes.io/docs/concepts/security/pod-security-standards/ names them in this order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.standards.documents import Pod
from tests.standards.rules import Faults, Rules

POD_SECURITY = Rules()
BASELINE = "Pod Security Standards, baseline"
RESTRICTED = "Pod Security Standards, restricted"

_CAPABILITIES = frozenset(
    [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ]
)
_SYSCTLS = frozenset(
    [
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
    ]
)
_VOLUMES = frozenset(
    [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ]
)
_SELINUX = frozenset(
    ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]
)
_PROFILES = frozenset(["RuntimeDefault", "Localhost"])
_HANDLERS = ("startupProbe", "readinessProbe", "livenessProbe")


@POD_SECURITY.pod("B1", "no container is a Windows host process", BASELINE)
def _host_process(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield where


@POD_SECURITY.pod("B2", "the host's namespaces are not shared", BASELINE)
def _host_namespaces(pod: Pod) -> Faults:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(name):
            yield f"{pod.owner} {name}"


@POD_SECURITY.pod("B3", "no container is privileged", BASELINE)
def _privileged(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if context.get("privileged"):
            yield where


@POD_SECURITY.pod("B4", "no capability beyond the harmless ones is added", BASELINE)
def _added(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        for name in set(_capabilities(context, "add")) - _CAPABILITIES:
            yield f"{where} {name}"


@POD_SECURITY.pod("B5", "no path of the host is mounted", BASELINE)
def _host_path(pod: Pod) -> Faults:
    for volume in pod.spec.get("volumes") or []:
        if "hostPath" in volume:
            yield f"{pod.owner} volume {volume['name']}"


@POD_SECURITY.pod("B6", "no port of the host is taken", BASELINE)
def _host_port(pod: Pod) -> Faults:
    for where, container in pod.containers:
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                yield f"{where} {port['hostPort']}"


@POD_SECURITY.pod("B7", "no probe or hook names a host", BASELINE)
def _host_probe(pod: Pod) -> Faults:
    for where, container in pod.containers:
        for handler in _handlers(container):
            for way in ("httpGet", "tcpSocket"):
                if (handler.get(way) or {}).get("host"):
                    yield f"{where} {way}"


@POD_SECURITY.pod("B8", "AppArmor is not switched off", BASELINE)
def _apparmor(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        profile = context.get("appArmorProfile")
        if profile is not None and profile.get("type") not in _PROFILES:
            yield where
    for key, value in (pod.metadata.get("annotations") or {}).items():
        known = value == "runtime/default" or value.startswith("localhost/")
        if key.startswith("container.apparmor.security.beta.kubernetes.io/") and not known:
            yield f"{pod.owner} {key}"


@POD_SECURITY.pod("B9", "SELinux keeps its types, and users and roles are not chosen", BASELINE)
def _selinux(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        options = context.get("seLinuxOptions") or {}
        if options.get("type", "") not in _SELINUX or options.get("user") or options.get("role"):
            yield where


@POD_SECURITY.pod("B10", "/proc stays masked", BASELINE)
def _proc(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if context.get("procMount", "Default") != "Default":
            yield where


@POD_SECURITY.pod("B11", "seccomp is not switched off", BASELINE)
def _seccomp(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if (context.get("seccompProfile") or {}).get("type", "RuntimeDefault") not in _PROFILES:
            yield where


@POD_SECURITY.pod("B12", "no sysctl beyond the safe ones is set", BASELINE)
def _sysctls(pod: Pod) -> Faults:
    for setting in (pod.spec.get("securityContext") or {}).get("sysctls") or []:
        if setting["name"] not in _SYSCTLS:
            yield f"{pod.owner} {setting['name']}"


@POD_SECURITY.pod("R1", "volumes are of the harmless kinds", RESTRICTED)
def _volumes(pod: Pod) -> Faults:
    for volume in pod.spec.get("volumes") or []:
        for kind in set(volume) - {"name"} - _VOLUMES:
            yield f"{pod.owner} volume {volume['name']}: {kind}"


@POD_SECURITY.pod("R2", "no container may gain privileges", RESTRICTED)
def _escalation(pod: Pod) -> Faults:
    for where, context in pod.contexts[1:]:
        if context.get("allowPrivilegeEscalation") is not False:
            yield where


@POD_SECURITY.pod("R3", "containers run as non-root", RESTRICTED)
def _non_root(pod: Pod) -> Faults:
    return _said(pod, "runAsNonRoot", [True])


@POD_SECURITY.pod("R4", "no user is root", RESTRICTED)
def _not_user_zero(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if context.get("runAsUser") == 0:
            yield where


@POD_SECURITY.pod("R5", "seccomp is set", RESTRICTED)
def _seccomp_set(pod: Pod) -> Faults:
    return _said(pod, "seccompProfile", [{"type": "RuntimeDefault"}])


@POD_SECURITY.pod("R6", "all capabilities are dropped, one may come back", RESTRICTED)
def _dropped(pod: Pod) -> Faults:
    for where, context in pod.contexts[1:]:
        added = set(_capabilities(context, "add")) - {"NET_BIND_SERVICE"}
        if "ALL" not in _capabilities(context, "drop") or added:
            yield where


def _said(pod: Pod, name: str, right: list[Any]) -> Iterator[str]:
    """Each container says it itself, or the pod says it for those that are silent."""
    (_, own), *others = pod.contexts
    if name in own and own[name] not in right:
        yield f"{pod.owner} {name}"
    for where, context in others:
        if context.get(name, own.get(name)) not in right:
            yield f"{where} {name}"


def _capabilities(context: dict[str, Any], part: str) -> list[str]:
    return list((context.get("capabilities") or {}).get(part) or [])


def _handlers(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    hooks = container.get("lifecycle") or {}
    yield from (container[name] for name in _HANDLERS if container.get(name))
    yield from (hooks[name] for name in ("postStart", "preStop") if hooks.get(name))
