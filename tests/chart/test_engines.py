"""Helm 3, Helm 4 and the embedded engine make the same manifests of every variant."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chartgen import tree
from tests import chart_variants
from tests.chart_pieces import Values
from tests.chart_variants import VARIANTS, Variant
from tests.integration.command import CACHE, Result, run
from tests.integration.test_helm_commands import SOURCES
from tests.standards.documents import KUBERNETES, NAMESPACE, by_name, parse

_SOURCE = re.compile(r"^# Source: .*\n", re.MULTILINE)


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart of the sample, as a file."""
    path = tmp_path_factory.mktemp("chart") / "support.tgz"
    path.write_bytes(tree.tgz(chart_variants.files(), "support", 0, first="Chart.yaml"))
    return path


@pytest.mark.parametrize("command", SOURCES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_helm_commands_render_what_the_embedded_engine_renders(
    variant: str, command: str, packed: Path, tmp_path: Path
) -> None:
    chosen = VARIANTS[variant]
    result = templated(command, packed, chosen, chart_variants.values(chosen), tmp_path)
    assert result.returncode == 0, result.stderr
    ours = chart_variants.engine().text(
        chart_variants.values(chosen), api_versions=chosen.api_versions, name=chosen.release
    )
    assert by_name(parse(result.stdout)) == by_name(parse(ours))
    # The texts, too: what PyYAML takes for the same may be two things for Kubernetes.
    assert manifests(result.stdout) == manifests(ours)


@pytest.mark.parametrize("command", SOURCES)
def test_the_helm_commands_say_what_is_wrong_before_a_template_fails_of_it(
    command: str, packed: Path, tmp_path: Path
) -> None:
    values = {**chart_variants.given(), "image": None, "tracing": None, "service": None}
    result = templated(command, packed, VARIANTS["default"], values, tmp_path)
    assert result.returncode != 0
    for name in ("image", "tracing", "service"):
        assert f"- {name} is null: leave it out" in result.stderr


def templated(command: str, chart: Path, variant: Variant, values: Values, folder: Path) -> Result:
    """What a `helm template` says."""
    helm = CACHE / command / "helm"
    if not helm.exists():
        pytest.skip(f"no {helm}: GOBIN={helm.parent} go install {SOURCES[command]}")
    path = folder / "values.json"
    path.write_text(json.dumps(values), "utf-8")
    return run(
        *(helm, "template", variant.release, chart, "--namespace", NAMESPACE, "--values", path),
        *("--kube-version", KUBERNETES),
        *(word for version in variant.api_versions for word in ("--api-versions", version)),
        cwd=folder,
        env={f"HELM_{part}_HOME": str(folder) for part in ("CACHE", "CONFIG", "DATA")},
    )


def manifests(text: str) -> list[str]:
    documents = re.split(r"^---\s*$", _SOURCE.sub("", text), flags=re.MULTILINE)
    return sorted(document.strip() for document in documents if parse(document))
