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

    def outdated(self, reference: str, version: str) -> Iterator[Finding]:
        """A warning for a base with known holes, whatever was said when it was packaged."""

    def guards(self, variable: str) -> bool:
        """Whether a variable of the environment can weaken the runtime."""

    def weakens(self, variable: str, value: str) -> str:
        """What a variable with this value lets happen that else does not, or ""."""

    def is_secret(self, variable: str, value: str) -> bool:
        """Whether the value of a variable is a secret."""


ALL: Mapping[str, Kind] = {"langflow": langflow}


def load(sources: Iterable[Source], request: Request, runtime: str = "langflow") -> App:
    """The application that the sources hold, as the named runtime reads them."""
    return ALL[runtime].load(sources, request)


def on_base(app: App, distributions: Mapping[str, str], request: Request) -> App:
    """The application, with what is to be said of the packages that were found in its base."""
    return ALL[app.runtime.name].on_base(app, distributions, request)


def kind(name: str) -> Kind | None:
    """What the folder of a runtime offers, None when there is no such runtime."""
    return ALL.get(name)


def stale(request: Request, runtime: str = "langflow") -> tuple[Finding, ...]:
    """What is to be said of the table of holes itself, by the day of the request."""
    return tuple(ALL[runtime].stale(request.today))
