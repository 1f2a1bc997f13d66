"""Runtimes turn sources into an `App`. Adding one is a folder and a line in `ALL`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from chartgen.model import App, Request
from chartgen.runtimes import langflow
from chartgen.sources import Source

Loader = Callable[[Iterable[Source], Request], App]

ALL: Mapping[str, Loader] = {"langflow": langflow.load}


def load(sources: Iterable[Source], request: Request, runtime: str = "langflow") -> App:
    """The application that the sources hold, as the named runtime reads them."""
    return ALL[runtime](sources, request)
