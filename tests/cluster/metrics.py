"""What pods use, for those who scale them: Kubernetes' own metrics server, on this machine."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from tests.cluster import network, processes
from tests.cluster.certificates import Authority
from tests.cluster.control_plane import SERVER

NAME = "metrics-server"
NAMESPACE = "kube-system"
HOST = f"{NAME}.{NAMESPACE}.svc"
PORT = 4443
# Seconds between two looks at the kubelets, each of which counts every ten seconds.
EVERY = 10


def start(folder: Path, programs: Path, authority: Authority) -> None:
    """Start it; it answers when it has asked the kubelets twice."""
    user = authority.sign(NAME, group="system:masters", addresses=(network.HOST,), hosts=(HOST,))
    file = authority.kubeconfig(SERVER, user, folder / f"{NAME}.kubeconfig")
    flags = {
        **dict.fromkeys(
            ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"), file
        ),
        "bind-address": network.HOST,
        "secure-port": PORT,
        "tls-cert-file": user.certificate,
        "tls-private-key-file": user.key,
        "kubelet-certificate-authority": authority.pair.certificate,
        "kubelet-client-certificate": user.certificate,
        "kubelet-client-key": user.key,
        "kubelet-preferred-address-types": "InternalIP",
        "metric-resolution": f"{EVERY}s",
        "kubelet-request-timeout": f"{EVERY // 2}s",
    }
    options = (f"--{name}={value}" for name, value in flags.items())
    processes.start(folder, NAME, (programs / NAME, *options))


def manifests(authority: Authority) -> list[str]:
    """The objects by which the API server hands on what it is asked of metrics."""
    labels = {"kubernetes.io/service-name": NAME}
    ports = [{"name": "https", "port": PORT}]
    return [
        _object("v1", "Service", NAME, spec={"clusterIP": "None", "ports": ports}),
        _object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            NAME,
            labels=labels,
            addressType="IPv4",
            ports=ports,
            endpoints=[{"addresses": [network.HOST], "conditions": {"ready": True}}],
        ),
        _object(
            "apiregistration.k8s.io/v1",
            "APIService",
            "v1beta1.metrics.k8s.io",
            spec={
                "group": "metrics.k8s.io",
                "version": "v1beta1",
                "groupPriorityMinimum": 100,
                "versionPriority": 100,
                "service": {"name": NAME, "namespace": NAMESPACE, "port": PORT},
                "caBundle": base64.b64encode(authority.pair.certificate.read_bytes()).decode(),
            },
        ),
    ]


def _object(version: str, kind: str, name: str, **content: Any) -> str:
    metadata = {"name": name, "labels": content.pop("labels", {})}
    if kind != "APIService":
        metadata["namespace"] = NAMESPACE
    return json.dumps({"apiVersion": version, "kind": kind, "metadata": metadata, **content})
