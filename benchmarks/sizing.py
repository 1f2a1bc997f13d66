"""Measures what a pod needs: memory, time to ready and requests per second, limit by limit.

The pod is the one that the chart describes, with nothing but its resources and, to compare, its
command changed. Run by hand after `make runtime-base`, in the project's folder:
`.venv/bin/python -m benchmarks.sizing --profile full`. It prints the tables of docs/sizing.md.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import requests
from docker.models.networks import Network

from tests.helm import Objects
from tests.helm import pod as pod_of
from tests.integration.engine import Engine
from tests.runtime import base as runtime_base
from tests.runtime import model_flows, running, stub
from tests.runtime import release as releases
from tests.runtime.release import Release
from tests.runtime.running import CALLERS, Running

CALLS = 200
MIB = 1 << 20
# The same processor, more and more memory; then the default memory, less and more processor.
LIMITS = ("512Mi/1", "768Mi/1", "1Gi/1", "1536Mi/1", "2Gi/1", "1Gi/500m", "1Gi/2")
DEFAULT = "1Gi/1"
LANGFLOW_RUN = ["python", "-m", "langflow", "run", "--backend-only"]
HEAD = (
    "| {name} | ready after | memory ready | memory after | peak with page cache "
    "| answered | per second |"
)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every measurement shares: the engine, its network, a release and a folder."""

    engine: Engine
    network: Network
    release: Release
    folder: Path
    # What the pods are told beside what the chart says.
    environment: list[dict[str, str]] = field(default_factory=list)

    def row(self, name: str, limits: str = DEFAULT, command: list[str] | None = None) -> str:
        """Start a pod, call it, and say what was seen as a row of the table."""
        memory, _, processors = limits.partition("/")
        resources = {
            "requests": {"cpu": "500m", "memory": "512Mi"},
            "limits": {"cpu": processors, "memory": memory},
        }
        objects = self.release.render(resources=resources, env=self.environment)
        if command:
            pod_of(objects)["containers"][0]["command"] = command
        with tempfile.TemporaryDirectory(dir=self.folder) as volumes:
            return f"| {name} | " + " | ".join(self._measured(objects, Path(volumes))) + " |"

    def _measured(self, objects: Objects, volumes: Path) -> Iterator[str]:
        with running.start(self.engine, self.network, objects, volumes) as pod:
            begun = time.monotonic()
            if not pod.kubelet.wait_ready():
                seconds = time.monotonic() - begun
                yield f"never: {reason(pod)} after {seconds:.0f} s"
                return
            yield f"{pod.kubelet.ready_after:.0f} s"
            idle = pod.memory
            codes, seconds = burst(pod, self.release)
            after = pod.memory if pod.state["Running"] else {"used": 0, "peak": 0}
            yield from (f"{idle['used'] // MIB} MiB", f"{after['used'] // MIB} MiB")
            yield f"{after['peak'] // MIB} MiB"
            yield said(codes) + ("" if pod.state["Running"] else f"; {reason(pod)}")
            yield f"{codes['200'] / seconds:.1f}"


def burst(pod: Running, release: Release) -> tuple[Counter[str], float]:
    """Call all flows in turn, many at once: what came back how often, and the seconds."""
    paths = [flow["path"] for flow in release.report["flows"]]

    def call(number: int) -> str:
        path = paths[number % len(paths)]
        try:
            answer = pod.ask("POST", path, key=release.key, body=release.app["request"])
        except requests.RequestException as fault:
            return type(fault).__name__
        return str(answer.status_code)

    begun = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        codes = Counter(callers.map(call, range(CALLS)))
    return codes, time.monotonic() - begun


def said(codes: Mapping[str, int]) -> str:
    """How many calls were answered, and what became of the others."""
    others = [f"{count} {name}" for name, count in codes.items() if name != "200"]
    return f"{codes.get('200', 0)} of {CALLS}" + (f" ({', '.join(others)})" if others else "")


def reason(pod: Running) -> str:
    """Why a pod is not up."""
    return "out of memory" if pod.state["OOMKilled"] else pod.kubelet.verdict or "it ended"


def table(name: str, rows: Iterator[str]) -> None:
    """Print a table row by row, as they are measured."""
    head = HEAD.format(name=name)
    show(f"\n{head}\n|{'---|' * head.count(' | ')}---|")
    for row in rows:
        show(row)


def show(text: str) -> None:
    """Print at once: a run takes many minutes."""
    print(text, flush=True)  # noqa: T201 - this is a command


def examples(base: str, make: Callable[..., Bench], limits: list[str]) -> None:
    """The example flows: limit by limit, and with the server as Langflow starts it."""
    bench = make(base)
    table("limits", (bench.row(one, one) for one in limits))
    commands = {"as chartgen starts it": None, "langflow run": LANGFLOW_RUN}
    table("command, 1Gi/1", (bench.row(name, command=one) for name, one in commands.items()))


def models(base: str, make: Callable[..., Bench], limits: list[str], gateway: str) -> None:
    """Flows that ask a model server with a package that the smaller base lacks."""
    with tempfile.TemporaryDirectory() as folder, stub.serve(gateway) as server:
        # Language Model looks up names at each call, and in the pod's network nobody answers.
        flows = model_flows.write(Path(folder) / "flows", any_model=False)
        made = make(base, flows, model_flows.parameters(server.base_url, any_model=False))
        bench = replace(made, environment=server.environment)
        table("limits, flows with a model", (bench.row(one, one) for one in limits))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    profiles = runtime_base.PROFILES
    parser.add_argument("--profile", choices=profiles, default=profiles[0], help="which base")
    parser.add_argument("--limits", default=",".join(LIMITS), help="memory/processors, …")
    parser.add_argument("--models", action="store_true", help="flows with a model instead")
    return parser.parse_args()


def main() -> None:
    """Measure one base and print the tables."""
    chosen = arguments()
    made = runtime_base.folder(chosen.profile)
    if not made.is_dir():
        raise SystemExit(f"there is no runtime base: make runtime-base PROFILE={chosen.profile}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engine = Engine()
        stack.callback(engine.close)
        network = stack.enter_context(running.network(engine))

        def make(base: str, *flows: Any) -> Bench:
            release = stack.enter_context(releases.release(base, engine, folder, *flows))
            return Bench(engine=engine, network=network, release=release, folder=folder)

        base, limits = f"oci-layout:{made}", chosen.limits.split(",")
        if chosen.models:
            models(base, make, limits, stub.address(network))
        else:
            examples(base, make, limits)


if __name__ == "__main__":
    main()
