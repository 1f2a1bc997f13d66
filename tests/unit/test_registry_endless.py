"""Registries whose answers never end, one way or another: each is left in bounded time."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chartgen import registry
from chartgen.errors import ChartgenError
from chartgen.oci.descriptor import digest_of
from chartgen.registry import BlobReader, Patience
from chartgen.registry.client import Client

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
DIGEST = digest_of(b"")
# What is sent once, what then comes again and again, and how long lies between.
ENDLESS = {
    "a status line in drops": (b"", b"HTTP/1.1 200 OK", 0.05),
    "a header in drops": (OK + b"X: ", b"a", 0.05),
    "headers in drops": (OK, b"X: a\r\n", 0.05),
    "go on, go on": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, 0.0),
    "a body in drops": (OK + b"Content-Length: 99999\r\n\r\n", b"a", 0.05),
    "chunks in drops": (CHUNKED, b"1\r\na\r\n", 0.05),
    "the length of a chunk": (CHUNKED, b"0" * 65536, 0.0),
    "words behind a chunk": (CHUNKED + b"1\r\na\r\n0\r\n", b"X: a\r\n" * 500, 0.0),
    "an error in drops": (b"HTTP/1.1 500 X\r\n\r\n", b"a", 0.05),
    "a body without end": (OK + b"Content-Length: 999999999999\r\n\r\n", b"a" * 65536, 0.0),
}


@contextlib.contextmanager
def endless(what: str) -> Iterator[str]:
    """A server that answers so; the host that it is."""
    first, again, pause = ENDLESS[what]
    done = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            while not done.is_set():
                connection.sendall(again)
                time.sleep(pause)

    def listen(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            done.set()
            server.shutdown(socket.SHUT_RDWR)


def blob(client: Client) -> object:
    return client.read_blob("team/bots", DIGEST)


def manifest(client: Client) -> object:
    return client.get_manifest("team/bots", "1.0.0")


def upload(client: Client) -> object:
    return client.push_manifest("team/bots", "1.0.0", b"{}", "application/json")


@pytest.mark.parametrize("what", ENDLESS)
@pytest.mark.parametrize("ask", [manifest, blob, upload])
def test_an_answer_without_end_is_left_in_bounded_time(
    what: str, ask: Callable[[Client], object]
) -> None:
    # What an upload waits for is longer in life, and not here.
    patience = Patience(delays=(0.0,), connect=0.3, read=0.3, commit=0.3)
    began = time.monotonic()
    with (
        endless(what) as host,
        registry.connect(host, environment={}, patience=patience) as client,
        pytest.raises(ChartgenError, match=host),
    ):
        ask(client)
    assert time.monotonic() - began < 5


def test_a_large_blob_may_take_long_for_who_does_not_know_its_size() -> None:
    data = bytes(65536)

    def pieces() -> Iterator[bytes]:
        for _ in range(5):
            time.sleep(0.05)
            yield data

    digest = digest_of(data * 5)
    reader = BlobReader(pieces(), lambda: None, what="it", digest=digest, size=None, seconds=0.1)
    assert b"".join(iter(lambda: reader.read(1 << 20), b"")) == data * 5


def test_who_reads_slowly_is_not_taken_for_a_registry_that_hangs() -> None:
    data = bytes(range(256)) * 4096
    patience = Patience(delays=(), connect=0.2, read=0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                head = OK + f"Content-Length: {len(data)}\r\n\r\n".encode()
                connection.sendall(head + data)

        thread = threading.Thread(target=answer)
        thread.start()
        host = f"127.0.0.1:{server.getsockname()[1]}"
        with (
            registry.connect(host, environment={}, patience=patience) as client,
            client.get_blob("team/bots", digest_of(data)) as found,
        ):
            first = found.read(1000)
            time.sleep(1.5)
            rest = b""
            while piece := found.read(1 << 20):
                rest += piece
        thread.join()
    assert first + rest == data
