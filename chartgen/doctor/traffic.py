"""What goes over the wire in clear: calls, the database, traces, dumps."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from chartgen.doctor.release import Packaged
from chartgen.doctor.settings import Place, Settings
from chartgen.model import Finding

CODE = "clear-traffic"
# An annotation by which a cloud or a controller is told of a certificate.
CERTIFIED = re.compile(r"(?i)ssl|tls|cert|https|internal")
INSIDE = re.compile(r"[^.]+|.*\.(?:svc|local|internal|lan|localhost|home\.arpa)|.*\.svc\..*")
SAFE, PARTLY = "verify-full", {"require", "verify-ca"}
TRUST = "mode verify-full and a caSecret, or ?sslmode=verify-full&sslrootcert=… in an address"


def look(settings: Settings, release: Packaged) -> Iterator[Finding]:
    """What there is to say of connections from and to the pods."""
    yield from _entry(settings)
    yield from _database(settings, release)
    for place, what in (
        (("tracing", "langfuse", "baseUrl"), "what is said"),
        (("tracing", "otlp", "endpoint"), "spans and the collector's token"),
        (("backup", "s3", "endpoint"), "dumps of the database"),
    ):
        if _goes_out_in_clear(settings.text(*place)):
            message = f"{what} would cross public networks in clear"
            yield from settings.said(CODE, place, message, "take an address with https://")


def _entry(settings: Settings) -> Iterator[Finding]:
    ingress = settings.mapping("ingress")
    if ingress.get("enabled") is True and not (ingress.get("tls") or _certified(ingress)):
        yield from settings.said(
            CODE,
            ("ingress", "enabled"),
            "the Ingress has no certificate: keys and prompts arrive in clear",
            "name one in ingress.tls",
        )
    service = settings.mapping("service")
    opened = service.get("type") in ("LoadBalancer", "NodePort")
    if opened and settings.text("networkAccess") == "public" and not _certified(service):
        yield from settings.said(
            CODE,
            ("service", "type"),
            "the Service speaks HTTP to everybody outside: keys and prompts arrive in clear",
            "leave it ClusterIP, and let an Ingress or an HTTPRoute with a certificate in",
        )
    if settings.is_on("httpRoute", "enabled"):
        for number, parent in settings.items("httpRoute", "parentRefs"):
            if parent.get("sectionName") == "http" or parent.get("port") == 80:
                yield from settings.said(
                    CODE,
                    ("httpRoute", "parentRefs", number),
                    "this part of the Gateway speaks HTTP: keys and prompts arrive in clear",
                    "attach to the one with a certificate, such as sectionName: https",
                )


def _certified(group: dict[str, object]) -> bool:
    annotations = group.get("annotations")
    names = annotations if isinstance(annotations, dict) else {}
    return any(CERTIFIED.search(str(name)) for name in names)


def _database(settings: Settings, release: Packaged) -> Iterator[Finding]:
    database = settings.mapping("database")
    variable = release.app.get("database", {}).get("env")
    addresses: list[Place] = [("database", "value")]
    for number, entry in settings.items("env"):
        if entry.get("name") == variable:
            addresses.append(("env", number, "value"))
    for place in addresses:
        if address := settings.text(*place):
            yield from _trust(settings, place, _mode(address))
    if database.get("host"):
        mode = settings.text("database", "tls", "mode")
        place = ("database", "tls", "mode") if mode else ("database", "host")
        yield from _trust(settings, place, mode)


def _trust(settings: Settings, place: Place, mode: str) -> Iterator[Finding]:
    if mode == SAFE:
        return
    if mode in PARTLY:
        said = f"with {mode} another server may take the database's place"
    else:
        said = "the connection to the database may go in clear"
    yield from settings.said(CODE, place, said, f"say {TRUST}")


def _mode(address: str) -> str:
    """How the server of an address is trusted, in libpq's words; a file needs no trust."""
    try:
        parts = urlsplit(address)
        if parts.scheme.startswith("sqlite"):
            return SAFE
        return parse_qs(parts.query).get("sslmode", [""])[-1]
    except ValueError:
        return ""


def _goes_out_in_clear(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme != "http" or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not INSIDE.fullmatch(host.rstrip("."))
