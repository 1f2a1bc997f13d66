"""The control plane: etcd, the API server, the controllers and the scheduler, on this machine."""

from __future__ import annotations

from pathlib import Path

import requests

from tests.cluster import certificates, network, processes
from tests.cluster.certificates import Authority, Pair

Flags = dict[str, str | Path]
SERVER = f"https://{network.HOST}:6443"
ETCD = f"https://{network.HOST}:2379"
NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")


def start(folder: Path, programs: Path, authority: Authority) -> None:
    """Start what answers; the rest needs the answers."""
    server = authority.sign(
        "kube-apiserver", addresses=(network.HOST, network.API, "127.0.0.1"), hosts=NAMES
    )
    _start(folder, programs, "etcd", _etcd(folder, authority, server))
    _start(folder, programs, "kube-apiserver", _api_server(folder, authority, server))


def wait(folder: Path, authority: Authority) -> None:
    """Wait for the API server."""

    def ready() -> bool:
        if processes.running(folder, "kube-apiserver") is None:
            raise processes.Failed(_end(folder, "kube-apiserver"))
        try:
            trusted = str(authority.pair.certificate)
            return requests.get(f"{SERVER}/readyz", timeout=5, verify=trusted).ok
        except requests.RequestException:
            return False

    processes.wait(ready, "the API server does not get ready", 60)


def control(folder: Path, programs: Path, authority: Authority) -> None:
    """Start what works through the API server."""
    for name in ("kube-controller-manager", "kube-scheduler"):
        user = authority.sign(f"system:{name}")
        file = authority.kubeconfig(SERVER, user, folder / f"{name}.kubeconfig")
        # One of each, and nobody asks them anything: no election, no port.
        flags: Flags = {"kubeconfig": file, "leader-elect": "false", "secure-port": "0"}
        if name == "kube-controller-manager":
            flags |= _controllers(authority)
        _start(folder, programs, name, flags)


def _etcd(folder: Path, authority: Authority, server: Pair) -> Flags:
    peer = f"https://{network.HOST}:2380"
    flags: Flags = {
        "data-dir": folder / "etcd",
        "listen-client-urls": ETCD,
        "advertise-client-urls": ETCD,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"default={peer}",
        # It lives as long as the tests do.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }
    for prefix in ("", "peer-"):
        flags |= {
            f"{prefix}cert-file": server.certificate,
            f"{prefix}key-file": server.key,
            f"{prefix}trusted-ca-file": authority.pair.certificate,
            f"{prefix}client-cert-auth": "true",
        }
    return flags


def _api_server(folder: Path, authority: Authority, server: Pair) -> Flags:
    trusted = authority.pair.certificate
    kubelets = authority.sign("kube-apiserver-kubelet-client", group="system:masters")
    accounts = certificates.key(authority.folder, "service-accounts")
    # Who this one signs may say in whose name a request is made: nobody else gets it.
    front = Authority(authority.folder, "front")
    aggregator = front.sign("front-proxy-client")
    return {
        "advertise-address": network.HOST,
        "bind-address": network.HOST,
        "secure-port": "6443",
        "etcd-servers": ETCD,
        "etcd-cafile": trusted,
        "etcd-certfile": server.certificate,
        "etcd-keyfile": server.key,
        "client-ca-file": trusted,
        "tls-cert-file": server.certificate,
        "tls-private-key-file": server.key,
        "kubelet-certificate-authority": trusted,
        "kubelet-client-certificate": kubelets.certificate,
        "kubelet-client-key": kubelets.key,
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": accounts,
        "service-account-signing-key-file": accounts,
        "service-cluster-ip-range": network.SERVICES,
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "allow-privileged": "true",
        "requestheader-client-ca-file": front.pair.certificate,
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": aggregator.certificate,
        "proxy-client-key-file": aggregator.key,
        "enable-aggregator-routing": "true",
        "profiling": "false",
    }


def _controllers(authority: Authority) -> Flags:
    return {
        "root-ca-file": authority.pair.certificate,
        "service-account-private-key-file": authority.folder / "service-accounts.key",
        "use-service-account-credentials": "true",
        "cluster-signing-cert-file": authority.pair.certificate,
        "cluster-signing-key-file": authority.pair.key,
        # Nobody waits fifteen seconds for an autoscaler to look.
        "horizontal-pod-autoscaler-sync-period": "5s",
    }


def _start(folder: Path, programs: Path, name: str, flags: Flags) -> None:
    options = (f"--{flag}={value}" for flag, value in flags.items())
    processes.start(folder, name, (programs / name, *options))


def _end(folder: Path, name: str) -> str:
    said = processes.log(folder, name).read_text(errors="replace").splitlines()
    return f"{name} has ended:\n" + "\n".join(said[-20:])
