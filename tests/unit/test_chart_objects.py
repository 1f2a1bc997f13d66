"""What a chart puts into a cluster."""

from __future__ import annotations

import copy
from typing import Any

import helm_python
import kubernetes_validate  # type: ignore[import-untyped] # it has no types
import pytest

from chartgen import chart
from tests import helm
from tests.sample import DIGEST, sample_app, sample_image

FILES = chart.build(sample_app(), sample_image(), display_name="Support desk").files
VALUES = helm.values_of(FILES)
OTHERS: list[dict[str, Any]] = [
    {},
    {"networkAccess": "public", "service": {"type": "LoadBalancer", "annotations": {"a": "b"}}},
    {"existingSecret": "all", "database": {"existingSecret": {"name": "db", "key": "url"}}},
    {
        "env": [{"name": "TZ", "value": "UTC"}],
        "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "volumes": [{"name": "cache", "emptyDir": {}}],
        "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"podAntiAffinity": {}},
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "priorityClassName": "high",
        "podLabels": {"team": "y"},
        "podAnnotations": {"note": "1e3"},
        "commonLabels": {"cost": "08"},
        "serviceAccount": {"annotations": {"role": "x"}},
        "livenessProbe": {"exec": {"command": ["true"]}},
    },
]


def render(**changes: Any) -> helm.Objects:
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **changes})


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("changes", OTHERS, ids=["default", "public", "secrets", "everything"])
def test_every_object_is_valid_for_kubernetes(version: str, changes: dict[str, Any]) -> None:
    for document in render(**changes).values():
        kubernetes_validate.validate(document, version, strict=True)


def test_the_default_pod_meets_the_restricted_standard() -> None:
    rendered = render()
    pod = helm.pod(rendered)
    (container,) = pod["containers"]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert rendered["ServiceAccount"]["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert [list(volume) for volume in pod["volumes"]] == [["name", "emptyDir"]] * 2


def test_the_container_runs_the_pinned_image_with_limits_and_three_probes() -> None:
    (container,) = helm.pod(render())["containers"]
    assert container["image"] == f"registry.example.com/team/support:1.2.0@{DIGEST}"
    assert container["resources"] == {
        "requests": {"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "256Mi"},
        "limits": {"cpu": "1000m", "memory": "1Gi", "ephemeral-storage": "2Gi"},
    }
    probes = [container[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")]
    assert [probe["httpGet"]["path"] for probe in probes] == ["/healthz", "/healthz", "/health"]
    assert {probe["httpGet"]["port"] for probe in probes} == {"http"}
    assert probes[0]["periodSeconds"] * probes[0]["failureThreshold"] >= 180
    assert container["command"][-1] == "--backend-only"
    assert container["ports"] == [{"name": "http", "containerPort": 7860, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("tag", "digest", "image"),
    [
        ("2.0", "", ":2.0"),
        ("", DIGEST, f"@{DIGEST}"),
        ("2.0", DIGEST, f":2.0@{DIGEST}"),
        ("", "", ":1.2.0"),
    ],
)
def test_an_image_is_named_by_tag_and_digest(tag: str, digest: str, image: str) -> None:
    (container,) = helm.pod(render(image={"tag": tag, "digest": digest}))["containers"]
    assert container["image"] == f"registry.example.com/team/support{image}"


def test_no_selector_holds_a_version() -> None:
    rendered = render(commonLabels={"cost": "x"}, podLabels={"team": "y", "cost": "z"})
    wanted = {"app.kubernetes.io/name": "support", "app.kubernetes.io/instance": "demo"}
    assert rendered["Deployment"]["spec"]["selector"]["matchLabels"] == wanted
    assert rendered["Service"]["spec"]["selector"] == wanted
    assert rendered["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == wanted
    labels = rendered["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert wanted.items() <= labels.items()
    assert (labels["cost"], labels["team"]) == ("x", "y")


def test_a_long_release_name_leaves_room_for_a_suffix() -> None:
    rendered = helm.objects(FILES, VALUES, name="a" * 53)
    names = {document["metadata"]["name"] for document in rendered.values()}
    assert names == {"a" * 52, "a" * 52 + "-test"}
    assert helm.objects(FILES, VALUES, name="my-support")["Service"]["metadata"]["name"] == (
        "my-support"
    )


def test_a_mount_of_the_user_takes_the_place_of_a_writable_path() -> None:
    rendered = render(
        volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
        volumeMounts=[{"name": "data", "mountPath": "/app/data"}],
    )
    mounts = helm.pod(rendered)["containers"][0]["volumeMounts"]
    assert mounts == [
        {"name": "writable-1", "mountPath": "/tmp"},  # noqa: S108 - a path in a container
        {"name": "data", "mountPath": "/app/data"},
    ]


def test_a_probe_of_the_user_replaces_the_handler_and_keeps_the_timings() -> None:
    probe = {"tcpSocket": {"port": "http"}, "periodSeconds": 1}
    (container,) = helm.pod(render(livenessProbe=probe, startupProbe=None))["containers"]
    assert container["livenessProbe"] == {**probe, "timeoutSeconds": 10, "failureThreshold": 6}
    assert "startupProbe" not in container


def test_a_service_account_may_be_brought_along() -> None:
    rendered = render(serviceAccount={"create": False, "name": "mine", "automount": True})
    assert "ServiceAccount" not in rendered
    assert helm.pod(rendered)["serviceAccountName"] == "mine"
    assert helm.pod(rendered)["automountServiceAccountToken"] is True
    assert helm.pod(render(serviceAccount={"create": False}))["serviceAccountName"] == "default"


def test_openshift_gives_the_pods_their_user_and_answers_names_on_its_own_port() -> None:
    rendered = helm.objects(FILES, VALUES, api_versions=["security.openshift.io/v1"])
    assert helm.pod(rendered)["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    ports = rendered["NetworkPolicy"]["spec"]["egress"][0]["ports"]
    assert [rule["port"] for rule in ports] == [53, 53, 5353, 5353]


def test_a_name_that_looks_like_a_number_stays_a_text_and_names_no_service() -> None:
    rendered = helm.objects(FILES, {**VALUES, "fullnameOverride": "e3"}, name="1e3")
    assert {document["metadata"]["name"] for document in rendered.values()} == {"e3", "e3-test"}
    labels = {one["metadata"]["labels"]["app.kubernetes.io/instance"] for one in rendered.values()}
    assert labels == {"1e3"}
    with pytest.raises(helm_python.HelmError, match="does not begin with a letter"):
        helm.objects(FILES, VALUES, name="1e3")
