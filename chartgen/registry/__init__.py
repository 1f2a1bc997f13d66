"""Registries: what is pulled from them and pushed to them, without Docker.

`connect` gives a Client for one host. requests is loaded there and not before: it takes longer
than `chartgen --help` may.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chartgen.errors import InvalidInput
from chartgen.registry import auth, location
from chartgen.registry.faults import Denied, Mismatch, NotFound, Refused
from chartgen.registry.location import HUB, Location, parse
from chartgen.registry.retry import Patience
from chartgen.registry.transfer import BlobJob, BlobReader, Outcome, Progress, Readable

if TYPE_CHECKING:
    from chartgen.registry.client import Client, Descriptor, Manifest

# The environment's names for files with certificates, as Python, curl and Go know them.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")

__all__ = [
    "HUB",
    "BlobJob",
    "BlobReader",
    "Client",
    "Denied",
    "Descriptor",
    "Location",
    "Manifest",
    "Mismatch",
    "NotFound",
    "Outcome",
    "Patience",
    "Progress",
    "Readable",
    "Refused",
    "connect",
    "parse",
]


def __getattr__(name: str) -> object:
    """The names that need requests, loaded when they are first asked for."""
    if name in ("Client", "Descriptor", "Manifest"):
        from chartgen.registry import client

        return getattr(client, name)
    raise AttributeError(name)


def connect(
    host: str,
    *,
    plain_http: bool | None = None,
    ca_file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    patience: Patience | None = None,
) -> Client:
    """A client for a registry; nothing is sent before it is asked something.

    HTTPS, but for a registry on this machine, unless `plain_http` says one or the other.
    `ca_file` and what the environment names is trusted beside the system's authorities.
    Raises InvalidInput when `host` is none, or a file holds no certificates.
    """
    if not location.is_host(host):
        raise InvalidInput(f"{host!r} is not the host of a registry")
    from chartgen.registry.authority import Authority
    from chartgen.registry.client import Client
    from chartgen.registry.exchange import Exchange
    from chartgen.registry.wire import Wire

    plain = location.is_loopback(host) if plain_http is None else plain_http
    named = [environment[name] for name in CA_VARIABLES if environment.get(name)]
    wire = Wire(
        f"{'http' if plain else 'https'}://{location.endpoint(host)}",
        plain_http=plain_http is True,
        ca_files=[*map(Path, named), *filter(None, [ca_file])],
        patience=patience or Patience(),
    )
    authority = Authority(host, wire, lambda: auth.find(host, environment))
    return Client(Exchange(host, wire, authority))
