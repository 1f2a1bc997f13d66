"""A kubelet asks as the probes say, and says when it would give up."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

from tests import loopback
from tests.runtime.probes import Kubelet, Probe

QUICK = Probe(path="/ok", port=0, delay=0, period=0, timeout=5, failures=5)


class Server(loopback.Server):
    """Answers with the codes that it is given, one after another and the last for ever."""

    def __init__(self, *codes: int) -> None:
        super().__init__(_Handler)
        self.codes = list(codes)
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked += 1
        codes = self.server.codes
        self.send_response(codes.pop(0) if len(codes) > 1 else codes[0])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextlib.contextmanager
def watched(*codes: int, alive: bool = True) -> Iterator[tuple[Server, Kubelet]]:
    """A kubelet, and the server that it asks."""
    with Server(*codes).serve() as server:
        probe = dataclasses.replace(QUICK, port=server.server_address[1])
        probes = dict.fromkeys(("startup", "readiness", "liveness"), probe)
        kubelet = Kubelet(address="127.0.0.1", probes=probes, alive=lambda: alive)
        with contextlib.closing(kubelet):
            yield server, kubelet


def test_a_pod_is_ready_once_its_startup_probe_and_then_readiness_are_well() -> None:
    with watched(503, 503, 200) as (server, kubelet):
        assert kubelet.wait_ready()
        assert server.asked >= 4
        assert kubelet.ready_after is not None


def test_a_pod_that_never_starts_is_given_up_after_as_many_failures_as_the_probe_says() -> None:
    with watched(503) as (server, kubelet):
        assert not kubelet.wait_ready()
        assert (server.asked, kubelet.verdict) == (5, "startup failed 5 times")


def test_a_container_that_has_ended_is_not_asked() -> None:
    with watched(200, alive=False) as (server, kubelet):
        assert not kubelet.wait_ready()
        assert (server.asked, kubelet.verdict) == (0, "the container has ended")


def test_a_pod_that_stops_answering_is_noticed() -> None:
    with watched(200, 200, 503) as (_, kubelet):
        kubelet.wait_ready()
        until = time.monotonic() + 10
        while not kubelet.verdict and time.monotonic() < until:
            time.sleep(0.01)
        assert kubelet.verdict.endswith("failed 5 times")
