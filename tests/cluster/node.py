"""A node: processes in namespaces of their own, with containerd, kubelet and kube-proxy.

The first process of a node is all that holds its namespaces. When it is ended the kernel ends
every other in them, containers too, and takes down the node's mounts and its network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster import cgroups, network, processes, registry
from tests.cluster.certificates import Authority
from tests.cluster.control_plane import SERVER
from tests.cluster.network import Node

# Folders that programs of a node have by fixed names: every node has its own there.
OWN = ("/run", "/var/lib", "/var/log")
SOCKET = "/run/containerd/containerd.sock"
SYSTEM = Path("/proc/sys")
# A kubelet sets these for the whole machine, unless they are as it wants them. In a node they
# look as if they were.
SETTINGS = {
    "kernel/keys/root_maxbytes": "25000000",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
}


def start(folder: Path, programs: Path, switch: int, node: Node, authority: Authority) -> None:
    """Start a node's namespaces and what runs pods in them; it does not need the API server."""
    place = folder / node.name
    script = _boot(place, programs, node)
    flags = (
        *("--mount", "--net", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc"),
        # What this machine unmounts is not kept in use by the node.
        "--propagation=slave",
    )
    outer = processes.start(folder, node.name, ("unshare", *flags, "--", "sh", "-ec", script))
    reason = f"{node.name} does not start: see {processes.log(folder, node.name)}"
    processes.wait((place / "run/booted").exists, reason)
    network.plug(switch, processes.child(outer), node)
    for path, content in _files(place, node, authority).items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    run(folder, node, "containerd", "containerd", "--config", place / "containerd.toml")


def work(folder: Path, node: Node, authority: Authority) -> None:
    """Start what makes it a node of the cluster."""
    place = folder / node.name
    name = f"--hostname-override={node.name}"
    options = {
        "kubelet": (f"--config={place}/kubelet.json", name, f"--node-ip={node.address}"),
        "kube-proxy": (f"--config={place}/kube-proxy.json", name),
        "policies": (f"--node={node.name}",),
    }
    users = {
        "kubelet": authority.sign(f"system:node:{node.name}", group="system:nodes"),
        "kube-proxy": authority.sign("system:kube-proxy"),
        "policies": authority.sign("chartgen:policies"),
    }
    for program, user in users.items():
        file = authority.kubeconfig(SERVER, user, place / f"{program}.kubeconfig")
        # The proxy is told by its own file.
        known = () if program == "kube-proxy" else (f"--kubeconfig={file}",)
        run(folder, node, program, place / "programs" / program, *known, *options[program])


def run(folder: Path, node: Node, name: str, *command: str | Path) -> None:
    """Start a program in a node."""
    processes.start(folder, f"{node.name}-{name}", (*inside(folder, node), *command))


def inside(folder: Path, node: Node) -> tuple[str, ...]:
    """What is put before a command so that it runs in a node."""
    outer = processes.running(folder, node.name)
    if outer is None:
        raise processes.Failed(f"{node.name} has ended: {processes.log(folder, node.name)}")
    flags = ("--mount", "--net", "--pid", "--uts")
    return ("nsenter", f"--target={processes.child(outer)}", *flags, "--")


def _boot(place: Path, programs: Path, node: Node) -> str:
    """The shell script that sets up a node, and becomes its first process."""
    # The checkout may lie where the node has folders of its own.
    binds = {programs: place / "programs"}
    for name in OWN:
        binds |= {place / name.lstrip("/"): Path(name)}
    for name, wanted in SETTINGS.items():
        if not (SYSTEM / name).exists():
            continue
        file = place / "settings" / name.replace("/", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{wanted}\n")
        binds |= {file: SYSTEM / name}
    for name in (*OWN, "programs"):
        (place / name.lstrip("/")).mkdir(parents=True)
    return "\n".join(
        (
            *(f"mount --bind '{source}' '{target}'" for source, target in binds.items()),
            # A volume that the kubelet mounts is to be seen by containers that run already.
            "mount --make-rshared /",
            f"hostname {node.name}",
            "touch /run/booted",
            f"exec '{place}/programs/pause'",
        )
    )


def _files(place: Path, node: Node, authority: Authority) -> Mapping[str, str | dict[str, Any]]:
    return {
        "containerd.toml": CONTAINERD.format(place=place, image=f"{registry.ADDRESS}/pause:1"),
        # It speaks plain HTTP.
        f"registries/{registry.ADDRESS}/hosts.toml": f'[host."http://{registry.ADDRESS}"]\n',
        "cni/10-chartgen.conflist": _cni(node),
        "kubelet.json": _kubelet(place, node, authority),
        "kube-proxy.json": _proxy(place),
        "resolv.conf": "",
    }


CONTAINERD = """\
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image}"
  netns_mounts_under_state_dir = true
  # Where a machine lets nobody be preferred to others, pods are started nevertheless.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{place}/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{place}/registries"
"""


def _cni(node: Node) -> dict[str, Any]:
    """A cable from every pod to its node: whatever a pod sends passes the node's firewall."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": node.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    plugins = [{"type": "ptp", "ipMasq": False, "ipam": addresses}, ports]
    return {"cniVersion": "0.4.0", "name": "chartgen", "plugins": plugins}


def _kubelet(place: Path, node: Node, authority: Authority) -> dict[str, Any]:
    server = authority.sign(node.name, addresses=(node.address,), hosts=(node.name,))
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.address,
        "tlsCertFile": str(server.certificate),
        "tlsPrivateKeyFile": str(server.key),
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(authority.pair.certificate)},
        },
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroups.make(node.name),
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [network.DNS],
        "clusterDomain": "cluster.local",
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "resolvConf": str(place / "resolv.conf"),
        "serializeImagePulls": False,
        "oomScoreAdj": 0,
        # The disk is not the cluster's alone: that it is rather full is nothing to act on.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "imagefs.available": "1Mi",
            "memory.available": "10Mi",
            "nodefs.available": "1Mi",
            "nodefs.inodesFree": "1",
        },
    }


def _proxy(place: Path) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(place / "kube-proxy.kubeconfig")},
        "mode": "iptables",
        "clusterCIDR": network.PODS,
        "oomScoreAdj": 0,
        # These are settings of the whole machine.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpCloseWaitTimeout": "0s",
            "tcpEstablishedTimeout": "0s",
        },
        "iptables": {"localhostNodePorts": False},
    }
