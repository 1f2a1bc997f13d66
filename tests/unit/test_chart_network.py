"""Who reaches a release, whom it reaches, and what its notes say."""

from __future__ import annotations

import copy
from typing import Any

from chartgen import chart
from tests import helm
from tests.sample import sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)
# Alibaba, Azure, most clouds, Oracle.
METADATA = ["100.100.100.200/32", "168.63.129.16/32", "169.254.0.0/16", "192.0.0.192/32"]
PARTS = {"host": "db", "name": "x", "user": "y", "password": {"value": "z"}}


def render(**changes: Any) -> helm.Objects:
    # The sample's flows name api.openai.com.
    policy = {"networkPolicy": {"egress": [], **changes.pop("networkPolicy", {})}}
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **policy, **changes})


def test_only_the_cluster_calls_a_private_release() -> None:
    (rule,) = render()["NetworkPolicy"]["spec"]["ingress"]
    assert rule == {
        "ports": [{"port": "http", "protocol": "TCP"}],
        "from": [{"namespaceSelector": {}}],
    }
    peers = [{"podSelector": {"matchLabels": {"app": "gateway"}}}]
    (rule,) = render(networkPolicy={"ingressFrom": peers})["NetworkPolicy"]["spec"]["ingress"]
    assert rule["from"][:-1] == peers


def test_everybody_calls_a_public_release() -> None:
    (rule,) = render(networkAccess="public")["NetworkPolicy"]["spec"]["ingress"]
    assert rule == {"ports": [{"port": "http", "protocol": "TCP"}]}


def egress(**changes: Any) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = render(**changes)["NetworkPolicy"]["spec"]["egress"]
    return rules


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def ranges(rule: dict[str, Any]) -> dict[str, list[str]]:
    blocks = (peer.get("ipBlock") for peer in rule["to"])
    return {block["cidr"]: block["except"] for block in blocks if block}


def test_a_pod_reaches_names_and_https_in_public_and_nothing_private() -> None:
    names, web = egress()
    assert [(port["port"], port["protocol"]) for port in names["ports"]] == [
        (53, "UDP"),
        (53, "TCP"),
    ]
    assert ports(web) == [443]
    assert ranges(web) == {
        "0.0.0.0/0": [
            "10.0.0.0/8",
            "100.64.0.0/10",
            "168.63.129.16/32",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.192/32",
            "192.168.0.0/16",
        ],
        "::/0": ["fc00::/7", "fe80::/10"],
    }


def test_private_networks_are_open_when_asked_for_and_metadata_services_never() -> None:
    _, web = egress(networkPolicy={"privateNetworks": True})
    assert {"namespaceSelector": {}} in web["to"]
    assert ranges(web) == {
        "0.0.0.0/0": METADATA,
        "::/0": ["fd00:ec2::254/128", "fd20:ce::254/128", "fe80::/10"],
    }


def test_a_shared_database_is_reached_wherever_it_is_and_without_one_its_port_is_closed() -> None:
    _, _, database = egress(database={"value": "postgresql://db"})
    assert ports(database) == [5432]
    assert {"namespaceSelector": {}} in database["to"]
    assert ranges(database)["0.0.0.0/0"] == METADATA
    _, _, database = egress(database={**PARTS, "port": 6432})
    assert ports(database) == [6432]


def test_a_host_that_a_flow_names_opens_its_port_and_no_more_than_needed() -> None:
    named = [
        {"host": "smtp.example.com", "port": 587},
        {"host": "10.1.2.3", "port": 8080},
        {"host": "ollama.ai.svc.cluster.local", "port": 11434},
        {"host": "neighbour", "port": 9200},
    ]
    _, web, address, service, neighbour = egress(networkPolicy={"egress": named})
    assert ports(web) == [443, 587]
    assert (ports(address), address["to"]) == ([8080], [{"ipBlock": {"cidr": "10.1.2.3/32"}}])
    labels = {"kubernetes.io/metadata.name": "ai"}
    assert (ports(service), service["to"]) == (
        [11434],
        [{"namespaceSelector": {"matchLabels": labels}}],
    )
    labels = {"kubernetes.io/metadata.name": "prod"}
    assert (ports(neighbour), neighbour["to"]) == (
        [9200],
        [{"namespaceSelector": {"matchLabels": labels}}],
    )


def test_the_servers_that_traces_go_to_are_reached() -> None:
    tracing = {
        "langfuse": {"baseUrl": "http://langfuse.tools.svc:3000", "existingSecret": "langfuse"},
        "otlp": {"endpoint": "https://otel.example.com:4318/v1"},
    }
    _, web, langfuse = egress(tracing=tracing)
    assert (ports(web), ports(langfuse)) == ([443, 4318], [3000])


def test_rules_of_the_user_are_added_and_the_policy_can_be_left_out() -> None:
    extra = [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]
    assert egress(networkPolicy={"extraEgress": extra})[-1] == extra[0]
    assert "NetworkPolicy" not in render(networkPolicy={"enabled": False})


def test_cilium_lets_pods_out_by_the_names_of_hosts() -> None:
    named = [
        {"host": "*.openai.com", "port": 443},
        {"host": "smtp.example.com", "port": 587},
        {"host": "ollama.ai.svc", "port": 11434},
        {"host": "10.1.2.3", "port": 8080},
    ]
    rendered = render(networkPolicy={"egressByName": "cilium", "egress": named})
    assert rendered["NetworkPolicy"]["spec"]["policyTypes"] == ["Ingress"]
    assert "egress" not in rendered["NetworkPolicy"]["spec"]
    names, *others = rendered["CiliumNetworkPolicy"]["spec"]["egress"]
    assert names["toPorts"][0]["rules"] == {"dns": [{"matchPattern": "*"}]}
    assert [
        (rule.get("toFQDNs") or rule.get("toEndpoints") or rule["toCIDR"]) for rule in others
    ] == [
        [{"matchPattern": "*.openai.com"}],
        [{"matchName": "smtp.example.com"}],
        [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "ai"}}],
        ["10.1.2.3/32"],
    ]
    asked = [rule["toPorts"][0]["ports"][0]["port"] for rule in others]
    assert asked == ["443", "587", "11434", "8080"]


def test_peers_that_are_named_are_the_only_ones_even_of_a_public_release() -> None:
    peers = [{"namespaceSelector": {"matchLabels": {"name": "gateway"}}}]
    rendered = render(networkAccess="public", networkPolicy={"ingressFrom": peers})
    (rule,) = rendered["NetworkPolicy"]["spec"]["ingress"]
    assert rule["from"][:-1] == peers


def test_the_notes_hold_a_call_for_every_flow_and_no_secret() -> None:
    notes = helm.texts(FILES, VALUES)["NOTES.txt"]
    assert "kubectl port-forward service/demo-support 7860:7860 --namespace prod" in notes
    assert "get secret demo-support" in notes
    assert "jsonpath={.data.LANGFLOW_API_KEY}" in notes
    for endpoint in ("support-bot", "ticket-triage"):
        assert f'curl "$URL/api/v1/run/{endpoint}" --header "x-api-key: $API_KEY"' in notes
    assert "$URL/api/v1/mcp/streamable" in notes
    assert "Warning" not in notes
    assert not any(given["value"] in notes for given in VALUES["credentials"].values())
    public = helm.texts(FILES, {**VALUES, "networkAccess": "public"})["NOTES.txt"]
    assert "Warning: networkAccess is public" in public
    assert "port-forward" not in public
