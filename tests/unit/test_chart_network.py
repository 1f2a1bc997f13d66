"""Who reaches a release, whom it reaches, and what its notes say."""

from __future__ import annotations

import copy
from typing import Any

from chartgen import chart
from tests import helm
from tests.sample import sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)


def render(**changes: Any) -> helm.Objects:
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **changes})


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


def test_a_pod_reaches_names_https_and_postgres_but_no_metadata_service() -> None:
    extra = [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]
    spec = render(networkPolicy={"extraEgress": extra})["NetworkPolicy"]["spec"]
    names, web, mine = spec["egress"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert [(rule["port"], rule["protocol"]) for rule in names["ports"]] == [
        (53, "UDP"),
        (53, "TCP"),
    ]
    assert [rule["port"] for rule in web["ports"]] == [443, 5432]
    assert web["to"][1]["ipBlock"] == {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}
    assert mine == extra[0]
    assert "NetworkPolicy" not in render(networkPolicy={"enabled": False})


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
