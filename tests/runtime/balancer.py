"""NGINX in the place of a Service: one request to each pod in turn, and none is sent twice."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from requests import Response

from tests.runtime.running import Running

SECONDS = 20
CONFIGURATION = """
daemon off;
user root;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  # A connection that waits for another request would be cut off when the pods change.
  keepalive_timeout 0;
  upstream pods {{ {servers} }}
  server {{
    listen {address}:{port};
    location / {{
      proxy_pass http://pods;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      add_header X-Pod $upstream_addr always;
      # A container that is gone refuses no connection here, as it does in a cluster.
      proxy_connect_timeout 1s;
      # A Service does not send a request again to another pod.
      proxy_next_upstream off;
    }}
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Balancer:
    """A started NGINX."""

    process: subprocess.Popen[bytes]
    folder: Path
    address: str
    port: int

    @property
    def url(self) -> str:
        """What callers ask."""
        return f"http://{self.address}:{self.port}"

    def send_to(self, *pods: Running) -> None:
        """From now on these pods get the requests; those that run are answered."""
        former = _workers(self.process)
        _write(self.folder, self.address, self.port, [urlsplit(pod.url).netloc for pod in pods])
        self.process.send_signal(signal.SIGHUP)
        # Until the last of the former has closed its door, it may still pick a former pod.
        _until(lambda: _changed(former, _workers(self.process)), self.folder)


@contextlib.contextmanager
def balancer(address: str, folder: Path, pods: Iterable[Running]) -> Iterator[Balancer]:
    """Start one on an address of this machine; `folder` is an empty one."""
    command = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if command is None:
        pytest.skip("there is no NGINX: apt-get install nginx-light")
    with socket.socket() as probe:
        probe.bind((address, 0))
        port = probe.getsockname()[1]
    _write(folder, address, port, [urlsplit(pod.url).netloc for pod in pods])
    process = subprocess.Popen(  # noqa: S603 - Debian's own command
        [command, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    )
    try:
        _until(lambda: bool(_workers(process)), folder)
        yield Balancer(process=process, folder=folder, address=address, port=port)
    finally:
        process.terminate()
        process.wait(SECONDS)


def answered(answer: Response) -> str:
    """The address of the pod that has answered."""
    return f"http://{answer.headers['X-Pod']}"


def _write(folder: Path, address: str, port: int, servers: Iterable[str]) -> None:
    lines = " ".join(f"server {server} max_fails=0;" for server in servers)
    text = CONFIGURATION.format(folder=folder, address=address, port=port, servers=lines)
    (folder / "nginx.conf").write_text(text)


def _workers(process: subprocess.Popen[bytes]) -> set[str]:
    """Those that take requests; a worker that only finishes its last ones is not among them."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {child for child in children if b"shutting down" not in _title(child)}


def _title(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b"shutting down, and gone"


def _changed(former: set[str], workers: set[str]) -> bool:
    return bool(workers) and not workers & former


def _until(happened: Callable[[], bool], folder: Path) -> None:
    until = time.monotonic() + SECONDS
    while not happened():
        log = folder / "error.log"
        assert time.monotonic() < until, log.read_text() if log.exists() else "NGINX does not start"
        time.sleep(0.02)
