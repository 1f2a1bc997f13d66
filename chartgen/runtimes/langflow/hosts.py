"""Which hosts the flows name, so that the network can be opened for them and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from chartgen.model import Host, Use
from chartgen.runtimes.langflow.graph import Component
from chartgen.runtimes.langflow.paths import texts

PORTS = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "mysql": 3306,
    "mongodb": 27017,
    "amqp": 5672,
    "amqps": 5671,
    "bolt": 7687,
    "neo4j": 7687,
    "clickhouse": 8123,
}
URL = re.compile(
    r"(?<![a-z0-9+])([a-z][a-z0-9]{0,20})(?:\+[a-z0-9]{1,20})?://(?:[^\s/@\"'<>]{0,500}@)?"
    r"([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?)(?::(\d{1,5}))?(?=[/\s\"'?#,)\]}]|$)"
)
LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0"})  # noqa: S104 - compared with, not bound
HTTPS = 443
# More are no release, and each one takes far more memory than its address: one more is kept, to
# tell.
MOST = 1000


def find(components: Iterable[Component]) -> tuple[Host, ...]:
    """Hosts in the values of the fields that the editor shows, sorted, each once."""
    found: dict[tuple[str, int], Host] = {}
    for component in components:
        for field in component.fields:
            if field.is_hidden or field.is_shadowed or field.data.get("type") == "code":
                continue
            for text in sorted(texts(field.value)):
                for name, port in _in_text(text):
                    _add(found, Host(name=name, port=port, used_by=(field.use,)), field.use)
    return _sorted(found)


def merge(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """The hosts of several flows, sorted, each once with all its uses."""
    found: dict[tuple[str, int], Host] = {}
    for host in hosts:
        for use in host.used_by:
            _add(found, host, use)
    return _sorted(found)


def _sorted(found: dict[tuple[str, int], Host]) -> tuple[Host, ...]:
    return tuple(found[key] for key in sorted(found))


def _add(found: dict[tuple[str, int], Host], host: Host, use: Use) -> None:
    if len(found) > MOST and (host.name, host.port) not in found:
        return
    known = found.setdefault((host.name, host.port), host)
    if use not in known.used_by:
        found[host.name, host.port] = replace(known, used_by=(*known.used_by, use))


def _in_text(text: str) -> Iterable[tuple[str, int]]:
    if "://" not in text:
        return
    for match in URL.finditer(text):
        port = int(match[3]) if match[3] else PORTS.get(match[1])
        if port and port < 65536:
            yield match[2].lower(), port
