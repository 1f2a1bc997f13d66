"""What a kubelet does with the probes of a container."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.runtime.fields import reading

GOOD = range(200, 400)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One probe, with the numbers that Kubernetes takes when none are given."""

    path: str
    port: int
    delay: int
    period: int
    timeout: int
    failures: int

    @classmethod
    def read(cls, spec: Mapping[str, Any], ports: Mapping[str | int, int]) -> Probe:
        """Read a probe; every field must be known."""
        with reading(spec, "probe") as fields:
            with reading(fields.take("httpGet"), "httpGet") as get:
                get.expect("scheme", None, "HTTP")
                path, port = get.take("path"), ports[get.take("port")]
            fields.expect("successThreshold", None, 1)
            return cls(
                path=path,
                port=port,
                delay=fields.take("initialDelaySeconds", 0),
                period=fields.take("periodSeconds", 10),
                timeout=fields.take("timeoutSeconds", 1),
                failures=fields.take("failureThreshold", 3),
            )

    @property
    def budget(self) -> int:
        """How many seconds may pass until it has failed for good."""
        return self.delay + self.period * self.failures


def answers(session: requests.Session, address: str, probe: Probe) -> str:
    """Ask once: nothing when it is well, else what is wrong."""
    url = f"http://{address}:{probe.port}{probe.path}"
    try:
        answer = session.get(url, timeout=probe.timeout, headers={"Connection": "close"})
    except requests.RequestException as fault:
        return type(fault).__name__
    return "" if answer.status_code in GOOD else f"{answer.status_code} {answer.text[:200]}"


@dataclass(kw_only=True)
class Kubelet:
    """Watches one container. It restarts nothing: it notes that it would."""

    address: str
    probes: Mapping[str, Probe]
    alive: Callable[[], bool]
    ready_after: float | None = None
    faults: list[str] = field(default_factory=list)
    verdict: str = ""
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)

    def wait_ready(self) -> bool:
        """Run the startup probe and then readiness; whether both came out well."""
        if not self._until_well("startup"):
            return False
        self._watch("liveness")
        if not self._until_well("readiness"):
            return False
        self.ready_after = time.monotonic() - self._begun
        self._watch("readiness")
        return True

    def close(self) -> None:
        """Stop watching."""
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _until_well(self, kind: str) -> bool:
        """Ask until it is well; false when it has failed for good or there is nobody to ask."""
        probe = self.probes[kind]
        self._end.wait(probe.delay)
        with _session() as session:
            for _ in range(probe.failures):
                asked = time.monotonic()
                if not self.alive():
                    self.verdict = "the container has ended"
                    return False
                if not answers(session, self.address, probe):
                    return True
                self._end.wait(max(0.0, probe.period - (time.monotonic() - asked)))
        self.verdict = f"{kind} failed {probe.failures} times"
        return False

    def _watch(self, kind: str) -> None:
        thread = threading.Thread(target=self._repeat, args=(kind,), name=kind)
        self._threads.append(thread)
        thread.start()

    def _repeat(self, kind: str) -> None:
        probe, failed = self.probes[kind], 0
        with _session() as session:
            while not self._end.wait(probe.period):
                fault = answers(session, self.address, probe)
                failed = failed + 1 if fault else 0
                if fault:
                    self.faults.append(f"{kind} after {self._seconds():.0f} s: {fault}")
                if failed == probe.failures and not self.verdict:
                    self.verdict = f"{kind} failed {failed} times"

    def _seconds(self) -> float:
        return time.monotonic() - self._begun


def _session() -> requests.Session:
    session = requests.Session()
    # A proxy of this machine has no business with the container.
    session.trust_env = False
    return session
