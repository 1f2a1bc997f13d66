"""A cluster from its start to its end, and what a test is told of it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster import (
    addons,
    build,
    cgroups,
    control_plane,
    metrics,
    network,
    node,
    processes,
    registry,
)
from tests.cluster.certificates import Authority

FOLDER = Path("/tmp/chartgen-cluster")  # noqa: S108 - nobody else's is believed, see stop()
# Of a cluster that did not come up: the folder is gone with it.
LOGS = build.CACHE.with_name("cluster-logs")
# Command → Debian's package.
COMMANDS = {
    "busybox": "busybox-static",
    "containerd": "containerd",
    "docker-registry": "docker-registry",
    "ip": "iproute2",
    "iptables": "iptables",
    "nft": "nftables",
    "nsenter": "util-linux",
    "openssl": "openssl",
    "runc": "runc",
    "/usr/lib/cni/ptp": "containernetworking-plugins",
}
SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster that runs, and how it is reached.

    `registry` is where images and charts are pushed to and pulled from, over plain HTTP.
    `address` is this machine's as pods see it: what a test starts there they can call; `public`
    is another one, which a network policy takes for the internet.
    `busybox` is an image that has a shell and small tools.
    """

    kubeconfig: Path
    kubectl: Path
    registry: str
    address: str
    busybox: str
    public: str = ""
    logs: Path | None = None

    def run(
        self,
        *arguments: str,
        given: str | None = None,
        check: bool = True,
        seconds: float = SECONDS,
    ) -> str:
        """Run kubectl: what it prints, and if it fails what it says of that."""
        done = subprocess.run(  # noqa: S603 - the tests' own arguments
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=given,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
        if done.returncode == 0:
            return done.stdout
        said = done.stdout + done.stderr
        if check:
            raise processes.Failed(f"kubectl {' '.join(arguments)}: {said}")
        return said

    def get(self, *arguments: str) -> Any:
        """Ask for objects: what the API server says of them."""
        return json.loads(self.run("get", *arguments, "--output=json"))


def lacking() -> str:
    """What keeps a cluster from running here, and how it is had; nothing if it can run."""
    if os.geteuid() != 0:
        return "a cluster needs root"
    packages = sorted({COMMANDS[name] for name in COMMANDS if shutil.which(name) is None})
    if packages:
        return f"there is no cluster without these: apt-get install {' '.join(packages)}"
    if not build.programs().is_dir():
        return "its programs are not built: python -m tests.cluster build (10 minutes)"
    return ""


@contextmanager
def running(folder: Path = FOLDER) -> Iterator[Cluster]:
    """The cluster in `folder`: the one that runs, or one for as long as this lasts."""
    with _alone():
        if processes.running(folder, "kube-apiserver"):
            yield _cluster(folder)
            return
        try:
            yield start(folder)
        except Exception as fault:
            _keep(folder / "logs", fault)
            raise
        finally:
            stop(folder)


def theirs() -> Cluster | None:
    """The developer's own cluster, where the environment says that tests may use it."""
    if os.environ.get("CHARTGEN_TEST_CLUSTER") != "1":
        return None
    if "KUBECONFIG" not in os.environ:
        raise processes.Failed("CHARTGEN_TEST_CLUSTER=1 needs KUBECONFIG beside it")
    return Cluster(
        kubeconfig=Path(os.environ["KUBECONFIG"]),
        kubectl=Path(shutil.which("kubectl") or build.programs() / "kubectl"),
        registry=os.environ.get("CHARTGEN_TEST_REGISTRY", ""),
        address=os.environ.get("CHARTGEN_TEST_ADDRESS", ""),
        busybox=os.environ.get("CHARTGEN_TEST_BUSYBOX", "busybox:1"),
    )


def start(folder: Path = FOLDER) -> Cluster:
    """Start a cluster; what was left of one that did not end well is removed first."""
    if fault := lacking():
        raise processes.Failed(fault)
    stop(folder)
    folder.mkdir(mode=0o711, parents=True)
    programs = build.programs()
    authority = Authority(folder / "certificates")
    made = _cluster(folder)
    admin = authority.sign("admin", group="system:masters")
    authority.kubeconfig(control_plane.SERVER, admin, made.kubeconfig)
    switch = network.switch(folder, programs / "pause")
    control_plane.start(folder, programs, authority)
    for each in network.NODES:
        node.start(folder, programs, switch, each, authority)
    registry.start(folder)
    registry.fill(programs, Path(shutil.which("busybox") or ""))
    control_plane.wait(folder, authority)
    control_plane.control(folder, programs, authority)
    metrics.start(folder, programs, authority)
    addons.install(folder, made.kubectl, made.kubeconfig, authority)
    for each in network.NODES:
        node.work(folder, each, authority)
    _wait(made)
    return made


def stop(folder: Path = FOLDER) -> None:
    """End the cluster in `folder`, however much of it there is, and leave nothing of it."""
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.geteuid()):
        raise processes.Failed(f"{folder} is not ours: remove it")
    processes.stop(folder)
    processes.wait(network.gone, f"{network.INTERFACE} is there, and not from {folder}")
    cgroups.remove()

    def removed() -> bool:
        # What is just ending may still write there.
        shutil.rmtree(folder, ignore_errors=True)
        return not folder.exists()

    processes.wait(removed, f"{folder} cannot be removed")


def _cluster(folder: Path) -> Cluster:
    return Cluster(
        kubeconfig=folder / "kubeconfig",
        kubectl=build.programs() / "kubectl",
        registry=registry.ADDRESS,
        address=network.HOST,
        busybox=f"{registry.ADDRESS}/busybox:1",
        public=network.PUBLIC,
        logs=folder / "logs",
    )


@contextmanager
def _alone() -> Iterator[None]:
    """Let one run of the tests after the other have the cluster; there is one on a machine."""
    with socket.socket(socket.AF_UNIX) as name:

        def taken() -> bool:
            try:
                # A name that is in no folder, and free again when this process ends.
                name.bind(f"\0{FOLDER}")
            except OSError:
                return False
            return True

        processes.wait(taken, "other tests have the cluster", 3600)
        yield


def _keep(logs: Path, fault: Exception) -> None:
    if logs.is_dir():
        shutil.rmtree(LOGS, ignore_errors=True)
        shutil.copytree(logs, LOGS)
        fault.add_note(f"The logs are in {LOGS}")


def _wait(cluster: Cluster) -> None:
    def nodes() -> bool:
        return len(cluster.get("nodes")["items"]) == len(network.NODES)

    processes.wait(nodes, f"the nodes do not join: see {cluster.logs}")
    limit = f"--timeout={SECONDS - 20}s"
    cluster.run("wait", limit, "--for=condition=Ready", "nodes", "--all")
    cluster.run("rollout", "status", limit, "deployment/coredns", "--namespace=kube-system")
