"""What containers may do: users, rights, limits, volumes, and what else the release brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chartgen.doctor.settings import Place, Settings
from chartgen.model import Finding

CODE = "weak-pod"
BACK = "leave it out: the chart sets what the Pod Security Standard restricted asks for"
RIGHTS = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
SHARED = ("hostNetwork", "hostPID", "hostIPC")
# The one capability that the Pod Security Standard restricted lets a container have.
HARMLESS = "NET_BIND_SERVICE"


def look(settings: Settings) -> Iterator[Finding]:
    """What there is to say of the release's own pods and of what is added to them."""
    pod = settings.mapping("podSecurityContext")
    for key, said in risks(settings.mapping("securityContext"), pod):
        inside: Place = ("securityContext", key)
        place = inside if settings.file(inside) else ("podSecurityContext", key)
        yield from settings.said(CODE, place, f"the container {said}", BACK)
    if settings.get("securityContext", "readOnlyRootFilesystem") is not True:
        yield from settings.said(
            CODE,
            ("securityContext", "readOnlyRootFilesystem"),
            "the container may change its own programs",
            "leave it out, and mount a volume where something must be written",
        )
    for name in ("initContainers", "sidecars"):
        yield from _beside(settings, name, pod)
    yield from _volumes(settings, ("volumes",))
    yield from _limits(settings)
    if settings.is_on("serviceAccount", "automount"):
        yield from settings.said(
            CODE,
            ("serviceAccount", "automount"),
            "code in the pod may ask the cluster's API, which the flows do not need",
            "leave it off",
        )
    if not settings.text("image", "digest"):
        yield from settings.said(
            "not-pinned",
            ("image", "digest"),
            "the image is not pinned: who may push its tag decides what runs",
            "leave image.digest as the chart has it, or set the digest of the image",
        )
    for where in (("backup", "image"), ("backup", "s3", "image")):
        if "@sha256:" not in (settings.text(*where) or "@sha256:"):
            yield from settings.said(
                "not-pinned",
                where,
                "the image is not pinned, and it gets the database's password or dumps",
                "name it by its digest",
            )
    yield from _manifests(settings)


def risks(context: Mapping[str, Any], pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What a container may do that it should not, by the key that says so."""
    both = {**pod, **context}
    if context.get("privileged") is True:
        yield "privileged", "is privileged: it is root on its node"
    if context.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation", "may gain rights that its process does not have"
    if both.get("runAsUser") == 0:
        yield "runAsUser", "runs as root"
    elif both.get("runAsNonRoot") is not True:
        yield "runAsNonRoot", "may run as root"
    capabilities = _mapping(context.get("capabilities"))
    if "ALL" not in _texts(capabilities.get("drop")):
        yield "capabilities", "keeps capabilities of root"
    if more := sorted(set(_texts(capabilities.get("add"))) - {HARMLESS}):
        yield "capabilities", f"gets capabilities of root: {', '.join(more)}"
    if _mapping(both.get("seccompProfile")).get("type") in (None, "", "Unconfined"):
        yield "seccompProfile", "may make every call of the kernel"
    if _mapping(both.get("appArmorProfile")).get("type") == "Unconfined":
        yield "appArmorProfile", "is not confined by AppArmor"


def _beside(settings: Settings, name: str, pod: Mapping[str, Any]) -> Iterator[Finding]:
    for number, container in settings.items(name):
        found = [said for _, said in risks(_mapping(container.get("securityContext")), pod)]
        if found:
            yield from settings.said(
                CODE,
                (name, number, "securityContext"),
                f"this container {', '.join(found)}",
                "give it the securityContext that the chart's own container has",
            )


def _volumes(settings: Settings, place: Place) -> Iterator[Finding]:
    for number, volume in settings.items(*place):
        if "hostPath" in volume:
            yield from settings.said(
                CODE,
                (*place, number, "hostPath"),
                "a folder of the node lies in the pod",
                "take a claim or an emptyDir",
            )


def _limits(settings: Settings) -> Iterator[Finding]:
    for name in ("memory", "ephemeral-storage"):
        if settings.get("resources", "limits", name) is None:
            yield from settings.said(
                "no-limit",
                ("resources", "limits", name),
                f"one pod may use all {name} of its node",
                f"set resources.limits.{name}",
            )


def _manifests(settings: Settings) -> Iterator[Finding]:
    for number, item in settings.items("extraManifests"):
        place = ("extraManifests", number)
        if item.get("kind") in RIGHTS:
            yield from settings.said(
                "extra-rights",
                place,
                f"a {item['kind']} gives rights in the cluster; the flows need none",
                "see who gets them: not the ServiceAccount of the pods",
            )
        for way in (
            ("spec",),
            ("spec", "template", "spec"),
            ("spec", "jobTemplate", "spec", "template", "spec"),
        ):
            yield from _pod(settings, (*place, *way))


def _pod(settings: Settings, place: Place) -> Iterator[Finding]:
    spec = settings.mapping(*place)
    if not isinstance(spec.get("containers"), list):
        return
    for key in SHARED:
        if spec.get(key) is True:
            yield from settings.said(
                CODE, (*place, key), f"{key}: the pod is not apart from its node", "leave it out"
            )
    yield from _volumes(settings, (*place, "volumes"))
    pod = _mapping(spec.get("securityContext"))
    for number, container in settings.items(*place, "containers"):
        context = _mapping(container.get("securityContext"))
        found = [said for key, said in risks(context, pod) if key in ("privileged", "runAsUser")]
        for said in found:
            at = (*place, "containers", number, "securityContext")
            yield from settings.said(CODE, at, f"this container {said}", "take its rights away")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    return [one.upper() for one in value if isinstance(one, str)] if isinstance(value, list) else []
