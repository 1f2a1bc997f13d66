"""A store that speaks enough of S3 to be given a file by rclone."""

from __future__ import annotations

import hashlib
from http.server import BaseHTTPRequestHandler

from tests import loopback


class Bucket(loopback.Server):
    """Keeps what is put: path → content; and with which key it was asked."""

    def __init__(self, address: str) -> None:
        super().__init__(_Handler, address)
        self.files: dict[str, bytes] = {}
        self.signed: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def do_GET(self) -> None:
        self._answer(200, b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")

    def do_HEAD(self) -> None:
        content = self.server.files.get(self.path.partition("?")[0])
        if content is None:
            self._answer(404, b"")
        else:
            self._answer(200, content, ETag=_tag(content))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.signed.append(self.headers.get("Authorization", ""))
        if self.path.count("/") > 1:
            self.server.files[self.path.partition("?")[0]] = body
        self._answer(200, b"", ETag=_tag(body))

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        known = {"Content-Length": str(len(body)), "Last-Modified": self.date_time_string()}
        for name, value in {**known, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - S3's own
