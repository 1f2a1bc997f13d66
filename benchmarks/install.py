"""Measures how long it takes from `helm install` to the first answer, and where the time goes.

Beside the chart stands what deployments do that fetch their flows when a pod starts: the same pod
on the bare base, whose flows an init container downloads; once with chartgen's command, and once
with `langflow run`, as such a chart has it. Cold means that the nodes have no layer of the image.

Run by hand, as root, after `make runtime-base` and `python -m tests.cluster build`, in the
project's folder: `.venv/bin/python -m benchmarks.install`. It prints the table of
docs/performance.md. It needs skopeo.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import statistics
import subprocess
import tarfile
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import requests
import yaml

from tests import loopback
from tests.cluster import cluster as clusters
from tests.cluster import network, node, processes
from tests.cluster import release as releases
from tests.cluster.cluster import Cluster
from tests.cluster.release import FULL, NAME, Helm, Packaged, ask
from tests.integration.command import EXAMPLES
from tests.runtime import base as runtime_base

FLOWS = "/app/data/bundle"
LANGFLOW_RUN = ["python", "-m", "langflow", "run", "--backend-only"]
UVICORN = ["python", "-m", "uvicorn", "--factory", "langflow.main:create_app", "--loop", "asyncio"]
UVICORN += ["--host", "0.0.0.0", "--port", "7860", "--log-level", "warning"]  # noqa: S104 - in a pod
FETCH = (
    "import io, sys, tarfile, urllib.request\n"
    "answer = urllib.request.urlopen(sys.argv[1], timeout=30)\n"
    "bundle = tarfile.open(fileobj=io.BytesIO(answer.read()))\n"
    "bundle.extractall(sys.argv[2])\n"
)
PHASES = ("created", "pulled", "started", "ready", "answered")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every measurement shares."""

    cluster: Cluster
    release: Packaged
    bare: str
    bundle: str
    folder: Path

    def chart(self, helm: Helm) -> None:
        """Install the chart as a user does."""
        where = (self.release.chart, "--version", self.release.version, "--plain-http")
        helm.do("install", NAME, *where, values=self._values)

    def fetched(self, command: list[str]) -> Callable[[Helm], None]:
        """The same objects, with a pod that gets its flows when it starts."""

        def install(helm: Helm) -> None:
            text = helm.do("template", NAME, self.release.archive, *_MINOR, values=self._values)
            objects = [one for one in yaml.safe_load_all(text) if one["kind"] != "Pod"]
            for one in objects:
                if one["kind"] == "Deployment":
                    self._fetch(one["spec"]["template"]["spec"], command)
            file = self.folder / "objects.json"
            file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
            helm.kubectl("create", f"--filename={file}")

        return install

    @property
    def _values(self) -> dict[str, Any]:
        # This machine, which asks, is no pod of the cluster.
        return {**self.release.values, "networkAccess": "public"}

    def _fetch(self, pod: dict[str, Any], command: list[str]) -> None:
        (container,) = pod["containers"]
        container |= {"image": self.bare, "command": command}
        variables = {one["name"]: one for one in container["env"]}
        variables["LANGFLOW_LOAD_FLOWS_PATH"]["value"] = FLOWS
        first = {key: container[key] for key in ("image", "resources", "securityContext")}
        script = ["python", "-c", FETCH, self.bundle, FLOWS]
        mounts = container["volumeMounts"]
        pod["initContainers"] = [
            {**first, "name": "fetch", "command": script, "volumeMounts": mounts}
        ]

    def measure(self, install: Callable[[Helm], None], *, cold: bool) -> dict[str, float]:
        """Install once: the seconds after which each phase was over."""
        if cold:
            forget_images()
        namespace = f"chartgen-{uuid.uuid4().hex[:8]}"
        self.cluster.run("create", "namespace", namespace)
        helm = Helm(version="helm4", cluster=self.cluster, namespace=namespace, home=self.folder)
        try:
            begun = time.monotonic()
            install(helm)
            return dict(self._phases(helm, begun))
        finally:
            self.cluster.run("delete", "namespace", namespace, "--wait=true", seconds=300)

    def _phases(self, helm: Helm, begun: float) -> Iterator[tuple[str, float]]:
        url, key = helm.address(FULL), self.release.key

        def first(condition: Callable[[], Any]) -> float:
            processes.wait(condition, "no end: see the pod's events", 300)
            return time.monotonic() - begun

        yield "created", first(lambda: _pods(helm))
        yield "pulled", first(lambda: "Pulled" in helm.kubectl("get", "events"))
        yield "started", first(lambda: any("running" in one["state"] for one in _containers(helm)))
        yield "ready", first(lambda: any(one["ready"] for one in _containers(helm)))
        yield "answered", first(lambda: _answers(url, key))


_MINOR = ("--kube-version", "1.35.0")


def _pods(helm: Helm) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(helm.kubectl("get", "pods", "--output=json"))["items"]
    return found


def _containers(helm: Helm) -> list[dict[str, Any]]:
    return [one for pod in _pods(helm) for one in pod["status"].get("containerStatuses", [])]


def _answers(url: str, key: str) -> bool:
    try:
        return ask(url, key, "echo").ok
    except requests.RequestException:
        return False


def forget_images() -> None:
    """Remove every image from the nodes that is not the cluster's own."""
    for each in network.NODES:
        control = (*node.inside(clusters.FOLDER, each), "ctr", "--namespace=k8s.io", "images")
        names = subprocess.run((*control, "list", "-q"), check=True, capture_output=True, text=True)  # noqa: S603 - our own arguments
        foreign = [
            name for name in names.stdout.split() if re.search(r"images/|/bare|sha256:", name)
        ]
        if foreign:
            command = (*control, "remove", "--sync", *foreign)
            subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - the same


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A cluster with the examples' release, the bare base, and the flows as a download."""
    with ExitStack() as stack:
        cluster = stack.enter_context(clusters.running())
        made = runtime_base.folder("base")
        if not made.is_dir():
            raise SystemExit("there is no runtime base: make runtime-base")
        release = releases.package(cluster, f"oci-layout:{made}", EXAMPLES, folder)
        bare = f"{cluster.registry}/bare:1"
        copy = ("skopeo", "copy", "--dest-tls-verify=false", f"oci:{made}", f"docker://{bare}")
        subprocess.run(copy, check=True, capture_output=True)  # noqa: S603 - Debian's own command
        server = loopback.Server(_serving(_bundle(folder)), cluster.public, 443)
        stack.enter_context(server.serve())
        yield Bench(cluster=cluster, release=release, bare=bare, bundle=server.url, folder=folder)


def _bundle(folder: Path) -> bytes:
    buffer = io.BytesIO()
    (flows,) = folder.glob("dist/*.context/**/app/flows")
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.add(flows, ".")
    return buffer.getvalue()


def _serving(content: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(loopback.Hello):
        def do_GET(self) -> None:  # noqa: N802 - the name that Python's own server calls
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

    return Handler


def say(text: str) -> None:
    """Print a part of the table."""
    print(text, flush=True)  # noqa: T201 - this is what it is run for


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="installations of each, in turn")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, bench(Path(name)) as shared:
        ways = {
            "chartgen": shared.chart,
            "fetched, the same command": shared.fetched(UVICORN),
            "fetched, `langflow run`": shared.fetched(LANGFLOW_RUN),
        }
        say(f"| | {' | '.join(PHASES)} |\n|---{'|---' * len(PHASES)}|")
        for cold in (True, False):
            seen: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
            for _ in range(rounds):
                for way, install in ways.items():
                    seen[way].append(shared.measure(install, cold=cold))
            for way, found in seen.items():
                middle = (statistics.median(one[phase] for one in found) for phase in PHASES)
                cells = " | ".join(f"{seconds:.1f} s" for seconds in middle)
                say(f"| {way}, {'cold' if cold else 'warm'} | {cells} |")


if __name__ == "__main__":
    main()
