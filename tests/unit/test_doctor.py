"""Which values weaken a release: `chartgen doctor` on the release of an example flow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chartgen import doctor
from chartgen.model import Finding
from tests import cli as terminal
from tests.chart_pieces import EVERYTHING, PARTS

Values = dict[str, Any]
STRONG = "Zq8rT2vXb91LmN4cWy7KpD3sHf6G"
FULL = "sha256:" + "7" * 64
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    with pytest.MonkeyPatch.context() as patch:
        terminal.settle(folder, patch)
        terminal.add("signed-webhook.json")
        image = f"registry.example.com/team/bots@{FULL}"
        return (folder / terminal.release("--image", image)).resolve()


Examine = Callable[..., list[Finding]]


@pytest.fixture
def examine(release: Path, tmp_path: Path) -> Examine:
    """What the doctor says of values, a file each; infos are left out unless asked for."""

    def examined(*values: Values, infos: bool = False) -> list[Finding]:
        files = []
        for number, one in enumerate(values):
            file = tmp_path / f"{number}.yaml"
            file.write_text(json.dumps(one))
            files.append(file)
        found = doctor.examine(release, files, "2026-11-28").findings
        return [one for one in found if infos or one.level != "info"]

    return examined


def env(name: str, value: str = "", **more: Any) -> Values:
    return {"env": [{"name": name, **({"value": value} if value else {}), **more}]}


def container(**context: Any) -> Values:
    return {"securityContext": context}


# Values that weaken, the place that is named, and a word of what is said.
WEAK: list[tuple[Values, str, str]] = [
    (env("LANGFLOW_AUTO_LOGIN", "True"), "$.env[0].value", "without a login"),
    (env("langflow_auto_login", "on"), "$.env[0].value", "without a login"),
    (env("LANGFLOW_SKIP_AUTH_AUTO_LOGIN", "1"), "$.env[0].value", "without a key"),
    (env("LANGFLOW_TWEAKS_POLICY", "permissive"), "$.env[0].value", "callers change"),
    (env("LANGFLOW_SSRF_PROTECTION_ENABLED", "false"), "$.env[0].value", "metadata"),
    (env("LANGFLOW_SSRF_ALLOWED_HOSTS", "a.example.com,0.0.0.0/0"), "$.env[0].value", "gap"),
    (env("LANGFLOW_SSRF_ALLOWED_HOSTS", "169.254.169.0/24"), "$.env[0].value", "gap"),
    (env("LANGFLOW_PROVIDER_CREDENTIAL_ALLOWED_HOSTS", "*.com"), "$.env[0].value", "providers"),
    (env("LANGFLOW_ENABLE_SIGNUP", "yes"), "$.env[0].value", "himself a user"),
    (env("LANGFLOW_CORS_ALLOW_CREDENTIALS", "true"), "$.env[0].value", "other sites"),
    (env("LANGFLOW_RATE_LIMIT_ENABLED", "0"), "$.env[0].value", "without a limit"),
    (env("LANGFLOW_WEBHOOK_AUTH_ENABLE", "off"), "$.env[0].value", "webhooks"),
    (env("LANGFLOW_STORE_ENVIRONMENT_VARIABLES", "true"), "$.env[0].value", "database"),
    (env("LANGFLOW_RESTRICT_LOCAL_FILE_ACCESS", "false"), "$.env[0].value", "files of the pod"),
    (env("LANGFLOW_LOG_LEVEL", "debug"), "$.env[0].value", "prompts"),
    (env("LANGFLOW_LOG_LEVELS", "httpx=INFO"), "$.env[0].value", "a key in them"),
    (env("LANGFLOW_MCP_SERVERS_LOCKED", "false"), "$.env[0].value", "MCP servers"),
    (env("PYTHONPATH", "/tmp/code"), "$.env[0].value", "loads code"),  # noqa: S108
    (env("OPENAI_API_KEY", STRONG), "$.env[0].value", "in clear"),
    (env("HTTPS_PROXY", f"http://u:{STRONG}@proxy:1"), "$.env[0].value", "in clear"),
    ({"logLevel": "debug"}, "$.logLevel", "prompts"),
    ({"networkPolicy": {"enabled": False}}, "$.networkPolicy.enabled", "no network policy"),
    ({"networkPolicy": {"privateNetworks": True}}, "$.networkPolicy.privateNetworks", "private"),
    (
        {"networkPolicy": {"extraEgress": [{"ports": [{"port": 22}]}]}},
        "$.networkPolicy.extraEgress[0]",
        "everything",
    ),
    (
        {"networkPolicy": {"extraEgress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}},
        "$.networkPolicy.extraEgress[0]",
        "hand out credentials",
    ),
    (
        {"networkPolicy": {"ingressFrom": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}},
        "$.networkPolicy.ingressFrom[0]",
        "private",
    ),
    (
        {
            "networkAccess": "public",
            "ingress": {"enabled": True, "hosts": [{"host": "a.example.com"}]},
        },
        "$.ingress.enabled",
        "no certificate",
    ),
    (
        {"networkAccess": "public", "service": {"type": "LoadBalancer"}},
        "$.service.type",
        "in clear",
    ),
    (
        {
            "networkAccess": "public",
            "httpRoute": {"enabled": True, "parentRefs": [{"name": "g", "sectionName": "http"}]},
        },
        "$.httpRoute.parentRefs[0]",
        "in clear",
    ),
    (
        {"tracing": {"langfuse": {"baseUrl": "http://l.example.com", "existingSecret": "l"}}},
        "$.tracing.langfuse.baseUrl",
        "public networks",
    ),
    ({"database": {**PARTS, "tls": {"mode": "require"}}}, "$.database.tls.mode", "another server"),
    (
        {"database": {key: one for key, one in PARTS.items() if key != "tls"}},
        "$.database.host",
        "may go in clear",
    ),
    (
        {"database": {"value": f"postgresql://u:{STRONG}@db/x?sslmode=disable"}},
        "$.database.value",
        "may go in clear",
    ),
    ({"image": {"digest": ""}}, "$.image.digest", "not pinned"),
    ({"image": {"digest": None}}, "$.image.digest", "not pinned"),
    ({"resources": None}, "$.resources.limits.memory", "all memory"),
    ({"resources": {"limits": {"memory": None}}}, "$.resources.limits.memory", "all memory"),
    ({"serviceAccount": {"automount": True}}, "$.serviceAccount.automount", "cluster's API"),
    ({"volumes": [{"name": "a", "hostPath": {"path": "/"}}]}, "$.volumes[0].hostPath", "node"),
    (container(runAsUser=0), "$.securityContext.runAsUser", "as root"),
    (container(privileged=True), "$.securityContext.privileged", "privileged"),
    (
        container(allowPrivilegeEscalation=True),
        "$.securityContext.allowPrivilegeEscalation",
        "gain rights",
    ),
    (container(capabilities={"drop": []}), "$.securityContext.capabilities", "keeps"),
    (container(capabilities={"add": ["SYS_ADMIN"]}), "$.securityContext.capabilities", "SYS_ADMIN"),
    (
        container(readOnlyRootFilesystem=False),
        "$.securityContext.readOnlyRootFilesystem",
        "its own programs",
    ),
    (
        {"podSecurityContext": {"seccompProfile": {"type": "Unconfined"}}},
        "$.podSecurityContext.seccompProfile",
        "the kernel",
    ),
    ({"podSecurityContext": None}, "$.podSecurityContext.seccompProfile", "the kernel"),
    (
        {"sidecars": [{"name": "s", "image": "s", "securityContext": {"privileged": True}}]},
        "$.sidecars[0].securityContext",
        "privileged",
    ),
    ({"extraManifests": [{"kind": "ClusterRoleBinding"}]}, "$.extraManifests[0]", "rights"),
    ({"extraManifests": [{"kind": "Secret", "data": {"a": "b"}}]}, "$.extraManifests[0]", "base64"),
    (
        {
            "extraManifests": [
                {
                    "kind": "DaemonSet",
                    "spec": {"template": {"spec": {"hostNetwork": True, "containers": []}}},
                }
            ]
        },
        "$.extraManifests[0].spec.template.spec.hostNetwork",
        "node",
    ),
    ({"backup": {"image": "postgres:17"}}, "$.backup.image", "not pinned"),
]


@pytest.mark.parametrize(
    ("values", "at", "words"), WEAK, ids=[f"{at} {words}" for _, at, words in WEAK]
)
def test_a_value_that_weakens_is_told_with_its_place(
    values: Values, at: str, words: str, examine: Examine
) -> None:
    found = [one for one in examine(values) if one.at == at and words in one.message]
    assert found, examine(values)
    assert {one.level for one in found} == {"warning"}
    assert all(one.file.endswith("0.yaml") and one.fix for one in found)
    assert STRONG not in str(examine(values, infos=True))


FINE: list[Values] = [
    {},
    env("LANGFLOW_AUTO_LOGIN", "false"),
    env("LANGFLOW_TWEAKS_POLICY", "off"),
    env("LANGFLOW_ALLOW_CUSTOM_COMPONENTS", "true"),
    env("LANGFLOW_SSRF_ALLOWED_HOSTS", "ollama.ai.svc,10.1.2.3"),
    env("LANGFLOW_LOG_LEVELS", "httpx=ERROR,lfx=INFO"),
    env("TZ", "UTC"),
    env("OPENAI_API_KEY", valueFrom={"secretKeyRef": {"name": "a", "key": "b"}}),
    {"logLevel": "info"},
    {"resources": {"limits": {"cpu": None}}},
    {"networkPolicy": {"extraEgress": [{"to": [{"podSelector": {}}]}]}},
    {
        "networkPolicy": {
            "extraEgress": [
                {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}}]},
                {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
            ]
        }
    },
    {"tracing": {"otlp": {"endpoint": "http://collector.tools.svc:4318"}}},
    {"tracing": {"otlp": {"endpoint": "http://10.1.2.3:4318"}}},
    {"database": {"value": f"postgresql://u:{STRONG}@db/x?sslmode=verify-full"}},
    {"database": {"existingSecret": {"name": "a"}}},
    {
        "networkAccess": "public",
        "service": {"type": "LoadBalancer", "annotations": {"cloud/ssl-cert": "arn"}},
    },
    container(runAsUser=2000),
    container(capabilities={"add": ["NET_BIND_SERVICE"]}),
    {"extraManifests": [{"kind": "ConfigMap", "data": {"a": "b"}}]},
]


@pytest.mark.parametrize("values", FINE, ids=range(len(FINE)))
def test_a_value_that_weakens_nothing_is_let_be(values: Values, examine: Examine) -> None:
    assert examine(values) == []


def test_a_number_out_of_bounds_is_told_with_the_bound(examine: Examine) -> None:
    for number, words in ((6, "this is more than 5"), (0, "this is less than 1")):
        (found,) = examine({"replicaCount": number})
        assert (found.at, found.message) == ("$.replicaCount", words)


def test_all_that_the_chart_offers_at_once_weakens_nothing(examine: Examine) -> None:
    assert examine(EVERYTHING) == []


def test_the_charts_own_files_of_values_are_judged_as_they_are_meant(
    release: Path, tmp_path: Path
) -> None:
    def said(name: str) -> list[str]:
        file = tmp_path / "values.yaml"
        file.write_bytes(terminal.chart(str(release.parent / "bots-1.0.0.tgz"))[name])
        found = doctor.examine(release, [file], "2026-11-28").findings
        return [one.at for one in found if one.level != "info"]

    assert said("values.yaml") == []
    assert said("values-production.yaml") == []
    assert said("values-development.yaml") == ["$.logLevel", "$.networkPolicy.privateNetworks"]
    assert set(said("ci/test-values.yaml")) == {
        f"$.credentials.{name}.value"
        for name in (
            *("ACME_SIGNING_KEY", "LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY"),
            "LANGFLOW_SUPERUSER_PASSWORD",
        )
    }


def test_the_later_file_wins_and_is_the_one_that_is_named(examine: Examine) -> None:
    weak, strong = {"networkPolicy": {"enabled": False}}, {"networkPolicy": {"enabled": True}}
    assert examine(weak, strong) == []
    (finding,) = examine(strong, weak)
    assert finding.file.endswith("1.yaml")
    assert (
        examine({"securityContext": {"runAsUser": 0}}, {"securityContext": {"runAsUser": 2}}) == []
    )
    # A list is replaced as a whole, and a null takes back what was set before.
    assert examine(env("LANGFLOW_AUTO_LOGIN", "true"), {"env": []}) == []
    assert examine({"volumes": [{"hostPath": {"path": "/"}}]}, {"volumes": None}) == []


def test_truths_are_read_as_helm_reads_them(release: Path, tmp_path: Path) -> None:
    file = tmp_path / "values.yaml"
    file.write_text("networkPolicy: {enabled: off}\nserviceAccount: {automount: yes}\n")
    found = doctor.examine(release, [file], "").findings
    assert {one.at for one in found if one.level != "info"} == {
        "$.networkPolicy.enabled",
        "$.serviceAccount.automount",
    }


def test_credentials_in_a_file_are_told_once_and_weak_ones_by_name_alone(examine: Examine) -> None:
    def given(**values: str) -> Values:
        return {"credentials": {name: {"value": value} for name, value in values.items()}}

    strong = given(LANGFLOW_API_KEY=STRONG, ACME_SIGNING_KEY=STRONG[::-1])
    (finding,) = [one for one in examine(strong, infos=True) if one.code == "clear-secret"]
    assert finding.level == "info"
    assert "ACME_SIGNING_KEY, LANGFLOW_API_KEY" in finding.message
    for weak, reason in (
        ("aaaaaaaaaaaaaaaaaaaaaa", "different characters"),
        ("my-langflow-password-42", "guessed first"),
    ):
        (told,) = examine(given(LANGFLOW_API_KEY=weak))
        assert reason in told.message
        assert weak not in str(told)
    (twice,) = examine(given(LANGFLOW_API_KEY=STRONG, ACME_SIGNING_KEY=STRONG))
    assert "is the same as" in twice.message
    aside = given(LANGFLOW_API_KEY="aaaaaaaaaaaaaaaaaaaa")
    aside["credentials"]["LANGFLOW_API_KEY"]["existingSecret"] = {"name": "keys"}
    assert examine(aside) == []


def test_what_the_chart_would_refuse_is_an_error_and_what_is_missing_is_not(
    examine: Examine,
) -> None:
    found = examine({"replicaCount": "two", "zzz": 1, "credentials": {"NOBODYS": {"value": "x"}}})
    assert {(one.level, one.code) for one in found} == {("error", "bad-value")}
    assert [one.at for one in found] == ["", "$.credentials", "$.replicaCount"]
    assert all(one.file for one in found)
    assert examine({"replicaCount": 2, "credentials": {"LANGFLOW_API_KEY": {"value": ""}}}) == []


def test_a_release_that_was_packaged_on_an_old_base_is_told_by_the_table_of_today(
    release: Path, tmp_path: Path
) -> None:
    told = json.loads(release.read_text())
    chart = release.parent / told["chart"]["file"]
    (tmp_path / chart.name).write_bytes(chart.read_bytes())
    report = tmp_path / release.name
    for base in (
        {**told["base"], "version": "1.12.8"},
        {"reference": "langflowai/langflow:1.12.8", "profile": "custom", "reason": "asked for"},
    ):
        report.write_text(json.dumps({**told, "base": base}))
        codes = [one.code for one in doctor.examine(report, [], "2026-11-28").findings]
        assert "old-base" in codes
    later = doctor.examine(release, [], "2027-11-28")
    assert "old-table" in [one.code for one in later.findings]
    assert later.weaknesses == 0
