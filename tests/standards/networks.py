"""G1–G7: who may call a pod, whom it may call, and how it is reached."""

from __future__ import annotations

import ipaddress
from typing import Any

from tests.standards.documents import Document, Documents, Pod, of_kind, pods, selects
from tests.standards.rules import Faults, Rules

NETWORKS = Rules()
# Of most clouds; Alibaba; Azure's two; Oracle's former; AWS and Google by IPv6.
_METADATA = [
    ipaddress.ip_address(text)
    for text in (
        *("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
        *("fd00:ec2::254", "fd20:ce::254"),
    )
]


@NETWORKS.release("G1", "a policy says who may call each pod", "CKV2_K8S_6, KSV-0038, NSA/CISA")
def _ingress(documents: Documents) -> Faults:
    for pod in pods(documents):
        if not _policies(documents, pod, "Ingress"):
            yield pod.owner


@NETWORKS.release("G2", "a policy says whom each pod may call", "CIS 5.3.2, NSA/CISA")
def _egress(documents: Documents) -> Faults:
    for pod in pods(documents):
        if not _policies(documents, pod, "Egress"):
            yield pod.owner


@NETWORKS.release(
    "G3", "no policy lets pods ask the cloud who they are", "NSA/CISA: metadata service"
)
def _metadata(documents: Documents) -> Faults:
    for name, policy in of_kind(documents, "NetworkPolicy"):
        for rule in policy["spec"].get("egress") or []:
            if not rule.get("to") and not _only_names(rule):
                yield f"{name} lets everything out: {rule}"
            for peer in rule.get("to") or []:
                if "ipBlock" in peer and not _spares(peer["ipBlock"]):
                    yield f"{name} {peer['ipBlock']}"


@NETWORKS.release("G4", "callers and calls are let through port by port", "kube-linter, NSA/CISA")
def _ports_named(documents: Documents) -> Faults:
    for name, policy in of_kind(documents, "NetworkPolicy"):
        for part in ("ingress", "egress"):
            for rule in policy["spec"].get(part) or []:
                if not rule.get("ports"):
                    yield f"{name} {part}: {rule}"


@NETWORKS.release("G5", "a Service meets pods and a port of theirs", "kube-linter dangling-service")
def _services(documents: Documents) -> Faults:
    for name, service in of_kind(documents, "Service"):
        met = [
            pod
            for pod in pods(documents)
            if selects({"matchLabels": service["spec"]["selector"]}, pod.labels)
        ]
        if {pod.kind for pod in met} != {"Deployment"}:
            yield f"{name} meets {[pod.owner for pod in met]}"
        for port in service["spec"]["ports"]:
            for pod in met:
                if port["targetPort"] not in _open(pod):
                    yield f"{name} port {port['targetPort']} of {pod.owner}"


@NETWORKS.release("G6", "no Service takes addresses, or ports of nodes", "KSV-0108, kube-linter")
def _exposed(documents: Documents) -> Faults:
    for name, service in of_kind(documents, "Service"):
        spec = service["spec"]
        if spec.get("externalIPs") or spec.get("type") in {"NodePort", "ExternalName"}:
            yield name


@NETWORKS.release(
    "G7", "an Ingress has TLS and no piece of configuration", "CKV_K8S_152-154, NSA/CISA"
)
def _tls(documents: Documents) -> Faults:
    for name, ingress in of_kind(documents, "Ingress"):
        hosts = {host for entry in ingress["spec"].get("tls") or [] for host in entry["hosts"]}
        for rule in ingress["spec"].get("rules") or []:
            if rule.get("host") not in hosts:
                yield f"{name} {rule.get('host')}"
        for annotation in ingress["metadata"].get("annotations") or {}:
            if "snippet" in annotation:
                yield f"{name} {annotation}"


def _policies(documents: Documents, pod: Pod, direction: str) -> list[Document]:
    found = [
        policy["spec"]
        for _, policy in of_kind(documents, "NetworkPolicy")
        if direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"].get("podSelector"), pod.labels)
    ]
    # Cilium closes a direction as soon as one of its policies has rules for it.
    found += [
        policy["spec"]
        for _, policy in of_kind(documents, "CiliumNetworkPolicy")
        if direction.lower() in policy["spec"]
        and selects(policy["spec"].get("endpointSelector"), pod.labels)
    ]
    return found


def _only_names(rule: dict[str, Any]) -> bool:
    return bool(rule.get("ports")) and {port["port"] for port in rule["ports"]} <= {53, 5353}


def _spares(block: dict[str, Any]) -> bool:
    network = ipaddress.ip_network(block["cidr"])
    spared = [ipaddress.ip_network(text) for text in block.get("except") or []]
    return all(
        address not in network or any(address in each for each in spared) for address in _METADATA
    )


def _open(pod: Pod) -> set[Any]:
    ports = [port for _, container in pod.containers for port in container.get("ports") or []]
    return {port["containerPort"] for port in ports} | {port.get("name") for port in ports}
