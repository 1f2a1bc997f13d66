"""H1–H9: which image a pod runs, and what it may use of a node."""

from __future__ import annotations

import re

from tests.standards.documents import Pod
from tests.standards.rules import Faults, Rules

IMAGES = Rules()
_PINNED = re.compile(r"@sha256:[a-f0-9]{64}$")


@IMAGES.pod("H1", "the image is pinned by its digest", "CKV_K8S_43, kube-linter latest-tag")
def _digest(pod: Pod) -> Faults:
    for where, container in pod.containers:
        if not _PINNED.search(container["image"]):
            yield f"{where} {container['image']}"


@IMAGES.pod("H2", "the image has a tag that people can read, not latest", "CKV_K8S_14, KSV-0013")
def _tag(pod: Pod) -> Faults:
    for where, container in pod.containers:
        tag = container["image"].partition("@")[0].rpartition("/")[2].partition(":")[2]
        if tag in {"", "latest"}:
            yield f"{where} {container['image']}"


@IMAGES.pod("H3", "the image names its registry", "KSV-0125, NSA/CISA: trusted registries")
def _registry(pod: Pod) -> Faults:
    for where, container in pod.containers:
        host, slash, _ = container["image"].partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            yield f"{where} {container['image']}"


@IMAGES.pod("H4", "it is said when to pull the image", "CKV_K8S_15, kube-score image pull policy")
def _pull(pod: Pod) -> Faults:
    for where, container in pod.containers:
        # What is pinned by a digest cannot be another image on another node.
        if container.get("imagePullPolicy") not in {"Always", "IfNotPresent"}:
            yield where


@IMAGES.pod("H5", "processors are requested", "CKV_K8S_10, KSV-0015, kube-linter")
def _cpu_request(pod: Pod) -> Faults:
    return _resource(pod, "requests", "cpu")


@IMAGES.pod("H6", "memory is requested", "CKV_K8S_12, KSV-0016, kube-linter")
def _memory_request(pod: Pod) -> Faults:
    return _resource(pod, "requests", "memory")


@IMAGES.pod("H7", "processors are limited", "CKV_K8S_11, KSV-0011, kube-linter")
def _cpu_limit(pod: Pod) -> Faults:
    return _resource(pod, "limits", "cpu")


@IMAGES.pod("H8", "memory is limited", "CKV_K8S_13, KSV-0018, kube-linter")
def _memory_limit(pod: Pod) -> Faults:
    return _resource(pod, "limits", "memory")


@IMAGES.pod("H9", "local disk is requested and limited", "kube-score ephemeral storage")
def _disk(pod: Pod) -> Faults:
    yield from _resource(pod, "requests", "ephemeral-storage")
    yield from _resource(pod, "limits", "ephemeral-storage")


def _resource(pod: Pod, part: str, name: str) -> Faults:
    for where, container in pod.containers:
        if not ((container.get("resources") or {}).get(part) or {}).get(name):
            yield f"{where} {part}.{name}"
