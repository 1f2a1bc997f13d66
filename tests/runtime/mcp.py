"""What an MCP client does over Streamable HTTP (Model Context Protocol, 2025-06-18)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.runtime.release import Release
from tests.runtime.running import Running

PROTOCOL = "2025-06-18"
ACCEPT = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": PROTOCOL}


def tools(pod: Running, release: Release) -> list[str]:
    """The names of the tools that a server has."""
    return [tool["name"] for tool in _talk(pod, release, "tools/list", {})["tools"]]


def use(pod: Running, release: Release, tool: str, arguments: Mapping[str, Any]) -> str:
    """Call a tool, and return the text of its answer."""
    result = _talk(pod, release, "tools/call", {"name": tool, "arguments": arguments})
    assert not result["isError"], result
    (part,) = result["content"]
    return str(part["text"])


def _talk(
    pod: Running, release: Release, method: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Greet the server, then ask it one thing."""
    greeting = {
        "protocolVersion": PROTOCOL,
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    }
    _, session = _send(pod, release, "initialize", greeting, "")
    return _send(pod, release, method, parameters, session)[0]


def _send(
    pod: Running, release: Release, method: str, parameters: Mapping[str, Any], session: str
) -> tuple[dict[str, Any], str]:
    """Send a message: its result, and the session that the server has opened if it keeps any."""
    answer = pod.ask(
        "POST",
        release.app["mcp"]["path"],
        key=release.key,
        body={"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters},
        headers={**ACCEPT, **({"Mcp-Session-Id": session} if session else {})},
    )
    assert answer.status_code == 200, answer.text
    answer.encoding = "utf-8"
    lines = [line for line in answer.text.splitlines() if line.startswith("data:")]
    message = json.loads(lines[-1].removeprefix("data:") if lines else answer.text)
    assert "error" not in message, message
    result: dict[str, Any] = message["result"]
    return result, answer.headers.get("Mcp-Session-Id", "")
