"""A model server as OpenAI's: what it is asked is noted, and it answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from docker.models.networks import Network

from tests import loopback

PATH = "/v1/chat/completions"
# What the model says, in the pieces in which it is streamed.
WORDS = ("The answer ", "is forty", "-two: ")
SECONDS = 90


class Server(loopback.Server):
    """The server, and what has reached it. `mood` is answer, refuse (401), drop or hang."""

    def __init__(self, address: str) -> None:
        super().__init__(_Handler, address)
        self.mood = "answer"
        self.keys: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.end = threading.Event()

    @property
    def base_url(self) -> str:
        """What a flow is told as the base URL."""
        return f"{self.url}/v1"

    @property
    def environment(self) -> list[dict[str, str]]:
        """What a pod must be told so that a key may go to a private address without TLS."""
        allowed = {
            "LANGFLOW_SSRF_ALLOWED_HOSTS": self.host.partition(":")[0],
            "LANGFLOW_PROVIDER_CREDENTIAL_ALLOWED_HOSTS": self.url,
            # In a Docker container Langflow looks up the engine's host at each call, and nobody
            # answers names in a network without a way out: 20 seconds, in which the server stands.
            "RES_OPTIONS": "timeout:1 attempts:1",
        }
        return [{"name": name, "value": value} for name, value in allowed.items()]


def address(network: Network) -> str:
    """This machine's address in a network of the engine."""
    network.reload()
    return str(network.attrs["IPAM"]["Config"][0]["Gateway"])


@contextmanager
def serve(host: str) -> Iterator[Server]:
    """Serve on an address of this machine."""
    with Server(host).serve() as server:
        try:
            yield server
        finally:
            server.end.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.asked.append({"path": self.path, **body})
        server.keys.append(self.headers.get("Authorization", ""))
        if server.mood in {"hang", "drop"}:
            server.end.wait(SECONDS if server.mood == "hang" else 0)
            self.close_connection = True
        elif server.mood == "refuse":
            # As OpenAI's own: it repeats the key's ends.
            fault = {"message": "Incorrect API key provided", "code": "invalid_api_key"}
            self._send(401, "application/json", json.dumps({"error": fault}).encode())
        elif body.get("stream"):
            self._send(200, "text/event-stream", b"".join(_events(body)))
        else:
            self._send(200, "application/json", json.dumps(_completion(body)).encode())

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """The tests tell what counts."""


def text(body: dict[str, Any]) -> str:
    """What is said to a question: the question stands in it."""
    return "".join(WORDS) + str(body["messages"][-1]["content"])


def _completion(body: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": text(body)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _USAGE}


def _events(body: dict[str, Any]) -> Iterator[bytes]:
    head = _head(body, "chat.completion.chunk")
    pieces = [*WORDS, str(body["messages"][-1]["content"])]
    for piece in pieces:
        delta = {"role": "assistant", "content": piece}
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event({**head, "choices": [], "usage": _USAGE})
    yield b"data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1767225600, "model": body["model"]}


_USAGE = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
