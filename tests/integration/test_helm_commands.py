"""The charts under the `helm` command itself, in both versions that people have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.command import CACHE, EXAMPLES, Result, chartgen, run

SOURCES = {"helm3": "helm.sh/helm/v3/cmd/helm@v3.22.0", "helm4": "helm.sh/helm/v4/cmd/helm@v4.3.1"}
# A helm that was built with `go install` does not know of which Kubernetes it is.
KUBERNETES = ("--kube-version", "1.34.0")
CHART = "dist/support-bots-1.0.0.tgz"
REPORT = "dist/support-bots-1.0.0.release.json"
USE = "Signed webhook → HMAC Signer → Signing key"
Helm = Callable[..., Result]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example's `dist`, and with its credentials, as printed and filled in."""
    folder = tmp_path_factory.mktemp("release")
    made = chartgen("package", EXAMPLES, "--builder", "none", cwd=folder)
    assert made.returncode == 0, made.stderr
    printed = chartgen("credentials", REPORT, cwd=folder)
    assert printed.returncode == 0, printed.stderr
    (folder / "blank.yaml").write_text(printed.stdout, "utf-8")
    (folder / "filled.yaml").write_text(printed.stdout.replace('""', '"sk-test"'), "utf-8")
    return folder


@pytest.fixture(params=SOURCES)
def helm(request: pytest.FixtureRequest, release: Path, tmp_path: Path) -> Helm:
    """One of the two commands, run in the folder of the release."""
    command = CACHE / request.param / "helm"
    if not command.exists():
        source = SOURCES[request.param]
        pytest.skip(f"no {command}: GOBIN={command.parent} go install {source}")
    home = {f"HELM_{part}_HOME": str(tmp_path) for part in ("CACHE", "CONFIG", "DATA")}

    def call(*arguments: str) -> Result:
        return run(command, *arguments, *KUBERNETES, cwd=release, env=home)

    return call


def test_helm_lints_the_chart_with_the_generated_credentials(helm: Helm) -> None:
    result = helm("lint", "--strict", CHART, "--values", "filled.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "[ERROR]" not in result.stdout
    assert "[WARNING]" not in result.stdout


def test_helm_renders_the_chart_with_the_generated_credentials(helm: Helm) -> None:
    result = helm("template", "demo", CHART, "--values", "filled.yaml")
    assert result.returncode == 0, result.stderr
    for kind in ("Deployment", "NetworkPolicy", "Secret", "Service", "ServiceAccount"):
        assert f"\nkind: {kind}\n" in result.stdout
    assert "sk-test" not in result.stdout


def test_helm_takes_a_credential_on_its_command_line(helm: Helm) -> None:
    result = helm(
        *("template", "demo", CHART, "--values", "blank.yaml"),
        *("--set", "credentials.ACME_SIGNING_KEY.value=sk-test"),
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("schema", [(), ("--skip-schema-validation",)], ids=["schema", "no-schema"])
def test_a_missing_credential_is_refused_by_variable_flow_and_field(
    helm: Helm, schema: tuple[str, ...]
) -> None:
    missing = ("--set", "credentials.ACME_SIGNING_KEY=null")
    result = helm("template", "demo", CHART, "--values", "filled.yaml", *missing, *schema)
    assert result.returncode != 0
    assert "credentials.ACME_SIGNING_KEY" in result.stderr
    assert USE in result.stderr
    assert "LANGFLOW" not in result.stderr


@pytest.mark.parametrize("schema", [(), ("--skip-schema-validation",)], ids=["schema", "no-schema"])
def test_a_blank_that_was_not_filled_in_is_refused_by_variable_flow_and_field(
    helm: Helm, schema: tuple[str, ...]
) -> None:
    result = helm("template", "demo", CHART, "--values", "blank.yaml", *schema)
    assert result.returncode != 0
    assert "ACME_SIGNING_KEY" in result.stderr
    assert USE in result.stderr


def test_without_any_values_every_credential_is_asked_for_at_once(helm: Helm) -> None:
    for result in (helm("template", "demo", CHART), helm("lint", CHART)):
        assert result.returncode != 0
        told = result.stdout + result.stderr
        for name in ("ACME_SIGNING_KEY", "LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY"):
            assert f"set credentials.{name}.value" in told


@pytest.mark.parametrize("schema", [(), ("--skip-schema-validation",)], ids=["schema", "no-schema"])
@pytest.mark.parametrize("replicas", ["0", "6"])
def test_replicas_outside_the_contract_are_refused(
    helm: Helm, replicas: str, schema: tuple[str, ...]
) -> None:
    result = helm(
        *("template", "demo", CHART, "--values", "filled.yaml", *schema),
        *("--set", "database.value=postgresql://db", "--set", f"replicaCount={replicas}"),
    )
    assert result.returncode != 0
    assert "replicaCount" in result.stderr


def test_an_unknown_key_and_a_long_display_name_are_refused(helm: Helm) -> None:
    for wrong in ("replicaCounts=1", f"displayName={'x' * 64}"):
        result = helm("template", "demo", CHART, "--values", "filled.yaml", "--set", wrong)
        assert result.returncode != 0
        assert wrong.partition("=")[0] in result.stderr
