"""The network of the cluster: a switch, and a cable to it from every node and from this machine.

All of it is in network namespaces that have no names: they end with the processes in them, and
the cables with the namespaces. This machine gets one interface and routes over it, and nothing of
its firewall is touched.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import processes

INTERFACE = "chartgen0"
# All the others lie in it.
ALL = "10.213.0.0/16"
HOST = "10.213.0.1"
# This machine once more, by an address that is no private one, so that a policy takes it for the
# internet: of a range that is kept for examples (RFC 5737), and reached by the nodes alone.
PUBLIC = "203.0.113.1"
SERVICES = "10.213.64.0/20"
API = "10.213.64.1"
DNS = "10.213.64.10"
PODS = "10.213.128.0/17"


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node's name, its address, and the addresses of its pods."""

    name: str
    address: str
    pods: str


NODES = tuple(
    Node(
        name=f"node-{number}", address=f"10.213.0.{10 + number}", pods=f"10.213.{128 + number}.0/24"
    )
    for number in (1, 2)
)


def switch(folder: Path, pause: Path) -> int:
    """Start the switch, and plug this machine in: the switch's process."""
    if others := _run(("ip", "-4", "route", "show", "to", "root", ALL)):
        raise processes.Failed(f"{ALL} is in use on this machine: {others}")
    command = ("unshare", "--net", "--", pause)
    pid = processes.start(folder, "switch", command)
    own = Path("/proc/self/ns/net").readlink()
    processes.wait(lambda: Path(f"/proc/{pid}/ns/net").readlink() != own, "there is no switch")
    _ip(None, f"link add {INTERFACE} type veth peer name host netns {pid}")
    _ip(pid, "link add bridge type bridge", "link set bridge up", "link set host master bridge up")
    _ip(
        None,
        *(f"address add {address} dev {INTERFACE}" for address in (f"{HOST}/24", f"{PUBLIC}/32")),
        f"link set {INTERFACE} up",
    )
    _ip(
        None,
        *(f"route add {node.pods} via {node.address}" for node in NODES),
        # The first node's proxy sends on what is for a service.
        f"route add {SERVICES} via {NODES[0].address}",
    )
    return pid


def plug(switch: int, pid: int, node: Node) -> None:
    """Plug a node into the switch; `pid` is the node's first process."""
    _ip(
        switch,
        f"link add {node.name} type veth peer name eth0 netns {pid}",
        f"link set {node.name} master bridge up",
    )
    _ip(
        pid,
        "link set lo up",
        f"address add {node.address}/24 dev eth0",
        "link set eth0 up",
        *(f"route add {other.pods} via {other.address}" for other in NODES if other != node),
        f"route add {PUBLIC} via {HOST}",
    )
    _run((*_inside(pid), "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"))


def gone() -> bool:
    """Whether this machine has nothing of the network any more."""
    return not Path(f"/sys/class/net/{INTERFACE}").exists()


def _ip(pid: int | None, *lines: str) -> None:
    _run((*(_inside(pid) if pid else ()), "ip", "-batch", "-"), "\n".join(lines) + "\n")


def _inside(pid: int) -> tuple[str, ...]:
    return ("nsenter", f"--net=/proc/{pid}/ns/net", "--")


def _run(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
        command, input=given, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise processes.Failed(f"{' '.join(command)}: {done.stderr}")
    return done.stdout
