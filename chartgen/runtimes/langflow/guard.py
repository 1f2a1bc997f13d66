"""Langflow behind a door: callers may ask the packaged flows, and nothing else gets in.

The API key of callers is that of the user who owns the flows: to Langflow (1.13.0) whoever has it
may upload flows, make keys, and run code that reads the environment; and a header of a request
replaces any variable of a flow, so that a key could be sent to a host of the caller's choice. No
setting changes that. `contract.json` beside this file says what is let through.

And Langflow serves exactly what is packaged: it adds the image's flows to those that the database
has from former releases, and removes none (initial_setup/setup.py). So the flows that are not in
the image are taken out, and a pod whose flows are not all served does not start.

And it runs the packaged code, and no other: `codes.py`.

Credentials that lie as files become variables of this process before Langflow looks at any: they
are in its memory then, and not in what /proc shows of how it was started.

This file is copied into the image as it is, and imports nothing but the standard library,
the launcher's own files and, when the server starts, Langflow.
"""

from __future__ import annotations

import functools
import importlib
import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Step = Callable[..., Awaitable[None]]

# langflow-base 1.13.0, api/utils/core.py, extract_global_variables_from_headers.
REPLACEMENT = b"x-langflow-global-var-"
# Where a flow is asked; a name has what Langflow allows in an endpoint.
FLOW = re.compile(r"/api/v1/(?:run|webhook)/[A-Za-z0-9_-]+")
REFUSAL = {"detail": "this runtime answers its flows, and nothing else"}
UNKNOWN = {"detail": "this release has no such flow"}
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1
DATABASE = "LANGFLOW_DATABASE_URL"
# They lie beside this file, in the image and in the package.
BESIDE = f"{__package__}." if __package__ else ""
codes: Any = importlib.import_module(f"{BESIDE}codes")
mounted: Any = importlib.import_module(f"{BESIDE}mounted")
turn: Any = importlib.import_module(f"{BESIDE}turn")


class Flow(NamedTuple):
    """How a flow is found: by its id, its name, and its place in URLs."""

    id: str
    name: str
    endpoint: str | None


class NotServed(Exception):
    """The server must not start."""


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
            if scope["method"] == "POST" and FLOW.fullmatch(scope["path"]):
                await _answer(send, 404, UNKNOWN)
            else:
                await _answer(send, 403, REFUSAL)
        else:
            headers = [pair for pair in scope["headers"] if not _replaces(pair[0])]
            await self._app({**scope, "headers": headers}, receive, send)


def create_app() -> Any:
    """Langflow's own application with the guard in front; uvicorn calls this."""
    contract = json.loads(Path(__file__).with_name("contract.json").read_text("utf-8"))
    mounted.take_in(Path(contract["credentials_folder"]), os.environ)
    packaged = [Flow(flow["id"], flow["name"], flow["endpoint"]) for flow in contract["served"]]
    # First, so that nobody has the name of what it replaces.
    codes.enforce(contract["codes"])
    langflow: Any = importlib.import_module("langflow.main")
    # Langflow's startup calls both by their names here, before it answers anything.
    langflow.initialize_services = in_turn(langflow.initialize_services)
    langflow.load_flows_from_directory = in_turn(
        functools.partial(bring, packaged, langflow.load_flows_from_directory)
    )
    app = langflow.create_app()
    hand_over_log()
    app.add_middleware(Guard, requests=contract["requests"])
    return app


def hand_over_log() -> None:
    """Give what uvicorn says to Langflow's log, which is JSON.

    Langflow asks for it, too, but the logger above the ones that it asks keeps to itself what they
    say (1.13.0, lfx/log/logger.py, setup_uvicorn_logger).
    """
    server = logging.getLogger("uvicorn")
    server.handlers.clear()
    server.propagate = True


def in_turn(step: Step) -> Step:
    """A step of the startup that no two pods on one database do at the same time."""

    async def taken(*arguments: Any, **options: Any) -> None:
        async with turn.take(os.environ.get(DATABASE, "")):
            await step(*arguments, **options)

    return taken


async def bring(packaged: Iterable[Flow], load: Step) -> None:
    """Let Langflow load the packaged flows, remove all others, and see that they are there."""
    packaged = tuple(packaged)
    open_session = importlib.import_module("langflow.services.deps").session_scope
    async with open_session() as session:
        for flow in in_the_way(await _stored(session), packaged):
            await _rename(session, flow)
    await load()
    async with open_session() as session:
        for flow in strangers(await _stored(session), packaged):
            await _remove(session, flow)
    async with open_session() as session:
        faults = unserved(await _stored(session), packaged)
    for fault in faults:
        print(f"chartgen: {fault}", file=sys.stderr, flush=True)  # noqa: T201 - the pod's log
    if faults:
        raise NotServed(f"{len(faults)} of the packaged flows are not served")


def in_the_way(stored: Iterable[Flow], packaged: Iterable[Flow]) -> list[Flow]:
    """Flows with the name or endpoint of another that is packaged.

    Langflow would write the packaged one into them, and it would not have its id.
    """
    names = {flow.name: flow.id for flow in packaged}
    endpoints = {flow.endpoint: flow.id for flow in packaged}
    return [
        flow
        for flow in stored
        if {names.get(flow.name, flow.id), endpoints.get(flow.endpoint, flow.id)} != {flow.id}
    ]


def strangers(stored: Iterable[Flow], packaged: Iterable[Flow]) -> list[Flow]:
    """Flows that are not packaged, always in the same order."""
    known = {flow.id for flow in packaged}
    return sorted(flow for flow in stored if flow.id not in known)


def unserved(stored: Iterable[Flow], packaged: Iterable[Flow]) -> list[str]:
    """One sentence for every packaged flow that cannot be asked by its id and endpoint."""
    served = set(stored)
    return [
        f"the flow {flow.name!r} is packaged and not served: Langflow's log says why"
        for flow in packaged
        if flow not in served
    ]


async def _stored(session: Any) -> list[Flow]:
    """The flows that callers see: those of the superuser, whose key they have."""
    select, flow, user = _orm().select, _flows(), _users()
    owners = select(user.id).where(user.is_superuser)
    chosen = select(flow.id, flow.name, flow.endpoint_name).where(flow.user_id.in_(owners))
    rows = (await session.exec(chosen)).all()
    # SQLite gives ids as texts, with or without dashes.
    return [Flow(str(uuid.UUID(str(key))), name, endpoint) for key, name, endpoint in rows]


async def _rename(session: Any, flow: Flow) -> None:
    """Give a flow a name that no other has, and no endpoint."""
    table = _flows()
    chosen = _orm().update(table).where(table.id == uuid.UUID(flow.id))
    await session.exec(chosen.values(name=flow.id, endpoint_name=None))


async def _remove(session: Any, flow: Flow) -> None:
    """Remove a flow and what hangs on it, messages included, as Langflow itself does."""
    remove = importlib.import_module("langflow.api.utils").cascade_delete_flow
    await remove(session, uuid.UUID(flow.id))


def _orm() -> Any:
    return importlib.import_module("sqlmodel")


def _flows() -> Any:
    return importlib.import_module("langflow.services.database.models.flow.model").Flow


def _users() -> Any:
    return importlib.import_module("langflow.services.database.models.user.model").User


def _replaces(name: bytes) -> bool:
    return name.lower().startswith(REPLACEMENT)


async def _answer(send: Send, status: int, content: Mapping[str, str]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
