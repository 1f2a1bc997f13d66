"""TLS: whose word counts that a registry is the one it says it is."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter

from chartgen.errors import InvalidInput
from chartgen.registry.watch import watched


def adapter(ca_files: tuple[Path, ...]) -> HTTPAdapter:
    """Connections that trust the system's authorities and those in the files or folders named."""
    return _Secure(_context(ca_files))


class Adapter(HTTPAdapter):
    """Connections whose answers come to an end, through a proxy as well."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools; requests asks for it."""
        super().init_poolmanager(*args, **options)
        watched(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Make the pools behind a proxy; requests asks for it."""
        return watched(super().proxy_manager_for(*args, **options))


class _Secure(Adapter):
    """Trusts the system's authorities and the ones that were named, beside requests' own."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return super().proxy_manager_for(*args, **options, ssl_context=self._context)


@cache
def _context(ca_files: tuple[Path, ...]) -> ssl.SSLContext:
    context = ssl.create_default_context()
    for path in ca_files:
        try:
            if path.is_dir():
                context.load_verify_locations(capath=path)
            else:
                context.load_verify_locations(cafile=path)
        except OSError as fault:
            raise InvalidInput(
                f"{path} holds no certificates that can be read ({fault.strerror or fault})"
            ) from None
    return context
