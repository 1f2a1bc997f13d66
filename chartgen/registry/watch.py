"""Connections whose answers come to an end.

A socket's own patience begins anew with every byte: a server that sends one at a time, headers or
trailers without number, or nothing but "100 Continue", holds whoever listens for ever.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# Silence is the socket's own matter; what is not silent gets as long again.
PATIENCE = 2
_SOCKET = "chartgen_socket"
T = TypeVar("T")


class Watch:
    """Shuts a connection on which one thing is waited for too long, whatever bytes come.

    Leaving it raises TimeoutError when that was so.
    """

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self._waiting = self._expired = False
        self._begin()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._expired:
            raise TimeoutError("the answer does not come to an end")

    def wait(self, action: Callable[[], T]) -> T:
        """What an action reads of the connection; only meanwhile does the time count."""
        # A timer is a thread: not one for every piece.
        if time.monotonic() - self._began > self._seconds / 2:
            self._timer.cancel()
            self._begin()
        self._waiting = True
        try:
            return action()
        finally:
            self._waiting = False

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._timer = threading.Timer(self._seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def _shut(self) -> None:
        if not self._waiting:
            self._begin()
            return
        self._expired = True
        # The plain socket's own: TLS would be taken apart under the feet of the one who reads.
        with contextlib.suppress(OSError, TypeError):
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)


class _Watched:
    """A connection that waits for the head of an answer under a Watch."""

    sock: Any
    timeout: Any

    def getresponse(self, *args: Any, **options: Any) -> Any:
        connection = self.sock
        # What is waited for silence: urllib3 2 has it in the one place, urllib3 1 in the other.
        seconds = max(float(self.timeout or 0), connection.gettimeout() or 0)
        receive = partial(super().getresponse, *args, **options)  # type: ignore[misc]
        with contextlib.ExitStack() as unless_whole:
            with Watch(connection, PATIENCE * seconds) as watch:
                response = watch.wait(receive)
                # A head that was cut off looks like one that has ended.
                unless_whole.callback(response.close)
            unless_whole.pop_all()
        setattr(response, _SOCKET, connection)
        return response


class _Plain(_Watched, HTTPConnection):
    pass


class _Secure(_Watched, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


def watched(manager: Any) -> Any:
    """A pool manager of urllib3, from now on with connections that are watched."""
    manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return manager


def over(raw: Any, seconds: float) -> Watch:
    """A Watch over the body of an answer that a watched connection gave."""
    # urllib3 1 wraps the answer that it got.
    inner = getattr(raw, "_original_response", None)
    connection = getattr(raw, _SOCKET, None) or getattr(inner, _SOCKET, None)
    return Watch(connection, PATIENCE * seconds)
