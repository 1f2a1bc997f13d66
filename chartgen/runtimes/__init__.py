"""Runtimes turn sources into an `App`. Adding one is a folder and a line in `ALL`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chartgen.model import App, Request
from chartgen.runtimes import langflow
from chartgen.sources import Source

Loader = Callable[[Sequence[Source], Request], App]

ALL: Mapping[str, Loader] = {"langflow": langflow.load}


def load(sources: Sequence[Source], request: Request, runtime: str = "langflow") -> App:
    """The application that the sources hold, as the named runtime reads them."""
    return ALL[runtime](sources, request)
