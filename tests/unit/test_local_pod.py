"""What chartgen starts without a cluster is the pod that the chart makes in one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from chartgen.errors import InvalidInput
from chartgen.local import composing, needs, pod, running
from chartgen.local.needs import Given
from chartgen.local.quantities import exact
from tests import cli as terminal
from tests import helm
from tests.runtime import pod as kubernetes

PARAMETERS = {"MAX_TICKETS": 3, "TONE": "formal", "TEAM_NAME": "$(HOME) $$ ${X} é"}
SECRETS = {
    "ACME_SIGNING_KEY": "a$b",
    "LANGFLOW_API_KEY": "k" * 20,
    "LANGFLOW_SECRET_KEY": "s" * 43,
    "LANGFLOW_SUPERUSER_PASSWORD": "p" * 20,
}
DATABASE = "postgresql://runtime:secret@database:5432/runtime"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    shutil.copytree(terminal.EXAMPLES, "flows", dirs_exist_ok=True)


def made() -> pod.Pod:
    return pod.read(terminal.release("--builder", "none"))


def in_a_cluster(folder: Path, **more: Any) -> dict[str, Any]:
    """The arguments of the container that a cluster starts, as the tests of the chart read them."""
    parameters = {**defaults(), **PARAMETERS}
    values = {
        "credentials": {name: {"value": value} for name, value in SECRETS.items()},
        "parameters": parameters,
        **more,
    }
    rendered = helm.objects(terminal.chart("dist/bots-1.0.0.tgz"), values)
    return dict(kubernetes.read(rendered, folder).arguments)


def defaults() -> dict[str, Any]:
    report = json.loads(Path("dist/bots-1.0.0.release.json").read_text())
    return {item["name"]: item["default"] for item in report["parameters"]}


def given() -> Given:
    texts = {**defaults(), **PARAMETERS}
    file = {name: one if isinstance(one, str) else json.dumps(one) for name, one in texts.items()}
    return Given(environment={}, file={**file, **SECRETS}, fresh={})


def test_the_container_of_run_is_the_pod_of_the_chart(tmp_path: Path) -> None:
    read = made()
    found = running.arguments(read, "image", needs.environment(read, given()), 7860)
    wanted = in_a_cluster(tmp_path / "volumes")
    alike = (
        *("entrypoint", "environment", "mem_limit", "memswap_limit", "nano_cpus", "cpu_shares"),
        *("user", "read_only", "cap_drop", "security_opt"),
    )
    assert {name: found[name] for name in alike} == {name: wanted[name] for name in alike}
    assert found["group_add"] == [*(str(group) for group in wanted["group_add"]), "0"]
    assert set(found["tmpfs"]) == {mount["Target"] for mount in wanted["mounts"]}
    assert found["ports"] == {"7860/tcp": ("127.0.0.1", 7860)}
    assert "labels" not in found


def test_the_containers_of_compose_are_the_pods_of_the_chart(tmp_path: Path) -> None:
    read = made()
    found = composing.document(read, 3)["services"]["runtime"]
    wanted = in_a_cluster(tmp_path / "volumes", replicaCount=3, database={"value": DATABASE})
    assert found["entrypoint"] == wanted["entrypoint"]
    assert set(found["environment"]) == set(wanted["environment"])
    fixed = set(found["environment"]) - set(SECRETS) - set(defaults())
    fixed.remove("LANGFLOW_DATABASE_URL")
    assert {name: found["environment"][name].replace("$$", "$") for name in fixed} == {
        name: wanted["environment"][name] for name in fixed
    }
    alike = ("mem_limit", "memswap_limit", "cpu_shares", "user", "read_only", "cap_drop")
    assert {name: found[name] for name in alike} == {name: wanted[name] for name in alike}
    assert found["security_opt"] == wanted["security_opt"]
    assert found["cpus"] * 10**9 == wanted["nano_cpus"]
    assert {place.partition(":")[0] for place in found["tmpfs"]} == {
        mount["Target"] for mount in wanted["mounts"]
    }


def test_the_health_check_asks_what_the_readiness_probe_asks(tmp_path: Path) -> None:
    read = made()
    rendered = helm.objects(
        terminal.chart("dist/bots-1.0.0.tgz"),
        {"credentials": {name: {"value": value} for name, value in SECRETS.items()}},
    )
    probe = kubernetes.read(rendered, tmp_path / "volumes").probes["readiness"]
    found = composing.document(read, 2)["services"]["runtime"]["healthcheck"]
    assert f"'127.0.0.1', {probe.port}, timeout={probe.timeout}" in found["test"][-1]
    assert f"'{probe.path}'" in found["test"][-1]
    assert (found["interval"], found["retries"]) == (f"{probe.period}s", probe.failures)


def test_a_chart_that_is_not_the_reports_is_refused() -> None:
    file = terminal.release("--builder", "none")
    archive = Path("dist/bots-1.0.0.tgz")
    archive.write_bytes(archive.read_bytes() + b"?")
    with pytest.raises(InvalidInput, match="is not the chart of this report"):
        pod.read(file)
    archive.unlink()
    with pytest.raises(InvalidInput, match="cannot be read: no such file"):
        pod.read(file)


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [("500m", 0.5), ("1Gi", 1 << 30), ("1.5k", 1500), (2, 2), ("64Mi", 1 << 26)],
)
def test_quantities_are_read_as_kubernetes_reads_them(quantity: str, amount: float) -> None:
    assert exact(quantity) == amount


@pytest.mark.parametrize("quantity", ["1GiB", "", "-1", "1e3", "much"])
def test_what_is_no_quantity_is_refused(quantity: str) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        exact(quantity)
