"""What an operator sees of a pod: its log as JSON lines, and its numbers for Prometheus."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from docker.models.networks import Network

from tests import helm
from tests.integration.engine import Engine
from tests.runtime import running
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = pytest.mark.docker

ROUTE = "/api/v1/run/{flow_id_or_name}"
SAID = "nobody else may read this"
# What others tell of a pod: Prometheus itself, the kubelet, kube-state-metrics.
OF_OTHERS = {"up", "container_memory_working_set_bytes", "kube_pod_container_resource_limits"}
DATABASE = {"existingSecret": {"name": "database"}}


@pytest.fixture(scope="module")
def watched(
    release: Release, engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A pod with metrics and the most telling level that shows no secret, after some calls."""
    objects = release.render(metrics={"enabled": True}, logLevel="info")
    folder = tmp_path_factory.mktemp("volumes")
    with running.start(engine, network, objects, folder) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        for _ in range(3):
            assert text_of(ask(pod, release, "Echo", SAID))
        in_query = f"/api/v1/run/echo?x-api-key={release.key}"
        assert pod.ask("POST", in_query, body={"input_value": SAID}).status_code == 200
        assert pod.ask("POST", "/api/v1/run/echo", key="not the key", body={}).status_code == 403
        for number in range(5):
            assert pod.ask("POST", f"/api/v1/run/none-{number}", body={}).status_code == 404
            assert pod.ask("GET", f"/nowhere/{number}").status_code == 403
        yield pod


@pytest.fixture(scope="module")
def numbers(watched: Running, release: Release) -> str:
    """What Prometheus reads."""
    metrics = release.app["metrics"]
    url = f"http://{urlsplit(watched.url).hostname}:{metrics['port']}{metrics['path']}"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=30)
    assert answer.status_code == 200
    return answer.text


def counted(numbers: str, **labels: str) -> float:
    """How many requests were counted under these labels."""
    found = 0.0
    for line in numbers.splitlines():
        if line.startswith("http_server_request_duration_seconds_count{"):
            told = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if labels.items() <= told.items():
                found += float(line.rpartition(" ")[2])
    return found


def test_what_the_dashboard_and_the_alerts_ask_for_is_there(numbers: str, release: Release) -> None:
    asked = {name for query in queries(release) for name in re.findall(r"(\w+)\{", query)}
    assert len(asked) > len(OF_OTHERS) > 0
    assert asked > OF_OTHERS
    there = set(re.findall(r"^(\w+)[{ ]", numbers, re.MULTILINE))
    assert asked - OF_OTHERS - there == set()


def test_the_labels_by_which_the_dashboard_and_the_alerts_choose_are_there(
    numbers: str, release: Release
) -> None:
    added = {"namespace", "service", "pod"}  # by Prometheus
    for query in queries(release):
        for name, choice in re.findall(r"(\w+)\{([^}]*)\}", query):
            wanted = set(re.findall(r"(\w+)(?:=|!)", choice)) - added
            lines = re.findall(rf"^{name}\{{(.*)\}}", numbers, re.MULTILINE)
            if name not in OF_OTHERS and wanted:
                assert any(wanted <= set(re.findall(r"(\w+)=", line)) for line in lines), query


def queries(release: Release) -> list[str]:
    """All that the chart asks Prometheus."""
    parts = {name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard")}
    objects = release.render(metrics={"enabled": True, **parts}, database=DATABASE)
    board = json.loads(next(iter(objects["ConfigMap"]["data"].values())))
    (group,) = objects["PrometheusRule"]["spec"]["groups"]
    panels = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*panels, *(rule["expr"] for rule in group["rules"])]


def test_calls_are_counted_by_route_and_status_those_that_the_guard_refuses_too(
    numbers: str,
) -> None:
    def of_flows(status: str) -> float:
        return counted(numbers, http_route=ROUTE, http_response_status_code=status)

    assert [of_flows(status) for status in ("200", "403", "404")] == [4, 1, 5]


def test_no_number_has_a_label_that_callers_choose_or_may_not_see(
    numbers: str, release: Release
) -> None:
    routes = set(re.findall(r'http_route="([^"]*)"', numbers))
    assert not [route for route in routes if "none-" in route or "nowhere" in route]
    for secret in (SAID, *(release.secret(name) for name in release.values["credentials"])):
        assert secret not in numbers


def test_the_log_is_lines_of_json_what_the_server_itself_says_included(watched: Running) -> None:
    place = urlsplit(watched.url)
    with socket.create_connection((place.hostname, place.port or 0)) as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    time.sleep(1)
    lines: list[dict[str, Any]] = [json.loads(line) for line in watched.log.splitlines()]
    assert {"event": "Invalid HTTP request received.", "level": "warning"}.items() <= {
        (name, value) for line in lines for name, value in line.items() if isinstance(value, str)
    }


def test_the_log_of_a_pod_for_developers_tells_all_but_credentials(
    release: Release, engine: Engine, network: Network, tmp_path: Path
) -> None:
    values = helm.values_of(release.chart, "values-development.yaml")
    assert values["logLevel"] == "debug"
    with running.start(engine, network, release.render(**values), tmp_path) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        assert text_of(ask(pod, release, "Echo", SAID))
        assert text_of(ask(pod, release, "Signed webhook", SAID))
        in_query = f"/api/v1/run/echo?x-api-key={release.key}"
        assert pod.ask("POST", in_query, body={"input_value": SAID}).status_code == 200
        assert '"level": "debug"' in pod.log
        for name in release.values["credentials"]:
            assert release.secret(name) not in pod.log, name


def test_the_log_at_level_info_shows_no_secret_and_nothing_that_was_said(
    watched: Running, release: Release
) -> None:
    assert '"level": "info"' in watched.log
    for secret in (SAID, *(release.secret(name) for name in release.values["credentials"])):
        assert secret not in watched.log
