"""H10–H22: what a container may do to its node, its neighbours and the cluster."""

from __future__ import annotations

from tests.standards.documents import Pod
from tests.standards.rules import Faults, Rules

PRIVILEGES = Rules()
_SAFE_ID = 10_000


@PRIVILEGES.pod("H10", "the root file system is read-only", "CKV_K8S_22, KSV-0014, NSA/CISA")
def _read_only(pod: Pod) -> Faults:
    for where, context in pod.contexts[1:]:
        if context.get("readOnlyRootFilesystem") is not True:
            yield where


@PRIVILEGES.pod("H11", "non-root is said by the pod and by each container", "CKV_K8S_23, KSV-0012")
def _non_root(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        if context.get("runAsNonRoot") is not True:
            yield where


@PRIVILEGES.pod("H12", "the user is none that a host has, too", "CKV_K8S_40, KSV-0020")
def _user(pod: Pod) -> Faults:
    return _identity(pod, "runAsUser")


@PRIVILEGES.pod(
    "H13", "the group is none that a host has, too", "KSV-0021, kube-score user group id"
)
def _group(pod: Pod) -> Faults:
    yield from _identity(pod, "runAsGroup")
    own = pod.contexts[0][1]
    if own.get("fsGroup", _SAFE_ID) < _SAFE_ID or 0 in (own.get("supplementalGroups") or []):
        yield f"{pod.owner} fsGroup or supplementalGroups"


@PRIVILEGES.pod(
    "H14", "no container is privileged or may become so", "CKV_K8S_16, 20, KSV-0001, 0017"
)
def _privileges(pod: Pod) -> Faults:
    for where, context in pod.contexts[1:]:
        if context.get("privileged") or context.get("allowPrivilegeEscalation") is not False:
            yield where


@PRIVILEGES.pod(
    "H15", "all capabilities are dropped and none comes back", "CKV_K8S_37, 28, KSV-0106"
)
def _capabilities(pod: Pod) -> Faults:
    for where, context in pod.contexts[1:]:
        capabilities = context.get("capabilities") or {}
        if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
            yield where


@PRIVILEGES.pod("H16", "seccomp is the runtime's own", "CKV_K8S_31, KSV-0030, CIS 5.7.2")
def _seccomp(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        own = pod.contexts[0][1].get("seccompProfile")
        if context.get("seccompProfile", own) != {"type": "RuntimeDefault"}:
            yield where


@PRIVILEGES.pod("H17", "AppArmor is the runtime's own", "KSV-0002, NSA/CISA")
def _apparmor(pod: Pod) -> Faults:
    for where, context in pod.contexts:
        profile = context.get("appArmorProfile", pod.contexts[0][1].get("appArmorProfile"))
        if profile != {"type": "RuntimeDefault"}:
            yield f"{where} {profile}"


@PRIVILEGES.pod("H18", "nothing of the host is shared", "CKV_K8S_17-19, 26, KSV-0008-0010, 0024")
def _host(pod: Pod) -> Faults:
    for name in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostAliases"):
        if pod.spec.get(name):
            yield f"{pod.owner} {name}"
    for where, container in pod.containers:
        if any("hostPort" in port for port in container.get("ports") or []):
            yield f"{where} hostPort"


@PRIVILEGES.pod("H19", "nothing of the host is mounted", "CKV_K8S_27, KSV-0006, 0023, kube-linter")
def _mounted(pod: Pod) -> Faults:
    for volume in pod.spec.get("volumes") or []:
        if "hostPath" in volume or "local" in volume:
            yield f"{pod.owner} volume {volume['name']}"


@PRIVILEGES.pod("H20", "no token of the API is mounted", "CKV_K8S_38, KSV-0036, CIS 5.1.6")
def _token(pod: Pod) -> Faults:
    if pod.spec.get("automountServiceAccountToken") is not False:
        yield pod.owner
    for volume in pod.spec.get("volumes") or []:
        sources = (volume.get("projected") or {}).get("sources") or []
        if any("serviceAccountToken" in source for source in sources):
            yield f"{pod.owner} volume {volume['name']}"


@PRIVILEGES.pod(
    "H21", "the ServiceAccount is the release's own", "CIS 5.1.5, kube-linter default-sa"
)
def _account(pod: Pod) -> Faults:
    if pod.spec.get("serviceAccountName", "default") == "default":
        yield pod.owner


@PRIVILEGES.pod(
    "H22", "no Service puts variables into the pod", "kube-score, langflow's LANGFLOW_PORT"
)
def _links(pod: Pod) -> Faults:
    if pod.spec.get("enableServiceLinks") is not False:
        yield pod.owner


def _identity(pod: Pod, name: str) -> Faults:
    own = pod.contexts[0][1].get(name)
    for where, context in pod.contexts[1:]:
        number = context.get(name, own)
        if number is None or number < _SAFE_ID:
            yield f"{where} {name} is {number}"
