"""A TCP proxy that counts; a program of its own, so that it takes no turn from those measured.

`counting.py PORT` connects to that port here. It prints its own port, and then, for every line
that it reads, how many bytes went up and how many came down so far.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading

PIECE = 1 << 20
connections: dict[str, list[list[int]]] = {"up": [], "down": []}


def _pump(source: socket.socket, target: socket.socket, count: list[int]) -> None:
    """Move bytes inside of the kernel until one side ends."""
    outlet, inlet = os.pipe()
    try:
        while size := os.splice(source.fileno(), inlet, PIECE):
            count[0] += size
            while size:
                size -= os.splice(outlet, target.fileno(), size)
    except OSError:
        pass  # A connection that was cut: the other direction ends as well.
    finally:
        os.close(outlet)
        os.close(inlet)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def _serve(client: socket.socket, port: int) -> None:
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        up, down = _new("up"), _new("down")
        back = threading.Thread(target=_pump, args=(server, client, down), daemon=True)
        back.start()
        _pump(client, server, up)
        back.join()


def _new(direction: str) -> list[int]:
    """A counter of one thread alone: adding to a shared one would lose some."""
    counter = [0]
    connections[direction].append(counter)
    return counter


def _accept(listener: socket.socket, port: int) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, port), daemon=True).start()


def main() -> None:
    """Serve until standard input ends."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)  # noqa: T201
    arguments = (listener, int(sys.argv[1]))
    threading.Thread(target=_accept, args=arguments, daemon=True).start()
    for _ in sys.stdin:
        totals = [sum(one[0] for one in [*connections[way]]) for way in ("up", "down")]
        print(*totals, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
