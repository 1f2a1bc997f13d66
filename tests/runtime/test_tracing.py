"""What a pod tells of its calls: to Langfuse, and to a collector of OpenTelemetry."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from docker.models.networks import Network

from tests import loopback
from tests.integration.engine import Engine
from tests.runtime import running, stub
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = pytest.mark.docker

SECONDS = 30
PUBLIC, SECRET = "pk-lf-public", "sk-lf-s3cret-canary"
BASIC = "Basic " + base64.b64encode(f"{PUBLIC}:{SECRET}".encode()).decode()
TOKEN = "t0ken-canary"
PROMPT = "a prompt that nobody else may read"
# What Langfuse says of the keys that it is asked with.
PROJECTS: Any = {
    "data": [
        {"id": "1", "name": "bots", "organization": {"id": "1", "name": "team"}, "metadata": {}}
    ]
}


class Sent(NamedTuple):
    """A request that has reached the collector."""

    path: str
    headers: dict[str, str]
    body: bytes


class Collector(loopback.Server):
    """Takes whatever it is sent."""

    def __init__(self, address: str) -> None:
        super().__init__(_Handler, address)
        self.sent: list[Sent] = []
        self.news = threading.Condition()

    def take(self, path: str, holding: bytes) -> Sent:
        """Wait for something with these bytes in it to be sent to a path."""

        def found() -> Sent | None:
            chosen = (one for one in self.sent if one.path == path and holding in one.body)
            return next(chosen, None)

        with self.news:
            got = self.news.wait_for(found, SECONDS)
        assert got, [(one.path, len(one.body)) for one in self.sent]
        return got


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.news:
            self.server.sent.append(Sent(self.path, headers, body))
            self.server.news.notify_all()
        self._answer(b"", "application/x-protobuf")

    def do_GET(self) -> None:
        known = self.headers.get("Authorization") == BASIC
        self._answer(json.dumps(PROJECTS if known else {}).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def collector(network: Network) -> Iterator[Collector]:
    with Collector(stub.address(network)).serve() as made:
        yield made


@pytest.fixture
def start(release: Release, engine: Engine, network: Network, tmp_path: Path) -> Callable[..., Any]:
    """How a pod that reports is started, with a Secret of one's own."""

    @contextmanager
    def started(tracing: Any, secret: dict[str, str], **values: Any) -> Iterator[Running]:
        objects = release.render(tracing=tracing, **values)
        others = {("Secret", "tracing"): {name: text.encode() for name, text in secret.items()}}
        with running.start(engine, network, objects, tmp_path, others) as pod:
            assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
            yield pod

    return started


def test_langfuse_gets_the_calls_of_flows_with_what_was_said(
    collector: Collector, release: Release, start: Callable[..., Any]
) -> None:
    secret = {"LANGFUSE_PUBLIC_KEY": PUBLIC, "LANGFUSE_SECRET_KEY": SECRET}
    tracing = {"langfuse": {"baseUrl": collector.url, "existingSecret": "tracing"}}
    with start(tracing, secret) as pod:
        assert text_of(ask(pod, release, "Echo", PROMPT)) == f"You said: {PROMPT}"
        traces = collector.take("/api/public/otel/v1/traces", PROMPT.encode())
        assert traces.headers["authorization"] == BASIC
        assert b"Echo" in traces.body
        everything = b"".join(one.body for one in collector.sent)
        for name in release.values["credentials"]:
            assert release.secret(name).encode() not in everything, name
        assert SECRET not in pod.log


def test_a_collector_of_opentelemetry_gets_times_and_numbers_and_no_word_of_what_was_said(
    collector: Collector, release: Release, start: Callable[..., Any]
) -> None:
    secret = {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{TOKEN}"}
    tracing = {"otlp": {"endpoint": collector.url, "existingSecret": "tracing"}}
    env = [{"name": "OTEL_METRIC_EXPORT_INTERVAL", "value": "1000"}]
    # Headers that lie as a file are there in time, too.
    with start(tracing, secret, credentialsAs="file", env=env) as pod:
        assert text_of(ask(pod, release, "Echo", PROMPT)) == f"You said: {PROMPT}"
        in_query = f"/api/v1/run/echo?x-api-key={release.key}"
        assert pod.ask("POST", in_query, body={"input_value": "x"}).status_code == 200
        traces = collector.take("/v1/traces", b"/api/v1/run/{flow_id_or_name}")
        metrics = collector.take("/v1/metrics", b"http.server.request.duration")
        for one in (traces, metrics):
            assert one.headers["authorization"] == f"Bearer {TOKEN}"
            assert b"demo-support-bots" in one.body
        collector.take("/v1/traces", b"flow.execute")
        time.sleep(2)
        everything = b"".join(one.body for one in collector.sent)
        assert PROMPT.encode() not in everything
        for name in release.values["credentials"]:
            assert release.secret(name).encode() not in everything, name
        assert TOKEN not in pod.log
