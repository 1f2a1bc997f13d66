"""G13–G19: accounts, secrets, labels, versions and names."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from tests.standards.documents import NAMESPACE, Document, Documents, of_kind, pods
from tests.standards.rules import Faults, Rules

OBJECTS = Rules()
_CLUSTER_WIDE = re.compile(
    r"^(Cluster.*|Role|RoleBinding|Namespace|CustomResourceDefinition|PersistentVolume|"
    r"StorageClass|PriorityClass|.*WebhookConfiguration)$"
)
_OLD = re.compile(r"(^|/)v\d+(alpha|beta)\d+$")
_LABELS = ("name", "instance", "version", "component", "managed-by")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
# A Service's name is one of RFC 1035 up to Kubernetes 1.35 (KEP-5311): it begins with a letter.
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
# A CronJob's jobs have eleven characters more.
_LONGEST = {"CronJob": 52}
# A shorter text stands somewhere by chance.
_TELLING = 6


@OBJECTS.release("G13", "no rights, and nothing of the whole cluster's", "CIS 5.1, KSV-0041-0056")
def _rights(documents: Documents) -> Faults:
    for name, found in documents.items():
        if _CLUSTER_WIDE.match(found["kind"]):
            yield name


@OBJECTS.release("G14", "an account mounts no token by itself", "CKV_K8S_38, CIS 5.1.6")
def _accounts(documents: Documents) -> Faults:
    for name, account in of_kind(_own(documents), "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield name


@OBJECTS.release("G15", "every object names the namespace of the release", "CKV_K8S_21, KSV-0110")
def _namespace(documents: Documents) -> Faults:
    for name, found in documents.items():
        if found["metadata"].get("namespace") != NAMESPACE:
            yield name


@OBJECTS.release("G16", "secrets lie in Secrets alone", "KSV-0109, 01010, NSA/CISA")
def _secrets(documents: Documents) -> Faults:
    secrets = dict(of_kind(_own(documents), "Secret"))
    words = {word for secret in secrets.values() for word in _words(secret)}
    for name, found in documents.items():
        if found["kind"] != "Secret" and any(word in str(found) for word in words):
            yield name
    for name, secret in secrets.items():
        if secret.get("type") != "Opaque":
            yield f"{name} type"


@OBJECTS.release(
    "G17", "every object and pod has the recommended labels", "Kubernetes, kube-linter"
)
def _labels(documents: Documents) -> Faults:
    metadata = [(name, found["metadata"]) for name, found in documents.items()]
    metadata += [(f"{pod.owner} pod", pod.metadata) for pod in pods(documents)]
    for name, found in metadata:
        for label in (*(f"app.kubernetes.io/{part}" for part in _LABELS), "helm.sh/chart"):
            if label not in (found.get("labels") or {}):
                yield f"{name} {label}"


@OBJECTS.release("G18", "no object is of a version that may go away", "kube-score stable version")
def _versions(documents: Documents) -> Faults:
    for name, found in documents.items():
        if _OLD.search(found["apiVersion"]):
            yield f"{name} {found['apiVersion']}"


@OBJECTS.release(
    "G19", "names are DNS labels, and selectors hold no version", "Kubernetes, kube-linter"
)
def _names(documents: Documents) -> Faults:
    for name, found in documents.items():
        text = found["metadata"]["name"]
        form = _SERVICE_NAME if found["kind"] == "Service" else _NAME
        if len(text) > _LONGEST.get(found["kind"], 63) or not form.fullmatch(text):
            yield name
    for name, workload in of_kind(documents, "Deployment", "StatefulSet"):
        wanted = workload["spec"]["selector"]["matchLabels"]
        labels = workload["spec"]["template"]["metadata"]["labels"]
        if not wanted.items() <= labels.items():
            yield f"{name} does not select its own pods"
        if {"app.kubernetes.io/version", "helm.sh/chart"} & set(wanted):
            yield f"{name} selects a version"


def _own(documents: Documents) -> Documents:
    """What the chart makes: what users add as a manifest of their own is theirs to answer for."""
    return {
        name: found
        for name, found in documents.items()
        if "helm.sh/chart" in (found["metadata"].get("labels") or {})
    }


def _words(secret: Document) -> Iterator[str]:
    """What a Secret keeps, as it stands there and as it is read, where it is a text."""
    texts = list((secret.get("stringData") or {}).values())
    for value in (secret.get("data") or {}).values():
        texts += [value, base64.b64decode(value).decode("utf-8", "replace")]
    yield from (text for text in texts if len(text) >= _TELLING and "\ufffd" not in text)
