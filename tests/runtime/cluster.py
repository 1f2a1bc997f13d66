"""What a cluster does with the pods of a release: starts, replaces and calls them."""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import requests
from docker.models.networks import Network

from tests.integration.engine import Engine
from tests.runtime import running
from tests.runtime.balancer import Balancer
from tests.runtime.postgres import Postgres
from tests.runtime.release import Release
from tests.runtime.running import Running

REPLICAS = 3
CALLERS = 4
DATABASE = {"existingSecret": {"name": "shared", "key": "url"}}


@dataclasses.dataclass(kw_only=True)
class Cluster:
    """What a namespace has: pods on a database behind a Service."""

    engine: Engine
    network: Network
    database: Postgres
    folder: Path
    stack: ExitStack
    pods: list[Running] = dataclasses.field(default_factory=list)
    service: Balancer | None = None

    def start(self, release: Release, number: int, **changes: Any) -> list[Running]:
        """Start pods of a release at once, and wait until all are ready."""
        objects = release.render(replicaCount=REPLICAS, database=DATABASE, **changes)
        others = {("Secret", "shared"): {"url": self.database.url.encode()}}
        started = []
        for _ in range(number):
            volumes = self.folder / secrets.token_hex(4)
            pod = running.start(self.engine, self.network, objects, volumes, others)
            started.append(self.stack.enter_context(pod))
        with ThreadPoolExecutor(number) as waiting:
            ready = [*waiting.map(lambda pod: pod.kubelet.wait_ready(), started)]
        assert all(ready), [(pod.kubelet.verdict, pod.log[-2000:]) for pod in started]
        return started

    @property
    def front(self) -> Running:
        """The Service, asked as a pod is."""
        assert self.service is not None
        return dataclasses.replace(self.pods[0], url=self.service.url)

    def replace(self, *fresh: Running) -> None:
        """Do what a rolling update does once new pods are ready: stop the former, take them out.

        Both begin at the same moment, and those who send requests hear of it a little later.
        """
        assert self.service is not None
        former, self.pods = self.pods, [*fresh]
        with ThreadPoolExecutor(len(former)) as stopping:
            ended = [stopping.submit(pod.stop) for pod in former]
            time.sleep(1)
            self.service.send_to(*fresh)
        for pod, one in zip(former, ended, strict=True):
            assert one.result() < pod.grace

    def say(self, release: Release, flow: str, text: str, **more: str) -> requests.Response:
        """Ask a flow through the Service."""
        body = {"input_value": text, **more}
        return self.front.ask("POST", f"/api/v1/run/{flow}", key=release.key, body=body)


@contextmanager
def load(call: Callable[[], requests.Response]) -> Iterator[list[tuple[float, str]]]:
    """Call without a pause, from several callers; when each call began, and what came of it."""
    told: list[tuple[float, str]] = []
    end = threading.Event()

    def keep_calling() -> None:
        while not end.is_set():
            begun = time.monotonic()
            try:
                answer = call()
                outcome = "" if answer.ok else f"{answer.status_code} {answer.text[:200]}"
            except requests.RequestException as fault:
                outcome = type(fault).__name__
            told.append((begun, outcome))

    with ThreadPoolExecutor(CALLERS) as callers:
        calling = [callers.submit(keep_calling) for _ in range(CALLERS)]
        try:
            yield told
        finally:
            end.set()
    for one in calling:
        one.result()


def failed(told: Sequence[tuple[float, str]], since: float = 0) -> list[str]:
    """What came of the calls that were not answered, from a moment on."""
    return [outcome for begun, outcome in told if outcome and begun >= since]
