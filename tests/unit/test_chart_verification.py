"""The pod of `helm test`, and the settings of the pool: what the chart renders for them."""

from __future__ import annotations

import copy
import json
from typing import Any

from chartgen import chart
from tests import helm
from tests.sample import DIGEST, sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)
POOL = "LANGFLOW_DB_CONNECTION_SETTINGS"
SHARED = {"existingSecret": {"name": "db", "key": "url"}}


def render(**changes: Any) -> helm.Objects:
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **changes})


def test_helm_test_runs_the_release_s_own_image_against_its_service() -> None:
    rendered = render(service={"port": 80})
    pod = rendered["Pod"]
    (container,) = pod["spec"]["containers"]
    assert pod["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": "before-hook-creation",
        "checkov.io/skip1": "CKV_K8S_8=it ends by itself",
        "checkov.io/skip2": "CKV_K8S_9=nobody asks it",
    }
    assert container["image"] == f"registry.example.com/team/support:1.2.0@{DIGEST}"
    assert container["command"] == [
        *("python", "/app/chartgen/verify.py", "LANGFLOW_API_KEY"),
        f"http://{rendered['Service']['metadata']['name']}:80",
    ]
    assert pod["spec"]["restartPolicy"] == "Never"


def test_the_test_pod_has_the_key_of_callers_and_no_other_secret() -> None:
    (container,) = render()["Pod"]["spec"]["containers"]
    reference = {"name": "demo-support", "key": "LANGFLOW_API_KEY"}
    assert container["env"] == [
        {"name": "LANGFLOW_API_KEY", "valueFrom": {"secretKeyRef": reference}}
    ]
    mine = {"name": "LANGFLOW_API_KEY", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
    other = {"name": "OTHER", "value": "x"}
    (container,) = render(env=[mine, other])["Pod"]["spec"]["containers"]
    assert container["env"] == [mine]
    (container,) = render(credentials={}, existingSecret="all")["Pod"]["spec"]["containers"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "all"


def test_the_test_pod_is_as_restricted_as_the_pods_of_the_release() -> None:
    rendered = render()
    spec, release = rendered["Pod"]["spec"], helm.pod(rendered)
    same = (
        "securityContext",
        "automountServiceAccountToken",
        "enableServiceLinks",
        "serviceAccountName",
    )
    assert all(spec[key] == release[key] for key in same)
    assert spec["automountServiceAccountToken"] is False
    for key in ("securityContext", "resources", "image"):
        assert spec["containers"][0][key] == release["containers"][0][key]
    with_token = render(serviceAccount={"automount": True})["Pod"]["spec"]
    assert with_token["automountServiceAccountToken"] is False


def test_no_request_is_sent_to_the_test_pod() -> None:
    rendered = render(podLabels={"team": "y"}, commonLabels={"cost": "x"})
    labels = rendered["Pod"]["metadata"]["labels"]
    assert labels["cost"] == "x"
    for selector in (
        rendered["Service"]["spec"]["selector"],
        rendered["Deployment"]["spec"]["selector"]["matchLabels"],
        rendered["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        assert not selector.items() <= labels.items()


def test_the_test_pod_may_call_where_only_some_may() -> None:
    peers = [{"podSelector": {"matchLabels": {"app": "gateway"}}}]
    rendered = render(networkPolicy={"ingressFrom": peers})
    (rule,) = rendered["NetworkPolicy"]["spec"]["ingress"]
    admitted = rule["from"][-1]["podSelector"]["matchLabels"]
    assert admitted.items() <= rendered["Pod"]["metadata"]["labels"].items()


def test_every_setting_of_the_pool_is_written_for_a_shared_database() -> None:
    assert POOL not in helm.env(render())
    assert json.loads(helm.env(render(database=SHARED))[POOL]) == {
        "pool_size": 5,
        "max_overflow": 10,
        "pool_timeout": 30,
        "pool_recycle": 1800,
        "pool_pre_ping": True,
        "echo": False,
    }
    pool = {"size": 8, "maxOverflow": 0, "prePing": False}
    given = json.loads(helm.env(render(database=SHARED, databasePool=pool))[POOL])
    assert (given["pool_size"], given["max_overflow"], given["pool_timeout"]) == (8, 0, 30)
    assert given["pool_pre_ping"] is False


def test_a_pool_that_cannot_start_a_pod_is_refused() -> None:
    wrong: list[dict[str, Any]] = [
        {"size": 1},
        {"size": None},
        {"maxOverflow": -1},
        {"timeoutSeconds": 0},
        {"sizes": 5},
    ]
    for pool in wrong:
        words = helm.refusal(FILES, {**VALUES, "databasePool": pool})
        assert "/databasePool" in words


def test_a_pod_that_has_to_end_takes_requests_until_nobody_sends_it_any() -> None:
    (container,) = helm.pod(render())["containers"]
    assert container["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    (container,) = helm.pod(render(preStopSeconds=0))["containers"]
    assert "lifecycle" not in container
