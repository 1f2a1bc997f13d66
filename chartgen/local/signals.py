"""Being told to stop: what a terminal, its closing, or a supervisor sends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """Somebody wants an end, which is no failure."""


@contextmanager
def stoppable() -> Iterator[None]:
    """For as long as this lasts, each of the signals raises Stop where the main thread is.

    One that is ignored stays so: `nohup` means it.
    """

    def stop(number: int, frame: object) -> None:
        raise Stop

    heard = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
