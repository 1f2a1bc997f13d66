from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from chartgen.runtimes.langflow import guard
from tests import flows_factory

ECHO = "/api/v1/run/echo"
REQUESTS = {"GET": ["/healthz", "/api/v1/flows/"], "POST": [ECHO]}
PACKAGED = guard.Flow("1", "Echo", "echo"), guard.Flow("2", "Bot", "bot")


class Server:
    """An application that notes what reaches it."""

    def __init__(self) -> None:
        self.reached: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})

    def ask(self, method: str, path: str, *headers: tuple[bytes, bytes]) -> int:
        """Send a request through the guard; the status that comes back."""
        told: list[Any] = []
        scope = {"type": "http", "method": method, "path": path, "headers": [*headers]}
        asyncio.run(self._through(scope, told))
        status: int = told[0]["status"]
        return status

    def connect(self, kind: str) -> list[Any]:
        """Anything but a request; what comes back."""
        told: list[Any] = []
        asyncio.run(self._through({"type": kind, "path": ECHO, "headers": []}, told))
        return told

    async def _through(self, scope: Any, told: list[Any]) -> None:
        async def receive() -> Any:
            raise AssertionError

        async def send(message: Any) -> None:
            told.append(message)

        await guard.Guard(self, REQUESTS)(scope, receive, send)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/healthz"), ("GET", "/api/v1/flows/"), ("POST", ECHO)]
)
def test_what_the_contract_names_gets_through(method: str, path: str) -> None:
    server = Server()
    assert server.ask(method, path) == 200
    assert [scope["path"] for scope in server.reached] == [path]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/custom_component"),
        ("POST", "/api/v1/validate/code"),
        ("POST", "/api/v1/flows/"),
        ("DELETE", "/api/v1/flows/"),
        ("GET", "/api/v1/run/another"),
        ("POST", "/api/v1/run/advanced/echo"),
        ("POST", "/api/v1/run/"),
        ("GET", ECHO),
        ("POST", f"{ECHO}/"),
        ("POST", f"/{ECHO}"),
        ("POST", f"{ECHO}/../../custom_component"),
        ("POST", ECHO.upper()),
        ("post", ECHO),
        ("POST", f"{ECHO}\n"),
        ("GET", "/docs"),
        ("GET", ""),
    ],
)
def test_everything_else_is_refused_in_front_of_langflow(method: str, path: str) -> None:
    server = Server()
    assert server.ask(method, path) == 403
    assert not server.reached


@pytest.mark.parametrize("path", ["/api/v1/run/removed", "/api/v1/webhook/removed"])
def test_a_flow_that_the_release_does_not_have_is_not_found(path: str) -> None:
    server = Server()
    assert server.ask("POST", path) == 404
    assert not server.reached


def test_a_websocket_is_closed() -> None:
    server = Server()
    assert server.connect("websocket") == [{"type": "websocket.close", "code": 1008}]
    assert not server.reached


def test_the_server_still_starts_and_stops() -> None:
    server = Server()
    server.connect("lifespan")
    assert [scope["type"] for scope in server.reached] == ["lifespan"]


@pytest.mark.parametrize(
    "name", [b"x-langflow-global-var-acme-key", b"X-LANGFLOW-GLOBAL-VAR-ACME_KEY"]
)
def test_a_header_that_replaces_a_variable_does_not_get_through(name: bytes) -> None:
    server = Server()
    kept = (b"x-api-key", b"the key")
    server.ask("POST", ECHO, (name, b"mine"), kept)
    assert [scope["headers"] for scope in server.reached] == [[kept]]


def test_the_guard_reads_its_contract_and_stands_in_front_of_langflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Langflow itself is stood in for here; tests/runtime has the real one."""
    served = [{**flow._asdict(), "file": f"{flow.endpoint}.json"} for flow in PACKAGED]
    contract = {
        "requests": REQUESTS,
        "served": served,
        "credentials_folder": str(tmp_path / "keys"),
        "codes": ["0"],
    }
    (tmp_path / "contract.json").write_text(json.dumps(contract))
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "ACME_KEY").write_text("s3cret\n")
    (tmp_path / "langflow").mkdir()
    (tmp_path / "langflow" / "__init__.py").touch()
    (tmp_path / "langflow" / "main.py").write_text(
        "import os\n"
        "log = [os.environ['ACME_KEY']]\n"
        "class App:\n"
        "    def add_middleware(self, kind, **options):\n"
        "        self.made = kind(self, **options)\n"
        "async def initialize_services(): log.append('services')\n"
        "async def load_flows_from_directory(): ...\n"
        "create_app = App\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(guard, "__file__", str(tmp_path / "guard.py"))
    monkeypatch.delenv("ACME_KEY", raising=False)
    enforced: list[Any] = []
    monkeypatch.setattr(guard.codes, "enforce", enforced.append)
    # Whatever is set from now on is unset in the end.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    assert isinstance(guard.create_app().made, guard.Guard)
    assert enforced == [["0"]]
    langflow: Any = importlib.import_module("langflow.main")
    asyncio.run(langflow.initialize_services())
    assert langflow.log == ["s3cret", "services"]


def test_what_the_server_says_goes_where_langflow_says_it(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    server = logging.getLogger("uvicorn")
    server.addHandler(logging.StreamHandler(sys.stderr))
    server.propagate = False
    guard.hand_over_log()
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert caplog.messages == ["Invalid HTTP request received."]
    assert capsys.readouterr().err == ""


def test_a_release_lets_its_own_flows_be_asked_by_endpoint_and_id_and_nothing_more() -> None:
    app = flows_factory.load(flows_factory.flow(name="Support bot"), flows_factory.flow(name="B"))
    contract = json.loads(app.files["app/chartgen/contract.json"])
    asked = {path for path in contract["requests"]["POST"] if path.startswith("/api/v1/run/")}
    ids = {flow.id for flow in app.flows}
    assert asked == {f"/api/v1/run/{name}" for name in ("support-bot", "b", *ids)}
    for probe in (app.runtime.health.startup, app.runtime.health.liveness):
        assert probe in contract["requests"]["GET"]
    assert app.runtime.mcp_path in contract["requests"]["POST"]
    assert "guard:create_app" in contract["command"]
    assert {"app/chartgen/guard.py", "app/chartgen/verify.py"} <= set(app.files)
    for flow, served in zip(app.flows, contract["served"], strict=True):
        assert (flow.id, flow.name, flow.endpoint) == (
            served["id"],
            served["name"],
            served["endpoint"],
        )
        assert f"app/flows/{served['file']}" in app.files
