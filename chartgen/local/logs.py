"""What a container says, shown while it says it."""

from __future__ import annotations

import threading
from collections import deque

from chartgen.errors import Unavailable
from chartgen.image import engine
from chartgen.watcher import Watcher

KEPT = 10
PATIENCE_SECONDS = 5.0


class Logs:
    """Follows a container's log in a thread of its own, over a connection of its own."""

    def __init__(self, container: str, watcher: Watcher) -> None:
        self._container, self._watcher = container, watcher
        self._last: deque[str] = deque(maxlen=KEPT)
        # Nobody waits for it in the end: the connection may be silent for hours.
        self._thread = threading.Thread(target=self._follow, name="log", daemon=True)
        self._thread.start()

    def finish(self) -> list[str]:
        """The last lines, once the container has ended and everything was shown."""
        self._thread.join(PATIENCE_SECONDS)
        return list(self._last)

    def _follow(self) -> None:
        from docker.errors import DockerException
        from requests import RequestException

        rest = b""
        try:
            with engine.client() as client:
                client.api.timeout = None
                for piece in client.api.logs(self._container, stream=True, follow=True):
                    *lines, rest = (rest + piece).split(b"\n")
                    for line in lines:
                        self._show(line)
        except (DockerException, RequestException, OSError, Unavailable) as fault:
            self._watcher.line(f"the log broke off ({type(fault).__name__})")
        if rest:
            self._show(rest)

    def _show(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        self._last.append(text)
        self._watcher.line(text)
