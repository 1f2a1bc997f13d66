"""Credentials as files: the flows have them, and nothing that one can look at shows them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from docker.models.networks import Network

from tests.helm import Objects
from tests.integration.engine import Engine
from tests.runtime import postgres, running, stub
from tests.runtime.postgres import Postgres
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of
from tests.runtime.test_helm_test import PASSED, verified

pytestmark = pytest.mark.docker

CREDENTIAL = "ACME_SIGNING_KEY"
# What every process was started with, as whoever is in the container may read it.
LOOK = """
import glob, json
shown = {}
for file in glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    with open(file, "rb") as opened:
        shown[file] = opened.read().decode(errors="replace")
print(json.dumps(shown))
"""
# Starts a server of MCP as Langflow does: the names of the variables that it gets.
CHILD = """
import asyncio, contextlib, pathlib
from lfx.base.mcp.util import MCPStdioClient
program, told = pathlib.Path("/tmp/server.py"), pathlib.Path("/tmp/names")
program.write_text(f"import json, os; json.dump([*os.environ], open('{told}', 'w'))")
with contextlib.suppress(Exception):
    asyncio.run(MCPStdioClient().connect_to_server(f"python {program}"))
print(told.read_text())
"""


def render(release: Release, database: Postgres) -> Objects:
    """The chart with all its secrets as files, the address of the database among them."""
    return release.render(credentialsAs="file", database={"value": database.url})


def secrets_of(release: Release, database: Postgres) -> dict[str, str]:
    """Whatever nobody may see."""
    names = release.values["credentials"]
    return {**{name: release.secret(name) for name in names}, "password": database.password}


def run(pod: Running, program: str, environment: Mapping[str, str] | None = None) -> Any:
    """Run a Python program in the container: what it prints, as JSON."""
    done = pod.container.exec_run(["python", "-c", program], environment=dict(environment or {}))
    assert done.exit_code == 0, done.output
    assert isinstance(done.output, bytes)
    return json.loads(done.output.splitlines()[-1])


@pytest.fixture(scope="module")
def database(network: Network) -> Iterator[Postgres]:
    with postgres.server(stub.address(network)) as made:
        yield made


@pytest.fixture(scope="module")
def started(
    release: Release,
    engine: Engine,
    network: Network,
    database: Postgres,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    objects, folder = render(release, database), tmp_path_factory.mktemp("volumes")
    with running.start(engine, network, objects, folder) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        yield pod


def test_flows_callers_and_the_database_have_what_they_need(
    started: Running, release: Release, database: Postgres
) -> None:
    key = release.secret("ACME_SIGNING_KEY").encode()
    wanted = hmac.new(key, b"hello", hashlib.sha256).hexdigest()
    assert text_of(ask(started, release, "Signed webhook", "hello")) == f"signature={wanted}"
    assert started.ask("GET", "/api/v1/flows/", key="not the key").status_code == 403
    flows = database.ask("SELECT count(*) FROM flow")
    assert flows == [[str(len(release.report["flows"]))]]


def test_no_secret_is_shown_by_a_process_the_log_or_the_container(
    started: Running, release: Release, database: Postgres
) -> None:
    started.container.reload()
    processes = run(started, LOOK)
    assert "LANGFLOW_SUPERUSER=admin" in processes["/proc/1/environ"]
    assert "guard:create_app" in processes["/proc/1/cmdline"]
    shown = {**processes, "log": started.log, "container": json.dumps(started.container.attrs)}
    for name, secret in secrets_of(release, database).items():
        assert not [place for place, text in shown.items() if secret in text], name


def test_a_server_of_mcp_that_langflow_starts_is_not_given_them(
    started: Running, release: Release
) -> None:
    """In Langflow's process they are variables as any other; this is as near as a test gets."""
    names = run(started, CHILD, {"ACME_SIGNING_KEY": "s3cret", "LANGFLOW_API_KEY": "s3cret"})
    assert "PATH" in names
    assert not {*names} & {*release.values["credentials"]}


def test_helm_test_has_the_key_from_a_file(
    started: Running,
    release: Release,
    engine: Engine,
    network: Network,
    database: Postgres,
    tmp_path: Path,
) -> None:
    code, lines = verified(render(release, database), engine, network, started, tmp_path)
    assert code == 0, lines
    assert lines[-1].startswith(PASSED)


def test_a_file_with_nothing_in_it_ends_the_pod_and_the_log_names_it(
    release: Release, engine: Engine, network: Network, tmp_path: Path
) -> None:
    credentials = {
        **release.values["credentials"],
        CREDENTIAL: {"existingSecret": {"name": "acme", "key": "token"}},
    }
    objects = release.render(credentials=credentials, credentialsAs="file")
    others = {("Secret", "acme"): {"token": b"\n"}}
    with running.start(engine, network, objects, tmp_path, others) as pod:
        assert not pod.kubelet.wait_ready()
        assert pod.state["ExitCode"] == 78
        (line,) = pod.log.splitlines()
        assert line.startswith(f"chartgen: {CREDENTIAL} is not set: ")
