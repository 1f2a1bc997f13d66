"""Patience with a registry: what passes is tried again, thrice in all, and never for long."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chartgen.errors import ChartgenError, Unavailable
from chartgen.registry.faults import Transient

T = TypeVar("T")


class Cancelled(ChartgenError):
    """Given up because something beside it failed; the user hears of that, not of this."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait, in seconds.

    `delays` lie between the tries, so there is one try more than there are delays. A registry
    that asks for more than `longest` is not asked again. `commit` is for the silence after an
    upload, while the registry checks and stores what it got.
    """

    delays: tuple[float, ...] = (1.0, 3.0)
    longest: float = 30.0
    connect: float = 10.0
    read: float = 60.0
    commit: float = 300.0
    wait: Callable[[threading.Event, float], object] = threading.Event.wait

    def run(self, action: Callable[[], T], stop: threading.Event | None = None) -> T:
        """Do something until it succeeds, fails for good, or was tried often enough."""
        stop = stop or threading.Event()
        for delay in (*self.delays, None):
            if stop.is_set():
                raise Cancelled("given up")
            try:
                return action()
            except Transient as fault:
                if delay is None:
                    tries = f" (tried {len(self.delays) + 1} times)"
                    raise Unavailable(fault.message + tries) from None
                if fault.after > self.longest:
                    wish = f": it asks to come back in {fault.after:.0f} seconds"
                    raise Unavailable(fault.message + wish) from None
                spread = random.uniform(0.8, 1.2)  # noqa: S311 - no secret hangs on it
                self.wait(stop, max(delay * spread, fault.after))
        raise AssertionError("unreachable")
