"""Langflow behind a door: callers may ask its flows, and nothing else gets in.

The API key of callers is that of the user who owns the flows: to Langflow (1.13.0) whoever has it
may upload flows, make keys, and run code that reads the environment; and a header of a request
replaces any variable of a flow, so that a key could be sent to a host of the caller's choice. No
setting changes that. `contract.json` beside this file says what is let through.

This file is copied into the image as it is, and imports nothing but the standard library and, when
the server starts, Langflow.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# langflow-base 1.13.0, api/utils/core.py, extract_global_variables_from_headers.
REPLACEMENT = b"x-langflow-global-var-"
REFUSAL = {"detail": "this runtime answers its flows, and nothing else"}
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1


class Guard:
    """ASGI middleware that lets through what is in `requests`: method → paths."""

    def __init__(self, app: Application, requests: Mapping[str, list[str]]) -> None:
        self._app = app
        self._requests = {method: frozenset(paths) for method, paths in requests.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on without what replaces variables."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        elif scope["path"] not in self._requests.get(scope["method"], ()):
            await _refuse(send)
        else:
            headers = [pair for pair in scope["headers"] if not _replaces(pair[0])]
            await self._app({**scope, "headers": headers}, receive, send)


def create_app() -> Any:
    """Langflow's own application with the guard in front; uvicorn calls this."""
    contract = json.loads(Path(__file__).with_name("contract.json").read_text("utf-8"))
    app = importlib.import_module("langflow.main").create_app()
    app.add_middleware(Guard, requests=contract["requests"])
    return app


def _replaces(name: bytes) -> bool:
    return name.lower().startswith(REPLACEMENT)


async def _refuse(send: Send) -> None:
    body = json.dumps(REFUSAL).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
