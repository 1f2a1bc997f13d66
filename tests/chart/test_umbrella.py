"""Under a parent chart, with the real Helms: aliases, conditions, shared values, neighbours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chartgen import tree
from tests import chart_variants
from tests.chart_pieces import Values
from tests.integration.command import CACHE, Result, run
from tests.integration.test_helm_commands import SOURCES
from tests.standards.documents import KUBERNETES, NAMESPACE, Documents, by_name, parse

Template = Callable[..., Result]
# A chart whose helpers have the names that `helm create app` gives them.
HELPERS = """
{{- define "app.fullname" -}}theirs{{- end }}
{{- define "app.labels" -}}theirs: theirs{{- end }}
{{- define "app.name" -}}theirs{{- end }}
"""


@pytest.fixture
def umbrella(tmp_path: Path) -> Path:
    """A parent with the chart of the sample in it, twice."""
    parts = [
        {"name": "support", "version": "1.2.0", "condition": "support.enabled"},
        {"name": "support", "version": "1.2.0", "alias": "second", "condition": "second.enabled"},
    ]
    about: dict[str, Any] = {"apiVersion": "v2", "name": "umbrella", "version": "0.1.0"}
    files = {
        "Chart.yaml": json.dumps({**about, "dependencies": parts}).encode(),
        "templates/_helpers.tpl": HELPERS.encode(),
        "charts/support-1.2.0.tgz": tree.tgz(
            chart_variants.files(), "support", 0, first="Chart.yaml"
        ),
    }
    for path, data in files.items():
        place = tmp_path / "umbrella" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return tmp_path / "umbrella"


@pytest.fixture(params=SOURCES)
def template(request: pytest.FixtureRequest, umbrella: Path, tmp_path: Path) -> Template:
    """`helm template` of the parent, by one of the two commands."""
    helm = CACHE / request.param / "helm"
    if not helm.exists():
        pytest.skip(f"no {helm}: GOBIN={helm.parent} go install {SOURCES[request.param]}")
    homes = {f"HELM_{part}_HOME": str(tmp_path) for part in ("CACHE", "CONFIG", "DATA")}

    def call(values: Values) -> Result:
        (tmp_path / "values.json").write_text(json.dumps(values), "utf-8")
        return run(
            *(helm, "template", "demo", umbrella, "--values", tmp_path / "values.json"),
            *("--namespace", NAMESPACE, "--kube-version", KUBERNETES),
            cwd=tmp_path,
            env=homes,
        )

    return call


def rendered(result: Result) -> Documents:
    assert result.returncode == 0, result.stderr
    return by_name(parse(result.stdout))


def test_a_part_of_a_parent_is_what_the_chart_is_alone(template: Template) -> None:
    given = chart_variants.given()
    alone = chart_variants.engine().documents(given)
    found = rendered(template({"support": given, "second": {"enabled": False}}))
    assert found == alone


def test_two_parts_of_a_parent_have_names_and_pods_of_their_own(template: Template) -> None:
    given = chart_variants.given()
    found = rendered(template({"support": given, "second": {**given, "enabled": True}}))
    names = [name for name in found if name.startswith("Deployment/")]
    assert sorted(names) == ["Deployment/demo-second", "Deployment/demo-support"]
    selectors = [found[name]["spec"]["selector"]["matchLabels"] for name in names]
    assert selectors[0] != selectors[1]


def test_what_a_parent_shares_is_taken_and_what_is_not_ours_is_let_be(template: Template) -> None:
    shared = {"imageRegistry": "mirror.example.com", "storageClass": "fast", "theirs": [1]}
    values = {"global": shared, "support": chart_variants.given(), "second": {"enabled": False}}
    found = rendered(template(values))
    (container,) = found["Deployment/demo-support"]["spec"]["template"]["spec"]["containers"]
    assert container["image"].startswith("mirror.example.com/team/support:")


def test_a_part_of_a_parent_is_refused_under_its_own_name(template: Template) -> None:
    result = template({"support": chart_variants.given(), "second": {"enabled": True}})
    assert result.returncode != 0
    assert "in the following chart(s):\nsecond:\n" in result.stderr
    assert "set credentials.OPENAI_API_KEY.value" in result.stderr
