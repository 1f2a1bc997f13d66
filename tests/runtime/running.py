"""A pod of a chart, running in a Docker engine without a way out."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from docker.models.containers import Container
from docker.models.networks import Network
from requests.adapters import HTTPAdapter

from tests.helm import Objects
from tests.integration.engine import Engine
from tests.runtime import pod
from tests.runtime.probes import Kubelet
from tests.runtime.volumes import Claims, Stored

SECONDS = 60
# Who may ask at once, each over a connection of its own.
CALLERS = 20


@dataclass(frozen=True, kw_only=True)
class Running:
    """A started pod: its container, who watches it, and how it is asked."""

    container: Container
    kubelet: Kubelet
    url: str
    grace: int
    session: requests.Session
    farewell: list[str] | None = None

    def ask(
        self, method: str, path: str, *, key: str = "", body: Any = None, **more: Any
    ) -> requests.Response:
        """Send a request as a client inside of the cluster does."""
        headers = {"x-api-key": key} if key else {}
        return self.session.request(
            method,
            self.url + path,
            json=body,
            headers={**headers, **more.pop("headers", {})},
            timeout=SECONDS,
            **more,
        )

    def stop(self) -> float:
        """Stop it as a kubelet does, and return the seconds that it took."""
        begun = time.monotonic()
        if self.farewell:
            self.container.exec_run(self.farewell)
        self.container.stop(timeout=self.grace - int(time.monotonic() - begun))
        return time.monotonic() - begun

    @property
    def log(self) -> str:
        """All that the container has said."""
        return self.container.logs().decode(errors="replace")

    @property
    def state(self) -> Mapping[str, Any]:
        """What the engine says of it now: Running, OOMKilled, ExitCode, …"""
        self.container.reload()
        state: Mapping[str, Any] = self.container.attrs["State"]
        return state

    @property
    def memory(self) -> dict[str, int]:
        """Bytes that the programs take, and the most that there was, with the page cache."""
        answer = self.container.stats(stream=False)
        assert isinstance(answer, dict)
        stats = answer["memory_stats"]
        held = stats["stats"]
        used = held["total_rss"] if "total_rss" in held else held["anon"]
        # Only the older cgroups tell the engine what the most was.
        peak = stats.get("max_usage", stats["usage"])
        return {"used": used, "peak": peak, "limit": stats["limit"]}


@contextmanager
def network(engine: Engine) -> Iterator[Network]:
    """A network from which nothing leads out, and which this machine reaches."""
    made = engine.client.networks.create(re.sub(r"\W", "-", engine.prefix), internal=True)
    try:
        yield made
    finally:
        made.remove()


@contextmanager
def start(
    engine: Engine,
    inside: Network,
    objects: Objects,
    folder: Path,
    others: Stored | None = None,
    claims: Claims | None = None,
) -> Iterator[Running]:
    """Start the pod of a rendered chart; `folder` is an empty one for its volumes."""
    plan = pod.read(objects, folder, others, claims)
    with ExitStack() as stack:
        container = engine.client.containers.create(**plan.arguments, network=inside.name)
        stack.callback(container.remove, force=True, v=True)
        container.start()
        container.reload()
        address = container.attrs["NetworkSettings"]["Networks"][inside.name]["IPAddress"]
        kubelet = Kubelet(
            address=address, probes=plan.probes, alive=lambda: _alive(engine, str(container.id))
        )
        stack.callback(kubelet.close)
        session = stack.enter_context(requests.Session())
        session.trust_env = False
        session.mount("http://", HTTPAdapter(pool_maxsize=CALLERS))
        yield Running(
            container=container,
            kubelet=kubelet,
            url=f"http://{address}:{plan.probes['readiness'].port}",
            grace=plan.grace,
            session=session,
            farewell=plan.farewell,
        )


def _alive(engine: Engine, container: str) -> bool:
    return bool(engine.client.api.inspect_container(container)["State"]["Running"])
