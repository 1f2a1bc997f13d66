"""What a caller cannot do. Whoever has the API key may ask flows, and change nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = pytest.mark.docker

FLOW = {"name": "intruder", "data": {"nodes": [], "edges": []}}
CODE = """
import os
from lfx.custom.custom_component.component import Component
from lfx.io import Output
from lfx.schema.message import Message

class Intruder(Component):
    display_name = os.environ["ACME_SIGNING_KEY"]
    outputs = [Output(name="out", display_name="Out", method="run_it")]

    def run_it(self) -> Message:
        return Message(text=self.display_name)
"""
# What changes the server or runs a caller's code: method, path, body.
INTRUSIONS: dict[str, tuple[str, str, Any]] = {
    "signup": ("POST", "/api/v1/users/", {"username": "eve", "password": "eve-eve-eve-1"}),
    "a flow of its own": ("POST", "/api/v1/flows/", FLOW),
    "a flow as a file": ("POST", "/api/v1/flows/upload/", None),
    "code as a component": ("POST", "/api/v1/custom_component", {"code": CODE}),
    "code to look at": ("POST", "/api/v1/validate/code", {"code": "import os"}),
    "another API key": ("POST", "/api/v1/api_key/", {"name": "eve"}),
    "a variable": (
        "POST",
        "/api/v1/variables/",
        {"name": "EVE", "value": "x", "type": "Generic", "default_fields": []},
    ),
}
ALL = pytest.mark.parametrize("intrusion", INTRUSIONS)


def attempt(pod: Running, intrusion: str, key: str) -> tuple[int, str]:
    method, path, body = INTRUSIONS[intrusion]
    if body is None:
        sent = pod.ask(method, path, key=key, files={"file": ("eve.json", b'{"name": "eve"}')})
    else:
        sent = pod.ask(method, path, key=key, body=body)
    return sent.status_code, sent.text


@pytest.mark.parametrize("key", ["", "sk-not-the-key-at-all"])
def test_no_flow_answers_without_the_right_key(pod: Running, release: Release, key: str) -> None:
    for flow in release.report["flows"]:
        answer = pod.ask("POST", flow["path"], key=key, body=release.app["request"])
        assert answer.status_code == 403, flow["name"]
    assert pod.ask("POST", release.app["mcp"]["path"], key=key, body={}).status_code == 403
    assert pod.ask("GET", "/api/v1/flows/", key=key).status_code == 403


def test_a_tweak_that_would_read_a_variable_is_refused(pod: Running, release: Release) -> None:
    (flow,) = (one for one in release.report["flows"] if one["name"] == "Echo")
    reading = {"value": "ACME_SIGNING_KEY", "load_from_db": True}
    body = {**release.app["request"], "tweaks": {"Prompt Template": {"template": reading}}}
    answer = pod.ask("POST", flow["path"], key=release.key, body=body)
    assert answer.status_code == 422
    assert release.secret("ACME_SIGNING_KEY") not in answer.text


@ALL
def test_the_key_of_callers_changes_nothing(pod: Running, release: Release, intrusion: str) -> None:
    assert attempt(pod, intrusion, release.key)[0] in {403, 404, 405}


def test_a_caller_cannot_replace_a_credential(pod: Running, release: Release) -> None:
    own = text_of(ask(pod, release, "Signed webhook", "hello"))
    header = {"X-LANGFLOW-GLOBAL-VAR-ACME_SIGNING_KEY": "mine"}
    assert text_of(ask(pod, release, "Signed webhook", "hello", **header)) == own


@ALL
@pytest.mark.parametrize("key", ["", "sk-not-the-key-at-all"])
def test_without_the_right_key_nothing_is_changed(pod: Running, intrusion: str, key: str) -> None:
    assert attempt(pod, intrusion, key)[0] == 403
