"""Where things lie in registries: hosts and repositories, as users write them and as HTTP wants."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from chartgen.errors import InvalidInput
from chartgen.reference import PART, shown

# Docker Hub has one name for people, one for its API and one in the files that keep logins.
HUB = "docker.io"
HUB_API = "registry-1.docker.io"
HUB_LOGIN = "https://index.docker.io/v1/"
HUB_NAMES = frozenset({HUB, HUB_API, "index.docker.io"})
# Distribution specification 1.1, "Pulling manifests".
REPOSITORY = re.compile(rf"{PART}(?:/{PART})*")
# Any name that DNS could know: after `oci://` a host needs no dot.
HOST = re.compile(r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Location:
    """A repository in a registry; the repository is "" for a registry as a whole."""

    host: str
    repository: str

    def __str__(self) -> str:
        return f"{self.host}/{self.repository}" if self.repository else self.host

    def child(self, name: str) -> Location:
        """The repository called `name` under this one: where `helm push` puts a chart."""
        return Location(host=self.host, repository=f"{self.repository}/{name}".lstrip("/"))


def parse(text: str) -> Location:
    """Read `registry.example.com/team/bots`, or `oci://registry.example.com/charts`.

    Without a host it is Docker Hub, as everywhere; after `oci://` the host always leads.
    Raises InvalidInput when the text is neither.
    """
    bare = text.removeprefix("oci://")
    first, _, rest = bare.rstrip("/").partition("/")
    named = bare != text or (rest and ("." in first or ":" in first or first == "localhost"))
    host, repository = (first, rest) if named else (HUB, bare)
    if host in HUB_NAMES:
        host = HUB
        if bare == text and "/" not in repository:
            repository = f"library/{repository}"
    if not is_host(host) or (repository and not REPOSITORY.fullmatch(repository)):
        raise InvalidInput(
            f"{shown(text)!r} is no place in a registry: write it as "
            "registry.example.com/team/name or oci://registry.example.com/charts, in lower case"
        )
    return Location(host=host.lower(), repository=repository)


def is_host(text: str) -> bool:
    """Whether a text is a host, with or without a port."""
    try:
        parts = urlsplit(f"//{text}")
        return bool(HOST.fullmatch(text) and parts.hostname) and parts.port != 0
    except ValueError:
        return False


def endpoint(host: str) -> str:
    """The host that answers the API of a registry."""
    return HUB_API if host in HUB_NAMES else host


def is_loopback(host: str) -> bool:
    """Whether a host, with or without port, is this very machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _address(name)
    return address is not None and address.is_loopback


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL: what must be equal for a login to be sent along."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 0)


def check_target(url: str, home: str, *, plain_http: bool) -> str:
    """A URL that the registry at `home` sends us to, or InvalidInput when it may not.

    A registry could otherwise make us talk to a machine of the inner network, to the metadata
    service of a cloud, or in clear text (go-containerregistry#2258 and its follow-ups).
    """
    try:
        parts = urlsplit(url)
        there = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError:
        there = ""
    here = urlsplit(home).hostname or ""
    if not there or parts.scheme not in PORTS or parts.username is not None:
        raise InvalidInput(f"{here} sends us to an address that is none")
    same = there == here or (is_loopback(_quoted(there)) and is_loopback(_quoted(here)))
    address = _address(there)
    if not same and (is_loopback(_quoted(there)) or (address and not address.is_global)):
        raise InvalidInput(f"{here} sends us to the private address {there}: refused")
    if parts.scheme == "http" and not plain_http and not is_loopback(_quoted(there)):
        raise InvalidInput(
            f"{here} sends us to http://{there}, where all could be read on the way: refused. "
            "A registry behind a proxy must be told that it is reached with https"
        )
    return url


def _quoted(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
