"""The chart's default limits hold when many call at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.runtime.release import Release
from tests.runtime.running import CALLERS, Running

pytestmark = pytest.mark.docker

CALLS = 200
MEBIBYTE = 1 << 20


def told(pod: Running, idle: Mapping[str, int], after: Mapping[str, int]) -> str:
    """What a reader of CI wants to see."""
    sizes = {
        "before": idle["used"],
        "after": after["used"],
        "peak with page cache": after["peak"],
        "limit": after["limit"],
    }
    memory = ", ".join(f"{name} {size // MEBIBYTE}" for name, size in sizes.items())
    return (
        f"ready after {pod.kubelet.ready_after:.0f} s; memory in MiB: {memory}; "
        f"probes that failed: {pod.kubelet.faults or 'none'}"
    )


def test_a_burst_of_calls_is_answered_within_the_default_limits(
    pod: Running, release: Release, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [flow["path"] for flow in release.report["flows"]]

    def call(number: int) -> int:
        path = paths[number % len(paths)]
        answer = pod.ask("POST", path, key=release.key, body=release.app["request"])
        return answer.status_code

    idle, begun = pod.memory, time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        codes = Counter(callers.map(call, range(CALLS)))
    seconds, after = time.monotonic() - begun, pod.memory
    with capsys.disabled():
        print(f"\n{CALLS} calls in {seconds:.0f} s;", told(pod, idle, after))  # noqa: T201
    assert codes == {200: CALLS}
    assert (pod.state["Running"], pod.state["OOMKilled"]) == (True, False)
    assert after["used"] < after["limit"]
    assert pod.kubelet.verdict == ""
