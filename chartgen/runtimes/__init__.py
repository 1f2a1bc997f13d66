"""Runtimes turn sources into an `App`. Adding one is a folder and a line in `ALL`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from chartgen.model import App, Finding, Request
from chartgen.runtimes import langflow
from chartgen.sources import Source


class Kind(Protocol):
    """What the folder of a runtime offers."""

    def load(self, sources: Iterable[Source], request: Request) -> App:
        """The application that the sources hold."""

    def on_base(self, app: App, distributions: Mapping[str, str], request: Request) -> App:
        """The application, once somebody has looked into its base."""

    def stale(self, today: str) -> Iterator[Finding]:
        """A warning when what is known of the runtime's holes is old by a day in ISO 8601."""


ALL: Mapping[str, Kind] = {"langflow": langflow}


def load(sources: Iterable[Source], request: Request, runtime: str = "langflow") -> App:
    """The application that the sources hold, as the named runtime reads them."""
    return ALL[runtime].load(sources, request)


def on_base(app: App, distributions: Mapping[str, str], request: Request) -> App:
    """The application, with what is to be said of the packages that were found in its base."""
    return ALL[app.runtime.name].on_base(app, distributions, request)


def stale(request: Request, runtime: str = "langflow") -> tuple[Finding, ...]:
    """What is to be said of the table of holes itself, by the day of the request."""
    return tuple(ALL[runtime].stale(request.today))
