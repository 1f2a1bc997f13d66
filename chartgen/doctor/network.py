"""Who may reach the pods, and what they may reach."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from chartgen.doctor.settings import Place, Settings
from chartgen.model import Finding

CODE = "open-network"
# Where clouds hand out the credentials of a node to whoever asks.
METADATA = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))
NARROW = "name the addresses, and except 169.254.0.0/16"


def look(settings: Settings) -> Iterator[Finding]:
    """What there is to say of the network policy."""
    if settings.get("networkPolicy", "enabled") is False:
        yield from settings.said(
            CODE,
            ("networkPolicy", "enabled"),
            "there is no network policy: pods reach everything, a cloud's metadata among it, and "
            "are reached by everybody",
            "leave it on, and open what is missing with networkPolicy.egress or extraEgress",
        )
        return
    if settings.is_on("networkPolicy", "privateNetworks"):
        yield from settings.said(
            CODE,
            ("networkPolicy", "privateNetworks"),
            "flows reach private networks and every pod of the cluster",
            "list what they need under networkPolicy.egress",
        )
    for number, rule in settings.items("networkPolicy", "extraEgress"):
        yield from _egress(settings, ("networkPolicy", "extraEgress", number), rule)
    for number, item in settings.items("extraManifests"):
        for inner, rule in settings.items("extraManifests", number, "spec", "egress"):
            if item.get("kind") == "NetworkPolicy":
                place = ("extraManifests", number, "spec", "egress", inner)
                yield from _egress(settings, place, rule)
    yield from _ingress(settings)


def _ingress(settings: Settings) -> Iterator[Finding]:
    is_public = settings.text("networkAccess") == "public"
    if is_public and not settings.get("networkPolicy", "ingressFrom"):
        yield from settings.said(
            CODE,
            ("networkAccess",),
            "every pod and everybody outside may ask the pods, not the way in alone",
            "name the pods of the gateway in networkPolicy.ingressFrom",
            level="info",
        )
    for number, peer in settings.items("networkPolicy", "ingressFrom"):
        if not is_public and any(_is_all(one) for one in _blocks([peer])):
            yield from settings.said(
                CODE,
                ("networkPolicy", "ingressFrom", number),
                "everybody may ask the pods, though networkAccess is private",
                "name pods or the networks of callers",
            )


def _egress(settings: Settings, place: Place, rule: dict[str, Any]) -> Iterator[Finding]:
    to = rule.get("to")
    peers = [one for one in to if isinstance(one, dict)] if isinstance(to, list) else []
    if not to:
        said = "this rule opens everything, the metadata services of clouds among it"
    elif any(_reaches_metadata(block) for block in _blocks(peers)):
        said = "this rule opens the metadata services of clouds, which hand out credentials"
    else:
        return
    yield from settings.said(CODE, place, said, NARROW)


def _blocks(peers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for peer in peers:
        block = peer.get("ipBlock")
        if isinstance(block, dict):
            yield block


def _reaches_metadata(block: dict[str, Any]) -> bool:
    excepted = block.get("except")
    left_out = [_network(one) for one in (excepted if isinstance(excepted, list) else ())]
    network = _network(block.get("cidr"))
    return any(
        _holds(network, address) and not any(_holds(one, address) for one in left_out)
        for address in METADATA
    )


def _is_all(block: dict[str, Any]) -> bool:
    network = _network(block.get("cidr"))
    return network is not None and network.prefixlen == 0


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: object) -> Network | None:
    try:
        return ipaddress.ip_network(str(text), strict=False)
    except ValueError:
        return None


def _holds(network: Network | None, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return network is not None and address.version == network.version and address in network
