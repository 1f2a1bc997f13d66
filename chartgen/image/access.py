"""How registries are reached."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chartgen import registry

if TYPE_CHECKING:
    # Importing it loads requests, which most runs need not wait for.
    from chartgen.registry import Client


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a user says of a registry.

    `plain_http` is HTTP or HTTPS, None for HTTPS but HTTP on this machine; `ca_file` holds
    certificates to trust beside the system's.
    """

    plain_http: bool | None = None
    ca_file: Path | None = None

    def connect(self, host: str) -> Client:
        """A client for a registry; nothing is sent before it is asked something."""
        return registry.connect(host, plain_http=self.plain_http, ca_file=self.ca_file)
