"""The whole road of a user on the cluster: package, push, helm install, call."""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from tests.cluster.cluster import Cluster
from tests.integration.command import CACHE, chartgen, run
from tests.runtime import postgres
from tests.runtime.postgres import Postgres

SECONDS = 30
# A pod after the other, each of which may take a minute on a machine that has much to do.
ROLLOUT = 480
CHART = "support-bots"
# A release of it, and what its objects are called.
NAME = "demo"
FULL = f"{NAME}-{CHART}"
FORBIDDEN = 403
TRIES = 10
# Seconds between two calls of one caller.
PAUSE = 0.05


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """A release in the cluster's registry: its report, and values for all that it needs."""

    report: Mapping[str, Any]
    folder: Path
    chart: str
    values: Mapping[str, Any] = field(repr=False)

    @property
    def archive(self) -> Path:
        """The chart as a file."""
        return self.folder / "dist" / str(self.report["chart"]["file"])

    @property
    def version(self) -> str:
        """The release's version."""
        return str(self.report["version"])

    @property
    def key(self) -> str:
        """What callers send."""
        return str(self.values["credentials"]["LANGFLOW_API_KEY"]["value"])


def package(cluster: Cluster, base: str, flows: Path, folder: Path) -> Packaged:
    """Package flows and push image and chart, as a user does."""

    def call(*arguments: str | Path) -> str:
        done = chartgen(*arguments, cwd=folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    # A registry that has been here longer may have another release under the same version.
    place = f"{cluster.registry}/{uuid.uuid4().hex[:8]}"
    image = f"{place}/images/{CHART}"
    call("package", flows, "--base", base, "--builder", "oci", "--image", image)
    (file,) = (folder / "dist").glob("*.release.json")
    call("push", file, "--plain-http", "--chart-repository", f"oci://{place}/charts")
    given = yaml.safe_load(call("credentials", file))["credentials"]
    filled = {
        name: {"value": one["value"] or secrets.token_urlsafe()} for name, one in given.items()
    }
    return Packaged(
        report=json.loads(file.read_bytes()),
        folder=folder,
        chart=f"oci://{place}/charts/{CHART}",
        values={"credentials": filled},
    )


@dataclass(frozen=True, kw_only=True)
class Helm:
    """One of the helm commands, in a namespace of the cluster."""

    version: str
    cluster: Cluster
    namespace: str
    home: Path

    def run(self, *arguments: str | Path, values: Mapping[str, Any] | None = None) -> Any:
        """Run helm: the finished process."""
        given: tuple[str | Path, ...] = ()
        if values is not None:
            file = self.home / "values.json"
            file.write_text(json.dumps(values))
            given = ("--values", file)
        env = {f"HELM_{part}_HOME": str(self.home) for part in ("CACHE", "CONFIG", "DATA")}
        where = (f"--kubeconfig={self.cluster.kubeconfig}", f"--namespace={self.namespace}")
        command = CACHE / self.version / "helm"
        return run(command, *arguments, *given, *where, cwd=self.home, env=env)

    def do(self, *arguments: str | Path, values: Mapping[str, Any] | None = None) -> str:
        """Run helm, which must succeed: what it printed."""
        done = self.run(*arguments, values=values)
        assert done.returncode == 0, done.stderr + done.stdout
        return str(done.stdout)

    def kubectl(self, *arguments: str, check: bool = True) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.run(f"--namespace={self.namespace}", *arguments, check=check)

    def rolled_out(self, name: str) -> None:
        """Wait until the pods of a deployment are those that it describes."""
        where = (f"--namespace={self.namespace}", f"--timeout={ROLLOUT}s")
        self.cluster.run("rollout", "status", f"deployment/{name}", *where, seconds=ROLLOUT + 20)

    def address(self, name: str) -> str:
        """The URL of a Service, which this machine reaches."""
        service = json.loads(self.kubectl("get", "service", name, "--output=json"))
        spec = service["spec"]
        return f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}"


def parts(database: Postgres) -> dict[str, Any]:
    """The values by which the chart knows a database."""
    return {
        "host": database.address,
        "port": database.port,
        "name": postgres.USER,
        "user": postgres.USER,
        "password": {"value": database.password},
    }


def ask(url: str, key: str, flow: str, text: str = "hi", **more: str) -> requests.Response:
    """Call a flow over a connection of its own."""
    return requests.post(
        f"{url}/api/v1/run/{flow}",
        json={"input_value": text, **more},
        headers={"x-api-key": key, "connection": "close"},
        timeout=SECONDS,
        proxies={"http": ""},
    )


def text_of(answer: requests.Response) -> str:
    """What a flow said."""
    assert answer.status_code == 200, answer.text
    found = re.search(r'"text": ?("(?:[^"\\]|\\.)*")', answer.text)
    assert found, answer.text
    return str(json.loads(found[1]))


@contextmanager
def load(url: str, keys: list[str], flow: str) -> Iterator[list[str]]:
    """Call a flow steadily for as long as this lasts: what failed.

    With more than one key a caller who is told 403 tries the next, as docs/operations.md says.
    """
    faults: list[str] = []
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            try:
                for key in keys * (TRIES if len(keys) > 1 else 1):
                    answer = ask(url, key, flow)
                    if answer.status_code != FORBIDDEN:
                        break
                if not answer.ok:
                    faults.append(f"{answer.status_code} {answer.text[:200]}")
            except requests.RequestException as fault:
                faults.append(repr(fault))
            time.sleep(PAUSE)

    callers = [threading.Thread(target=call) for _ in range(3)]
    for caller in callers:
        caller.start()
    try:
        yield faults
    finally:
        done.set()
        for caller in callers:
            caller.join()
