"""What a chart offers to those who run it for others: scale, entry, data, credentials, numbers."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from chartgen import chart
from tests import helm
from tests.sample import sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)
DATABASE = {"existingSecret": {"name": "db", "key": "url"}}
PARTS = {
    "host": "db.example.com",
    "name": "flows",
    "user": "robin",
    "password": {"existingSecret": {"name": "db", "key": "password"}},
}
IMAGE = "docker.io/library/postgres:17"
INGRESS = {"enabled": True, "hosts": [{"host": "flows.example.com"}]}
ROUTE = {"enabled": True, "parentRefs": [{"name": "gateway"}], "hostnames": ["flows.example.com"]}


def render(**changes: Any) -> helm.Objects:
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **changes})


def refusal(**changes: Any) -> str:
    return helm.refusal(FILES, {**copy.deepcopy(VALUES), **changes})


def spec(rendered: helm.Objects, kind: str = "Deployment") -> Mapping[str, Any]:
    found: Mapping[str, Any] = rendered[kind]["spec"]
    return found


def test_an_autoscaler_has_the_number_of_pods_to_itself() -> None:
    rendered = render(autoscaling={"enabled": True}, database=DATABASE)
    assert "replicas" not in spec(rendered)
    scaler = spec(rendered, "HorizontalPodAutoscaler")
    assert scaler["scaleTargetRef"]["name"] == rendered["Deployment"]["metadata"]["name"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 5)
    assert [metric["resource"]["name"] for metric in scaler["metrics"]] == ["cpu"]


@pytest.mark.parametrize(
    ("autoscaling", "words"),
    [
        ({"maxReplicas": 6}, "/autoscaling/maxReplicas"),
        ({"minReplicas": 0}, "/autoscaling/minReplicas"),
        ({"minReplicas": 4, "maxReplicas": 3}, "more than autoscaling.maxReplicas"),
    ],
)
def test_an_autoscaler_stays_within_one_and_five(autoscaling: dict[str, Any], words: str) -> None:
    assert words in refusal(autoscaling={"enabled": True, **autoscaling}, database=DATABASE)


def test_an_autoscaler_needs_a_shared_database() -> None:
    assert "autoscaling.maxReplicas above 1 needs a shared database" in refusal(
        autoscaling={"enabled": True}
    )
    render(autoscaling={"enabled": True, "minReplicas": 1, "maxReplicas": 1})


def test_an_autoscaler_without_a_target_is_refused() -> None:
    scale = {"enabled": True, "targetCPUUtilizationPercentage": None}
    assert "set autoscaling.targetCPUUtilizationPercentage" in refusal(
        autoscaling=scale, database=DATABASE
    )


@pytest.mark.parametrize(
    ("changes", "guarded"),
    [
        ({}, False),
        ({"replicaCount": 2, "database": DATABASE}, True),
        ({"autoscaling": {"enabled": True}, "database": DATABASE}, True),
        # It begins with one pod and has more under load.
        ({"autoscaling": {"enabled": True, "minReplicas": 1}, "database": DATABASE}, True),
        ({"autoscaling": {"enabled": True, "minReplicas": 1, "maxReplicas": 1}}, False),
    ],
)
def test_from_two_pods_on_a_drained_node_takes_one_at_a_time(
    changes: dict[str, Any], guarded: bool
) -> None:
    assert ("PodDisruptionBudget" in render(**changes)) is guarded
    assert "PodDisruptionBudget" not in render(**changes, podDisruptionBudget={"enabled": False})


def test_several_pods_are_spread_over_nodes_and_zones_and_a_lone_one_is_not() -> None:
    assert "topologySpreadConstraints" not in helm.pod(render())
    pod = helm.pod(render(replicaCount=2, database=DATABASE))
    keys = [rule["topologyKey"] for rule in pod["topologySpreadConstraints"]]
    assert keys == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    own = [{"maxSkew": 2, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule"}]
    pod = helm.pod(render(replicaCount=2, database=DATABASE, topologySpreadConstraints=own))
    assert pod["topologySpreadConstraints"] == own


def test_an_update_never_takes_a_pod_before_the_next_one_is_ready() -> None:
    rolling = spec(render())["strategy"]["rollingUpdate"]
    assert rolling == {"maxSurge": 1, "maxUnavailable": 0}


@pytest.mark.parametrize(
    "changes",
    [
        {"ingress": INGRESS},
        {"httpRoute": ROUTE},
        {"service": {"type": "LoadBalancer"}},
        {"service": {"type": "NodePort"}},
    ],
    ids=str,
)
def test_a_private_release_has_no_way_in_from_outside(changes: dict[str, Any]) -> None:
    assert "set networkAccess to public" in refusal(**changes)


@pytest.mark.parametrize(
    ("routes", "paths"),
    [
        ("all", ["/health", "/api/v1/run", "/api/v1/responses", "/api/v1/mcp/streamable"]),
        ("flows", ["/health", "/api/v1/run", "/api/v1/responses"]),
        ("mcp", ["/health", "/api/v1/mcp/streamable"]),
    ],
)
def test_only_the_paths_that_callers_need_are_routed(routes: str, paths: list[str]) -> None:
    rendered = render(networkAccess="public", ingress=INGRESS, httpRoute=ROUTE, routes=routes)
    (rule,) = spec(rendered, "Ingress")["rules"]
    assert rule["host"] == "flows.example.com"
    assert [path["path"] for path in rule["http"]["paths"]] == paths
    assert {path["backend"]["service"]["name"] for path in rule["http"]["paths"]} == {
        "demo-support"
    }
    (rule,) = spec(rendered, "HTTPRoute")["rules"]
    assert [match["path"]["value"] for match in rule["matches"]] == paths
    assert rule["backendRefs"] == [{"name": "demo-support", "port": 7860}]


def test_the_notes_name_the_address_that_is_routed() -> None:
    def notes(**changes: Any) -> str:
        given = {**VALUES, "networkAccess": "public", **changes}
        return helm.texts(FILES, given)["NOTES.txt"]

    tls = {**INGRESS, "tls": [{"secretName": "certificate", "hosts": ["flows.example.com"]}]}
    assert "URL=https://flows.example.com" in notes(ingress=tls)
    assert "Warning" not in notes(ingress=tls)
    assert "URL=http://flows.example.com" in notes(ingress=INGRESS)
    assert "Warning: networkAccess is public" in notes(ingress=INGRESS)
    assert "/api/v1/run" not in notes(ingress=tls, routes="mcp")
    assert "/api/v1/mcp" not in notes(ingress=tls, routes="flows")


def test_an_entry_that_leads_nowhere_is_refused() -> None:
    assert "set ingress.hosts" in refusal(networkAccess="public", ingress={"enabled": True})
    assert "set httpRoute.parentRefs" in refusal(
        networkAccess="public", httpRoute={"enabled": True}
    )


def test_a_lone_pod_keeps_what_it_remembers_in_a_claim() -> None:
    rendered = render(persistence={"enabled": True, "storageClassName": "fast", "size": "5Gi"})
    claim = spec(rendered, "PersistentVolumeClaim")
    assert claim == {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": "fast",
        "resources": {"requests": {"storage": "5Gi"}},
    }
    data = helm.pod(rendered)["volumes"][0]
    assert data == {
        "name": "writable-0",
        "persistentVolumeClaim": {"claimName": "demo-support"},
    }
    # The old pod has to let go of the claim before a new one starts.
    assert spec(rendered)["strategy"] == {"type": "Recreate"}
    rendered = render(persistence={"enabled": True, "existingClaim": "mine"})
    assert "PersistentVolumeClaim" not in rendered
    volume = helm.pod(rendered)["volumes"][0]
    assert volume["persistentVolumeClaim"] == {"claimName": "mine"}


def test_a_claim_beside_a_shared_database_is_refused() -> None:
    assert "with a shared database, leave it off" in refusal(
        persistence={"enabled": True}, database=DATABASE
    )


def test_a_database_by_its_parts_has_no_password_in_its_address() -> None:
    tls = {"mode": "verify-full", "caSecret": {"name": "db"}}
    rendered = render(database={**PARTS, "port": 6432, "tls": tls})
    env = helm.env(rendered)
    assert env["LANGFLOW_DATABASE_URL"] == (
        "postgresql://robin@db.example.com:6432/flows"
        "?sslmode=verify-full&sslrootcert=/run/chartgen/database/ca.crt"
    )
    assert env["PGPASSWORD"] == {"name": "db", "key": "password"}
    (mount,) = [
        mount
        for mount in helm.pod(rendered)["containers"][0]["volumeMounts"]
        if mount["name"] == "database-authority"
    ]
    assert (mount["mountPath"], mount["readOnly"]) == ("/run/chartgen/database", True)


def test_a_password_by_value_is_kept_in_the_secret_of_the_release() -> None:
    rendered = render(database={**PARTS, "password": {"value": "p@:/%#"}})
    data = rendered["Secret"]["data"]
    assert base64.b64decode(data["PGPASSWORD"]) == b"p@:/%#"
    assert helm.env(rendered)["PGPASSWORD"] == {"name": "demo-support", "key": "PGPASSWORD"}


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ({"host": "db"}, "with database.host set .name, .user and .password too"),
        ({**PARTS, "value": "postgresql://"}, "not both"),
        ({**PARTS, "password": {}}, "set database.password.value"),
        ({**PARTS, "name": "a?b"}, "/database/name"),
        ({**PARTS, "tls": {"mode": "prefer"}}, "/database/tls/mode"),
        ({**DATABASE, "tls": {"mode": "require"}}, "database.tls goes with the parts"),
    ],
)
def test_half_a_database_is_refused(database: dict[str, Any], words: str) -> None:
    assert words in refusal(database=database)


def test_credentials_as_files_leave_nothing_secret_in_the_environment() -> None:
    rendered = render(credentialsAs="file", database=PARTS, existingSecret="all")
    for kind in ("Deployment", "Pod"):
        assert "secretKeyRef" not in json.dumps(rendered[kind])
    pod = helm.pod(rendered)
    (volume,) = [volume for volume in pod["volumes"] if volume["name"] == "credentials"]
    files = {
        item["path"]: (source["secret"]["name"], item["key"])
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    assert files["OPENAI_API_KEY"] == ("demo-support", "OPENAI_API_KEY")
    assert files["PGPASSWORD"] == ("db", "password")
    (mount,) = [m for m in pod["containers"][0]["volumeMounts"] if m["name"] == "credentials"]
    assert mount["mountPath"] == "/run/chartgen/credentials"
    tested = rendered["Pod"]["spec"]["volumes"][0]["projected"]["sources"]
    assert [source["secret"]["items"][0]["path"] for source in tested] == ["LANGFLOW_API_KEY"]


def test_an_optional_file_may_be_missing_in_the_one_secret() -> None:
    given = {**VALUES, "credentials": {}, "existingSecret": "all", "credentialsAs": "file"}
    volumes = helm.pod(helm.objects(FILES, given))["volumes"]
    (sources,) = [v["projected"]["sources"] for v in volumes if "projected" in v]
    optional = {
        source["secret"]["items"][0]["path"]: source["secret"].get("optional", False)
        for source in sources
    }
    assert optional == {
        "LANGFLOW_API_KEY": False,
        "LANGFLOW_SECRET_KEY": False,
        "OPENAI_API_KEY": False,
        "TAVILY_API_KEY": True,
    }


def test_the_operator_makes_the_one_secret_out_of_a_store() -> None:
    store = {"name": "vault", "kind": "ClusterSecretStore"}
    external = {"enabled": True, "key": "prod/support", "secretStoreRef": store}
    rendered = render(credentials={}, externalSecret=external)
    made = spec(rendered, "ExternalSecret")
    assert made["secretStoreRef"] == store
    assert made["dataFrom"] == [{"extract": {"key": "prod/support"}}]
    assert "Secret" not in rendered
    assert helm.env(rendered)["OPENAI_API_KEY"] == {
        "name": made["target"]["name"],
        "key": "OPENAI_API_KEY",
    }
    assert "choose one" in refusal(existingSecret="all", externalSecret=external)
    assert "set externalSecret.key" in refusal(externalSecret={"enabled": True})


def test_a_backup_dumps_to_a_claim_that_outlives_the_release() -> None:
    rendered = render(database=PARTS, backup={"enabled": True, "image": IMAGE})
    job = spec(rendered, "CronJob")["jobTemplate"]["spec"]["template"]["spec"]
    (dump,) = job["containers"]
    assert "pg_dump" in dump["command"][-1]
    names = {entry["name"]: entry for entry in dump["env"]}
    assert names["PGHOST"]["value"] == "db.example.com"
    assert names["PGPASSWORD"]["valueFrom"]["secretKeyRef"]["name"] == "db"
    claim = rendered["PersistentVolumeClaim"]["metadata"]
    assert claim["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert job["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["name"]


def test_a_backup_to_a_bucket_needs_no_claim() -> None:
    bucket = {"bucket": "backups/flows", "endpoint": "http://s3:9000", "existingSecret": "s3"}
    rendered = render(
        database=PARTS, backup={"enabled": True, "image": IMAGE, "s3": {**bucket, "image": IMAGE}}
    )
    job = spec(rendered, "CronJob")["jobTemplate"]["spec"]["template"]["spec"]
    assert [one["name"] for one in (*job["initContainers"], *job["containers"])] == [
        "dump",
        "upload",
    ]
    assert "PersistentVolumeClaim" not in rendered
    assert "set backup.s3.existingSecret" in refusal(
        database=PARTS, backup={"enabled": True, "s3": {"bucket": "b"}}
    )


def test_a_backup_by_no_image_is_refused() -> None:
    bucket = {"bucket": "b", "existingSecret": "s3"}
    words = refusal(database=PARTS, backup={"enabled": True, "s3": bucket})
    assert "backup.image is empty" in words
    assert "backup.s3.image is empty" in words


def test_a_value_that_is_taken_back_is_named() -> None:
    words = refusal(networkAccess=None, metrics=None)
    assert "networkAccess is null: leave it out" in words
    assert "metrics is null" in words


def test_a_character_that_yaml_cannot_carry_is_refused() -> None:
    context = {"seLinuxOptions": {"level": "\x7f"}}
    assert "YAML cannot carry" in refusal(securityContext=context)


def test_annotations_of_the_user_never_replace_those_that_roll_the_pods() -> None:
    given = {"checksum/secret": "mine", "note": "1e3"}
    metadata = spec(render(podAnnotations=given))["template"]["metadata"]
    assert metadata["annotations"]["checksum/secret"] != "mine"
    assert metadata["annotations"]["note"] == "1e3"


def test_a_backup_of_an_address_with_a_password_is_refused() -> None:
    assert "backup needs database.host" in refusal(
        database=DATABASE, backup={"enabled": True, "image": IMAGE}
    )


def test_metrics_are_found_by_annotations_or_by_the_operator() -> None:
    assert "metrics" not in json.dumps(render())
    rendered = render(metrics={"enabled": True})
    template = spec(rendered)["template"]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == "9090"
    assert helm.env(rendered)["LANGFLOW_PROMETHEUS"] == "true"
    assert [port["name"] for port in spec(rendered, "Service")["ports"]] == ["http"]
    monitor = {"enabled": True, "labels": {"release": "prometheus"}}
    rendered = render(metrics={"enabled": True, "serviceMonitor": monitor})
    template = spec(rendered)["template"]
    assert "prometheus.io/port" not in template["metadata"]["annotations"]
    assert rendered["ServiceMonitor"]["metadata"]["labels"]["release"] == "prometheus"
    # A load balancer of the flows does not hand out numbers.
    assert [port["name"] for port in spec(rendered, "Service")["ports"]] == ["http"]
    chosen = {**copy.deepcopy(VALUES), "metrics": {"enabled": True, "serviceMonitor": monitor}}
    own = yaml.safe_load(helm.texts(FILES, chosen)["observability/service.yaml"])
    assert own["metadata"]["name"] == "demo-support-metrics"
    assert own["spec"]["type"] == "ClusterIP"
    wanted = spec(rendered, "ServiceMonitor")
    assert [port["name"] for port in own["spec"]["ports"]] == [wanted["endpoints"][0]["port"]]
    assert wanted["selector"]["matchLabels"].items() <= own["metadata"]["labels"].items()
    flows = rendered["Service"]["metadata"]["labels"]
    assert not wanted["selector"]["matchLabels"].items() <= flows.items()
    assert "need metrics: set metrics.enabled" in refusal(metrics={"serviceMonitor": monitor})


def test_alerts_and_a_dashboard_know_the_release() -> None:
    monitor, labels = {"enabled": True}, {"release": "prometheus"}
    metrics = {"enabled": True, "serviceMonitor": monitor, "dashboard": {"enabled": True}}
    rules = {"enabled": True, "labels": labels}
    rendered = render(metrics={**metrics, "prometheusRule": rules})
    (group,) = spec(rendered, "PrometheusRule")["groups"]
    assert rendered["PrometheusRule"]["metadata"]["labels"]["release"] == "prometheus"
    for rule in group["rules"]:
        assert 'namespace="prod"' in rule["expr"], rule["alert"]
        assert "demo-support" in rule["expr"], rule["alert"]
        assert rule["annotations"]["summary"].startswith("demo-support")
    # Without a shared database no pool of connections is bounded by the values.
    assert "Connections" not in "".join(rule["alert"] for rule in group["rules"])
    shared = render(metrics={**metrics, "prometheusRule": rules}, database=DATABASE)
    (group,) = spec(shared, "PrometheusRule")["groups"]
    assert len(group["rules"]) == 5
    assert "Connections" in "".join(rule["alert"] for rule in group["rules"])
    board = json.loads(rendered["ConfigMap"]["data"]["demo-support.json"])
    assert {panel["type"] for panel in board["panels"]} == {"timeseries"}
    assert rendered["ConfigMap"]["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert "needs a ServiceMonitor" in refusal(metrics={"enabled": True, "prometheusRule": rules})


def test_alerts_choose_the_pods_of_the_release_and_of_no_other() -> None:
    enabled = {"enabled": True}
    rendered = render(
        metrics={**enabled, "serviceMonitor": enabled, "prometheusRule": enabled},
    )
    (group,) = spec(rendered, "PrometheusRule")["groups"]
    asked = " ".join(rule["expr"] for rule in group["rules"])
    (pattern,) = set(re.findall(r'pod=~"([^"]+)"', asked))
    assert re.fullmatch(pattern, "demo-support-7d9c5b8f6d-x2v4q")
    assert not re.fullmatch(pattern, "demo-support-two-7d9c5b8f6d-x2v4q")


def test_traces_go_where_the_values_say() -> None:
    langfuse = {"baseUrl": "https://langfuse.example.com", "existingSecret": "langfuse"}
    otlp = {"endpoint": "http://collector:4318", "existingSecret": "otlp"}
    env = helm.env(render(tracing={"langfuse": langfuse, "otlp": otlp}))
    assert env["LANGFUSE_BASE_URL"] == "https://langfuse.example.com"
    assert env["LANGFUSE_SECRET_KEY"] == {"name": "langfuse", "key": "LANGFUSE_SECRET_KEY"}
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector:4318"
    assert env["OTEL_EXPORTER_OTLP_HEADERS"]["name"] == "otlp"
    assert "set tracing.langfuse.existingSecret" in refusal(
        tracing={"langfuse": {"baseUrl": "https://langfuse.example.com"}}
    )


@pytest.mark.parametrize(
    ("registry", "image"),
    [
        ("mirror.local:5000", "mirror.local:5000/team/support"),
        ("mirror.local/all/", "mirror.local/all/team/support"),
    ],
)
def test_one_registry_takes_the_place_of_all(registry: str, image: str) -> None:
    rendered = render(
        **{"global": {"imageRegistry": registry}},
        database=PARTS,
        backup={"enabled": True, "image": IMAGE},
    )
    assert helm.pod(rendered)["containers"][0]["image"].startswith(f"{image}:1.2.0@")
    job = spec(rendered, "CronJob")["jobTemplate"]["spec"]["template"]["spec"]
    assert job["containers"][0]["image"] == f"{registry.rstrip('/')}/library/postgres:17"


def test_annotations_for_all_stand_on_all_and_give_way_to_those_of_one() -> None:
    given = {"reloader.stakater.com/auto": "true", "team": "bots"}
    rendered = render(commonAnnotations=given, service={"annotations": {"team": "edge"}})
    kinds = {kind: one["metadata"]["annotations"] for kind, one in rendered.items()}
    assert all(one["reloader.stakater.com/auto"] == "true" for one in kinds.values())
    assert (kinds["Service"]["team"], kinds["Deployment"]["team"]) == ("edge", "bots")


def test_containers_and_objects_of_the_user_are_taken_as_they_are() -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ more }}"}}
    rendered = render(
        extraManifests=[manifest],
        initContainers=[{"name": "before", "image": "x"}],
        sidecars=[{"name": "beside", "image": "y"}],
        hostUsers=False,
    )
    assert rendered["ConfigMap"] == manifest
    pod = helm.pod(rendered)
    assert pod["initContainers"] == [{"name": "before", "image": "x"}]
    assert [one["name"] for one in pod["containers"]] == ["runtime", "beside"]
    assert pod["hostUsers"] is False


def test_a_chart_brings_values_to_begin_with() -> None:
    production = helm.values_of(FILES, "values-production.yaml")
    assert "needs a shared database" in refusal(**production)
    rendered = render(**production, database=DATABASE)
    assert "PodDisruptionBudget" in rendered
    assert "secretKeyRef" not in json.dumps(rendered["Deployment"])
    development = render(**helm.values_of(FILES, "values-development.yaml"))
    assert spec(development)["replicas"] == 1
    assert helm.env(development)["LANGFLOW_LOG_LEVEL"] == "debug"
