"""A release as one container of the local engine, for as long as somebody watches."""

from __future__ import annotations

import secrets
import shlex
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chartgen import publish
from chartgen.chart import text
from chartgen.errors import ChartgenError, InvalidInput
from chartgen.image import engine
from chartgen.image.access import Access
from chartgen.local import needs, pod
from chartgen.local.logs import Logs
from chartgen.local.needs import Given
from chartgen.local.pod import Pod
from chartgen.local.signals import Stop, stoppable
from chartgen.local.variables import LOOPBACK
from chartgen.render import one_line
from chartgen.watcher import Watcher

LOOK_SECONDS = 0.5
SECOND = 10**9  # the engine counts in nanoseconds


@dataclass(frozen=True, kw_only=True)
class Started:
    """A container that is ready: its name, its address, and how its flows are called."""

    container: str
    url: str
    pod: Pod = field(repr=False)

    @property
    def flows(self) -> list[dict[str, str]]:
        """Each flow's name and URL."""
        return [
            {"name": flow["name"], "url": self.url + flow["path"]} for flow in self.pod.app["flows"]
        ]

    @property
    def lines(self) -> list[str]:
        """What to type to call the flows. The key stays where it is, in the container."""
        told = self.pod.app["authentication"]
        key, header = told["credential"], told["header"]
        body = shlex.quote(text.to_line(self.pod.app["request"]))
        lines = [f'{key}="$(docker exec {self.container} printenv {key})"']
        for flow in self.flows:
            lines += [
                f"# {one_line(flow['name'])}",
                f'curl {shlex.quote(flow["url"])} --header "{header}: ${key}" '
                f"--header 'Content-Type: application/json' --data {body}",
            ]
        return lines


def run(
    file: Path,
    given: Given,
    port: int | None,
    access: Access,
    watcher: Watcher,
    ready: Callable[[Started], None],
) -> None:
    """Start a release as one container, tell when it is ready, and show its log until told to stop.

    It answers on `port` of this machine alone, by default on the runtime's own number.
    It is told with SIGINT, SIGTERM or SIGHUP; the container is removed, however this ends.
    Raises InvalidInput when something is missing, ChartgenError when the container ends by
    itself, Unavailable when no engine answers.
    """
    read = pod.read(file)
    watcher.step("asking the Docker engine")
    with engine.client() as client:
        # Before the image, which may take long to load.
        environment = needs.environment(read, given)
        found = image(read, client, file, access, watcher)
        here = port or int(read.app["port"])
        made = arguments(read, found, environment, here)
        started = Started(container=made["name"], url=f"http://{LOOPBACK}:{here}", pod=read)
        with suppress(Stop), stoppable(), engine.told():
            _attend(client, made, started, watcher, ready)


def arguments(
    read: Pod, image_id: str, environment: Mapping[str, str], port: int
) -> dict[str, Any]:
    """The container as docker-py takes it: the chart's pod, its port on this machine alone."""
    startup = read.values["startupProbe"]
    return {
        "image": image_id,
        "name": f"{read.name}-{secrets.token_hex(4)}",
        "entrypoint": list(read.app["command"]),
        "environment": dict(environment),
        **read.restrictions,
        "tmpfs": dict.fromkeys(read.app["writablePaths"], "mode=1777"),
        "mem_limit": read.memory,
        "memswap_limit": read.memory,
        "nano_cpus": int(read.processors * 10**9),
        "cpu_shares": read.shares,
        "healthcheck": {
            "test": read.check,
            "interval": startup["periodSeconds"] * SECOND,
            "timeout": startup["timeoutSeconds"] * SECOND,
            "retries": 1,
            "start_period": read.patience * SECOND,
        },
        "ports": {f"{read.app['port']}/tcp": (LOOPBACK, port)},
    }


def image(read: Pod, client: Any, file: Path, access: Access, watcher: Watcher) -> str:
    """What the engine calls the release's image, which is loaded if it lacks it.

    An image with a digest counts only under that: its tag may mean another one by now.
    Raises InvalidInput when it can be had neither from the engine nor from beside the report.
    """
    have, name = engine.Engine(client), read.image
    pinned = f"{name.repository}@{name.digest}" if name.digest else read.image_of_engine
    if found := have.find(pinned):
        return found.id
    if (read.release.get("image") or {}).get("builder") == "oci":
        return publish.load(file, access, watcher).id
    raise InvalidInput(f"the Docker engine has no {pinned}: `docker pull {pinned}` gets it")


def _attend(
    client: Any,
    made: Mapping[str, Any],
    started: Started,
    watcher: Watcher,
    ready: Callable[[Started], None],
) -> None:
    """The container's life, from its making to its removal."""
    watcher.step(f"starting {started.pod.name} {started.pod.version}")
    try:
        container = client.containers.create(**made)
        container.start()
        logs = Logs(started.container, watcher)
        code = _watch(client, started, ready)
        last = "\n".join(logs.finish())
        raise ChartgenError(f"the container ended by itself, with {code}:\n{last}")
    finally:
        _remove(client, started, watcher)


def _watch(client: Any, started: Started, ready: Callable[[Started], None]) -> int:
    """Look at the container until it ends by itself, and give the code that it ended with."""
    told, patience = False, time.monotonic() + started.pod.patience
    while True:
        state = client.api.inspect_container(started.container)["State"]
        if not state["Running"]:
            return int(state["ExitCode"])
        well = state["Health"]["Status"] == "healthy"
        if well and not told:
            ready(started)
            told = True
        if not told and time.monotonic() > patience:
            raise ChartgenError(f"it did not answer within {started.pod.patience} seconds")
        time.sleep(LOOK_SECONDS)


def _remove(client: Any, started: Started, watcher: Watcher) -> None:
    """Give it the time that a pod has; whoever will not wait interrupts once more."""
    from docker.errors import NotFound

    watcher.step(f"removing {started.container}")
    with suppress(NotFound):
        try:
            client.api.stop(started.container, timeout=started.pod.grace)
        finally:
            client.api.remove_container(started.container, force=True, v=True)
