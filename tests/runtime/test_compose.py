"""A release under Docker Compose: what `chartgen compose` writes, started and asked."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker.models.containers import Container

from tests.integration.engine import Engine
from tests.runtime import local, services
from tests.runtime.local import Local, text_of

pytestmark = pytest.mark.docker

# Debian's is 1.29; DOCKER_COMPOSE names another one, such as the program of the plugin.
COMMAND = os.environ.get("DOCKER_COMPOSE", "docker-compose")
SECONDS = 180
REPLICAS = 2


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A folder of Compose, and its containers."""

    engine: Engine
    folder: Path
    project: str
    url: str
    release: Local

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Compose in the folder."""
        command = shutil.which(COMMAND)
        if command is None:
            pytest.skip("there is no docker-compose: apt-get install docker-compose")
        asked = {*self.release.secrets, "MAX_TICKETS", "TONE"}
        kept = {name: value for name, value in os.environ.items() if name not in asked}
        return subprocess.run(  # noqa: S603 - our own arguments
            [command, "--project-name", self.project, *arguments],
            cwd=self.folder,
            env=kept,
            capture_output=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )

    def containers(self, service: str = "") -> list[Container]:
        """The containers, or those of a service."""
        labels = [f"com.docker.compose.project={self.project}"]
        labels += [f"com.docker.compose.service={service}"] if service else []
        return self.engine.client.containers.list(all=True, filters={"label": labels})

    def wait(self) -> None:
        """Wait until all are healthy."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            health = {one.name: one.attrs["State"]["Health"]["Status"] for one in self.containers()}
            if set(health.values()) == {"healthy"}:
                return
            time.sleep(1)
        pytest.fail(f"{health}\n{self.run('logs', '--tail', '20').stdout}")


@pytest.fixture(scope="module")
def prepared(
    base: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """The files, with a .env that is filled; nothing runs yet."""
    around, port = services.image(engine), local.free_port()
    try:
        with local.release(base, engine, tmp_path_factory.mktemp("compose")) as release:
            release.chartgen("load", release.file)
            release.chartgen("compose", release.file, "--replicas", str(REPLICAS))
            (folder,) = release.file.parent.glob("*.compose")
            values = {
                **release.secrets,
                "STACK_POSTGRES_PASSWORD": uuid.uuid4().hex,
                "STACK_RUNTIME_IMAGE": release.image,
                "STACK_NGINX_IMAGE": around,
                "STACK_POSTGRES_IMAGE": around,
                "STACK_PORT": str(port),
                "TONE": "formal",
            }
            text = (folder / ".env.example").read_text()
            for name, value in values.items():
                text, found = re.subn(f"(?m)^(# )?{name}=.*$", lambda _: f"{name}='{value}'", text)  # noqa: B023 - used at once
                assert found == 1, name
            (folder / ".env").write_text(text)
            yield Stack(
                engine=engine,
                folder=folder,
                project=f"test-{uuid.uuid4().hex[:8]}",
                url=f"http://127.0.0.1:{port}",
                release=release,
            )
    finally:
        engine.client.images.remove(around, force=True)


@pytest.fixture(scope="module")
def stack(prepared: Stack) -> Iterator[Stack]:
    """Everything runs and is healthy; in the end nothing of it is left."""
    try:
        done = prepared.run("up", "--detach")
        assert done.returncode == 0, done.stderr + prepared.run("logs", "--tail", "20").stdout
        prepared.wait()
        yield prepared
    finally:
        done = prepared.run("down", "--volumes")
    assert done.returncode == 0, done.stderr
    assert not prepared.containers()
    found = {"label": f"com.docker.compose.project={prepared.project}"}
    assert not prepared.engine.client.volumes.list(filters=found)
    assert not prepared.engine.client.networks.list(filters=found)


def test_a_variable_that_is_missing_ends_compose_with_the_sentence(prepared: Stack) -> None:
    file = prepared.folder / ".env"
    whole = file.read_text()
    file.write_text(re.sub("(?m)^ACME_SIGNING_KEY=.*$", "ACME_SIGNING_KEY=", whole))
    try:
        done = prepared.run("up", "--detach")
    finally:
        file.write_text(whole)
    assert done.returncode != 0
    assert "set ACME_SIGNING_KEY in .env: Signed webhook → HMAC Signer → Signing key" in done.stderr
    assert not prepared.containers()


def test_all_containers_are_healthy_and_there_are_as_many_as_wanted(stack: Stack) -> None:
    assert len(stack.containers("runtime")) == REPLICAS
    assert len(stack.containers()) == REPLICAS + 2


def test_every_flow_answers_through_nginx_with_the_key(stack: Stack) -> None:
    release = stack.release
    for flow in release.report["flows"]:
        answer = release.ask(stack.url, flow["name"], "hello", **{"x-api-key": release.key})
        assert text_of(answer), flow["name"]


def test_nobody_gets_an_answer_without_the_key(stack: Stack) -> None:
    assert stack.release.ask(stack.url, "Echo", "hello").status_code == 403


def test_the_credential_in_the_flow_is_the_one_in_dot_env(stack: Stack) -> None:
    release = stack.release
    key = release.secrets["ACME_SIGNING_KEY"].encode()
    answer = release.ask(stack.url, "Signed webhook", "hello", **{"x-api-key": release.key})
    wanted = hmac.new(key, b"hello", hashlib.sha256).hexdigest()
    assert text_of(answer) == f"signature={wanted}"


def test_a_parameter_in_dot_env_wins_and_the_others_are_the_flows_own(stack: Stack) -> None:
    release = stack.release
    answer = release.ask(stack.url, "Ticket triage", "hello", **{"x-api-key": release.key})
    assert "max_tickets=5 urgency_threshold=0.7" in text_of(answer)
    assert "tone=formal" in text_of(answer)


def test_requests_are_spread_over_all_replicas(stack: Stack) -> None:
    release = stack.release
    for _ in range(30):
        text_of(release.ask(stack.url, "Echo", "hi", **{"x-api-key": release.key}))
    (nginx,) = stack.containers("nginx")
    calls = re.findall(r"POST /api/v1/run/echo 200 \S+ (\S+)", nginx.logs().decode())
    assert len(set(calls)) == REPLICAS
    assert min(calls.count(address) for address in set(calls)) > 3


def test_a_replica_that_ends_is_replaced_and_the_others_answer(stack: Stack) -> None:
    release, (nginx,) = stack.release, stack.containers("nginx")
    process = stack.containers("runtime")[0].attrs["State"]["Pid"]
    # Not through the engine, which would take it for somebody's wish.
    os.kill(process, signal.SIGKILL)
    # What it was answering at this moment is lost, as it is in a cluster.
    while Path(f"/proc/{process}").exists():
        time.sleep(0.01)
    for _ in range(20):
        answer = release.ask(stack.url, "Echo", "hi", **{"x-api-key": release.key})
        assert answer.status_code == 200, nginx.logs(tail=30).decode()
    stack.wait()


def test_no_label_and_no_argument_shows_a_secret(stack: Stack) -> None:
    for one in stack.containers():
        shown = str([one.attrs["Config"]["Labels"], one.attrs["Path"], one.attrs["Args"]])
        shown += str(one.attrs["Config"]["Healthcheck"])
        for name, value in stack.release.secrets.items():
            assert value not in shown, name
            assert value not in one.logs().decode(), name


def test_only_nginx_listens_and_the_database_has_no_way_out(stack: Stack) -> None:
    for one in stack.containers():
        published = [ports for ports in one.attrs["NetworkSettings"]["Ports"].values() if ports]
        if "nginx" in str(one.name):
            assert [ports[0]["HostIp"] for ports in published] == ["127.0.0.1"]
        else:
            assert not published
    (database,) = stack.containers("database")
    (name,) = database.attrs["NetworkSettings"]["Networks"]
    assert stack.engine.client.networks.get(name).attrs["Internal"]
