"""An HTTP server inside the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class Server(ThreadingHTTPServer):
    """Listens for as long as `serve()` lasts, by default on a free port of this machine alone."""

    daemon_threads = True

    def __init__(
        self, handler: type[BaseHTTPRequestHandler], address: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__((address, port), handler)
        self.host = f"{address}:{self.server_address[1]}"
        self.url = f"http://{self.host}"

    @contextmanager
    def serve(self) -> Iterator[Self]:
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()


class Hello(BaseHTTPRequestHandler):
    """Says hello to whoever asks."""

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")
