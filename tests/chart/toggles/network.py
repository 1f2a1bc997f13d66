"""Who reaches the pods, and whom they reach."""

from __future__ import annotations

from tests.chart.toggles.toggle import ANY, GONE, TEST_CONTAINER, Toggle
from tests.chart_pieces import INGRESS, ROUTE, merged

_PEER = {"podSelector": {"matchLabels": {"app": "caller"}}}
_RULE = {"ports": [{"port": 6379}], "to": [_PEER]}
_OPEN = {"networkAccess": "public"}
_ENTRY = {**_OPEN, "ingress": INGRESS}
_ROUTED = {**_OPEN, "httpRoute": ROUTE}
_OTHERS = "Ingress spec rules 0 http paths"
_MAIL = [{"host": "mail.example.com", "port": 587}]

NETWORK = {
    "networkAccess": Toggle("public", {"NetworkPolicy spec ingress 0 from": GONE}),
    "networkPolicy.enabled": Toggle(False, {"NetworkPolicy": GONE, "NetworkPolicy-test": GONE}),
    "networkPolicy.ingressFrom": Toggle(
        [_PEER],
        {
            "NetworkPolicy spec ingress 0 from 0 namespaceSelector": GONE,
            "NetworkPolicy spec ingress 0 from 0 podSelector": _PEER["podSelector"],
            # The pod of `helm test` calls, too.
            "NetworkPolicy spec ingress 0 from 1": ANY,
        },
    ),
    "networkPolicy.extraEgress": Toggle([_RULE], {"NetworkPolicy spec egress 2": _RULE}),
    "networkPolicy.egress": Toggle(
        _MAIL, {"NetworkPolicy spec egress 1 ports 1": {"port": 587, "protocol": "TCP"}}
    ),
    "networkPolicy.privateNetworks": Toggle(
        True,
        {
            "NetworkPolicy spec egress 1 to 0 ipBlock": GONE,
            "NetworkPolicy spec egress 1 to 0 namespaceSelector": {},
            "NetworkPolicy spec egress 1 to 1 ipBlock *": ANY,
            "NetworkPolicy spec egress 1 to 2": ANY,
        },
    ),
    "networkPolicy.egressByName": Toggle(
        "cilium",
        {
            "CiliumNetworkPolicy": ANY,
            "NetworkPolicy spec egress": GONE,
            "NetworkPolicy spec policyTypes 1": GONE,
        },
        {"networkPolicy": {"egress": _MAIL}},
    ),
    "service.type": Toggle("LoadBalancer", {"Service spec type": "LoadBalancer"}, _OPEN),
    "service.port": Toggle(
        80,
        {
            "Service spec ports http port": 80,
            f"{TEST_CONTAINER} command 3": "http://demo-support:80",
        },
    ),
    "service.annotations": Toggle({"a": "08"}, {"Service metadata annotations a": "08"}),
    "routes": Toggle(
        "mcp",
        {
            f"{_OTHERS} 1 path": "/api/v1/mcp/streamable",
            f"{_OTHERS} [23]": GONE,
            "HTTPRoute spec rules 0 matches 1 path value": "/api/v1/mcp/streamable",
            "HTTPRoute spec rules 0 matches [23]": GONE,
        },
        {**_ENTRY, **_ROUTED},
    ),
    "ingress.enabled": Toggle(
        True, {"Ingress": ANY}, merged(_ENTRY, {"ingress": {"enabled": False}})
    ),
    "ingress.className": Toggle("other", {"Ingress spec ingressClassName": "other"}, _ENTRY),
    "ingress.annotations": Toggle(
        {"a": "08"}, {"Ingress metadata annotations": {"a": "08"}}, _ENTRY
    ),
    "ingress.hosts": Toggle(
        [{"host": "other.example.com"}], {"Ingress spec rules 0 host": "other.example.com"}, _ENTRY
    ),
    "ingress.tls": Toggle(
        [{"secretName": "other", "hosts": ["flows.example.com"]}],
        {"Ingress spec tls 0 secretName": "other"},
        _ENTRY,
    ),
    "httpRoute.enabled": Toggle(
        True, {"HTTPRoute": ANY}, merged(_ROUTED, {"httpRoute": {"enabled": False}})
    ),
    "httpRoute.annotations": Toggle(
        {"a": "08"}, {"HTTPRoute metadata annotations": {"a": "08"}}, _ROUTED
    ),
    "httpRoute.parentRefs": Toggle(
        [{"name": "other"}],
        {"HTTPRoute spec parentRefs gateway": GONE, "HTTPRoute spec parentRefs other": ANY},
        _ROUTED,
    ),
    "httpRoute.hostnames": Toggle(
        ["other.example.com"], {"HTTPRoute spec hostnames 0": "other.example.com"}, _ROUTED
    ),
}
