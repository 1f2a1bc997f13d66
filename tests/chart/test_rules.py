"""The rules themselves: each finds what breaks it."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from tests import chart_variants
from tests.chart.differences import GONE
from tests.chart.test_standards import ALL
from tests.standards.documents import Documents

VARIANT = "everything-as-files"
NAME = "demo-support"
POD = "Deployment spec template spec"
CONTAINER = f"{POD} containers 0"
CONTEXT = f"{CONTAINER} securityContext"
JOB = "CronJob-backup spec jobTemplate spec"
POLICY = "NetworkPolicy spec"
# Rule → where a good release is broken, and with what.
BREAKS: dict[str, tuple[str, Any]] = {
    "B1": (f"{CONTEXT} windowsOptions", {"hostProcess": True}),
    "B2": (f"{POD} hostPID", True),
    "B3": (f"{CONTEXT} privileged", True),
    "B4": (f"{CONTEXT} capabilities add", ["SYS_ADMIN"]),
    "B5": (f"{POD} volumes 0", {"name": "x", "hostPath": {"path": "/"}}),
    "B6": (f"{CONTAINER} ports 0 hostPort", 80),
    "B7": (f"{CONTAINER} readinessProbe httpGet host", "example.com"),
    "B8": (f"{CONTEXT} appArmorProfile", {"type": "Unconfined"}),
    "B9": (f"{CONTEXT} seLinuxOptions", {"type": "spc_t"}),
    "B10": (f"{CONTEXT} procMount", "Unmasked"),
    "B11": (f"{CONTEXT} seccompProfile", {"type": "Unconfined"}),
    "B12": (f"{POD} securityContext sysctls", [{"name": "kernel.msgmax", "value": "1"}]),
    "R1": (f"{POD} volumes 0", {"name": "x", "nfs": {}}),
    "R2": (f"{CONTEXT} allowPrivilegeEscalation", GONE),
    "R3": (f"{CONTEXT} runAsNonRoot", False),
    "R4": (f"{POD} securityContext runAsUser", 0),
    "R5": (f"{POD} securityContext seccompProfile", GONE),
    "R6": (f"{CONTEXT} capabilities drop", ["KILL"]),
    "H1": (f"{CONTAINER} image", "registry.example.com/a:1"),
    "H2": (f"{CONTAINER} image", "registry.example.com/a:latest"),
    "H3": (f"{CONTAINER} image", "team/a:1"),
    "H4": (f"{CONTAINER} imagePullPolicy", GONE),
    "H5": (f"{CONTAINER} resources requests cpu", GONE),
    "H6": (f"{CONTAINER} resources requests memory", GONE),
    "H7": (f"{CONTAINER} resources limits cpu", GONE),
    "H8": (f"{CONTAINER} resources limits memory", GONE),
    "H9": (f"{POD} initContainers 0 resources limits ephemeral-storage", GONE),
    "H10": (f"{CONTEXT} readOnlyRootFilesystem", False),
    "H11": (f"{CONTEXT} runAsNonRoot", GONE),
    "H12": (f"{CONTEXT} runAsUser", 1000),
    "H13": (f"{CONTEXT} runAsGroup", 999),
    "H14": (f"{CONTEXT} allowPrivilegeEscalation", True),
    "H15": (f"{CONTEXT} capabilities add", ["NET_BIND_SERVICE"]),
    "H16": (f"{CONTEXT} seccompProfile", {"type": "Localhost"}),
    "H17": (f"{CONTEXT} appArmorProfile", {"type": "Localhost"}),
    "H18": (f"{POD} shareProcessNamespace", True),
    "H19": (f"{POD} volumes 0", {"name": "x", "hostPath": {"path": "/"}}),
    "H20": (f"{POD} automountServiceAccountToken", GONE),
    "H21": (f"{POD} serviceAccountName", "default"),
    "H22": (f"{POD} enableServiceLinks", GONE),
    "H23": (f"{CONTAINER} readinessProbe", GONE),
    "H24": (f"{CONTAINER} livenessProbe", GONE),
    "H25": (f"{CONTAINER} startupProbe", GONE),
    "H26": (f"{CONTAINER} readinessProbe httpGet port", 1),
    "H27": (f"{CONTAINER} ports 0 containerPort", 22),
    "H28": (f"{CONTAINER} env 0", {"name": "OPENAI_API_KEY", "value": "sk-1"}),
    "H29": (f"{POD} volumes 0", {"name": "x", "emptyDir": {}}),
    "H30": (f"{POD} volumes 0 name", "x"),
    "H31": (f"{POD} terminationGracePeriodSeconds", 5),
    "G1": (f"{POLICY} podSelector matchLabels", {"a": "b"}),
    "G2": (f"{POLICY} policyTypes", ["Ingress"]),
    "G3": (f"{POLICY} egress 1 to", [{"ipBlock": {"cidr": "0.0.0.0/0"}}]),
    "G4": (f"{POLICY} ingress 0 ports", GONE),
    "G5": ("Service spec selector", {"a": "b"}),
    "G6": ("Service spec type", "NodePort"),
    "G7": ("Ingress spec tls", GONE),
    "G8": ("PodDisruptionBudget spec maxUnavailable", 0),
    "G9": ("HTTPRoute spec rules 0 backendRefs 0 name", "x"),
    "G10": ("Deployment spec replicas", 1),
    "G11": (f"{JOB} ttlSecondsAfterFinished", GONE),
    "G12": (f"{POD} topologySpreadConstraints", GONE),
    "G13": ("Service kind", "ClusterRole"),
    "G14": ("ServiceAccount automountServiceAccountToken", True),
    "G15": ("Service metadata namespace", GONE),
    "G16": ("Secret type", "x"),
    "G17": ("Service metadata labels", GONE),
    "G18": ("HorizontalPodAutoscaler apiVersion", "autoscaling/v2beta2"),
    "G19": ("Deployment spec selector matchLabels helm.sh/chart", "support-1.2.0"),
}


def broken(path: str, value: Any) -> Documents:
    """A good release with one thing in it changed or removed."""
    first, *keys, last = path.split()
    kind, dash, suffix = first.partition("-")
    documents = copy.deepcopy(chart_variants.rendered(VARIANT))
    found: Any = documents[f"{kind}/{NAME}{dash}{suffix}"]
    for key in keys:
        found = found[int(key) if isinstance(found, list) else key]
    place = int(last) if isinstance(found, list) else last
    if value is GONE:
        del found[place]
    else:
        found[place] = value
    return documents


@pytest.mark.parametrize("number", ALL)
def test_a_rule_finds_what_breaks_it(number: str) -> None:
    rule = ALL[number]
    assert set(rule.faults(broken(*BREAKS[number]))) - set(
        rule.faults(chart_variants.rendered(VARIANT))
    )


def test_what_users_add_is_theirs_to_answer_for() -> None:
    documents = dict(chart_variants.rendered(VARIANT))
    for kind, content in {
        "ServiceAccount": {},
        "Secret": {"type": "kubernetes.io/tls", "data": {"a": "d29yZC13b3Jk"}},
    }.items():
        documents[f"{kind}/theirs"] = {"kind": kind, "metadata": {"name": "theirs"}, **content}
    documents["ConfigMap/theirs"] = {
        "kind": "ConfigMap",
        "metadata": {"name": "theirs"},
        "data": {"a": "word-word"},
    }
    for number in ("G14", "G16"):
        assert ALL[number].faults(documents) == []


@pytest.mark.parametrize("secret", [b"\xff\x00\xfe binary", b"a text of ours"])
def test_a_secret_is_found_as_text_and_as_it_is_encoded(secret: bytes) -> None:
    encoded = base64.b64encode(secret).decode()
    documents = broken("Secret data more", encoded)
    assert ALL["G16"].faults(documents) == []
    told = encoded if b"binary" in secret else secret.decode()
    for text in (encoded, told):
        documents["Service/demo-support"]["metadata"]["labels"]["told"] = text
        assert len(ALL["G16"].faults(documents)) == 1
