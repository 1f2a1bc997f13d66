"""If it deploys, the flows answer: asked as the chart's notes and its report say."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
import requests

from tests.runtime import mcp
from tests.runtime.release import PARAMETERS, Release
from tests.runtime.running import Running

pytestmark = pytest.mark.docker

TICKETS = "the site is DOWN\nhello\nmail me at robin@example.com"


def ask(pod: Running, release: Release, flow: str, text: str, **headers: str) -> requests.Response:
    """Call a flow by its name with a text."""
    (path,) = (one["path"] for one in release.report["flows"] if one["name"] == flow)
    (field,) = release.app["request"]
    return pod.ask("POST", path, key=release.key, body={field: text}, headers=headers)


def text_of(answer: requests.Response) -> str:
    """What a flow has said."""
    assert answer.status_code == 200, answer.text
    said: Any = answer.json()["outputs"][0]["outputs"][0]["results"]["message"]["text"]
    return str(said)


def test_the_pod_is_ready_within_its_own_startup_budget(pod: Running) -> None:
    assert pod.kubelet.ready_after is not None
    assert pod.kubelet.ready_after < pod.kubelet.probes["startup"].budget


def test_the_server_knows_every_packaged_flow_and_no_other(pod: Running, release: Release) -> None:
    listed = pod.ask("GET", "/api/v1/flows/", key=release.key).json()
    assert {(flow["id"], flow["name"], flow["endpoint_name"]) for flow in listed} == {
        (flow["id"], flow["name"], flow["endpoint"]) for flow in release.report["flows"]
    }


def test_every_flow_answers_the_request_of_the_charts_notes(pod: Running, release: Release) -> None:
    for flow in release.report["flows"]:
        answer = pod.ask("POST", flow["path"], key=release.key, body=release.app["request"])
        assert text_of(answer), flow["name"]


def test_a_flow_says_what_it_is_asked_to_say(pod: Running, release: Release) -> None:
    assert text_of(ask(pod, release, "Echo", "Grüße, 世界")) == "You said: Grüße, 世界"


def test_the_credential_in_the_component_is_the_one_in_the_secret(
    pod: Running, release: Release
) -> None:
    key = release.secret("ACME_SIGNING_KEY").encode()
    wanted = hmac.new(key, b"hello", hashlib.sha256).hexdigest()
    assert text_of(ask(pod, release, "Signed webhook", "hello")) == f"signature={wanted}"


def test_parameters_arrive_in_their_types(pod: Running, release: Release) -> None:
    _, settings, *tickets = text_of(ask(pod, release, "Ticket triage", TICKETS)).splitlines()
    team = PARAMETERS["TEAM_NAME"]
    assert settings == (
        f"max_tickets=2 urgency_threshold=0.25 redact_emails=false tone=formal team_name={team}"
    )
    assert tickets == ["URGENT 0.60 the site is DOWN", "normal 0.20 hello"]


def test_the_flows_are_tools_for_an_mcp_client(pod: Running, release: Release) -> None:
    assert set(mcp.tools(pod, release)) == {
        flow["endpoint"].replace("-", "_") for flow in release.report["flows"]
    }


def test_an_mcp_client_can_use_a_tool(pod: Running, release: Release) -> None:
    assert mcp.use(pod, release, "echo", {"input_value": "hi"}) == "You said: hi"


def test_nothing_in_the_log_shows_a_secret(pod: Running, release: Release) -> None:
    assert text_of(ask(pod, release, "Signed webhook", "hello"))
    for name in release.values["credentials"]:
        assert release.secret(name) not in pod.log, name
