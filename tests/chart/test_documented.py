"""What the documents show of the chart: every example is taken, every reference meets something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import resources
from tests import chart_variants
from tests.chart.test_standards import ALL
from tests.chart.test_toggles import WITHOUT_EFFECT
from tests.chart.toggles import MATRIX
from tests.chart_pieces import Values, merged

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("chart.md", "production.md", "operations.md")
# What an example leaves to the text around it.
AROUND: dict[str, Values] = {
    "backup": {
        "database": {
            "host": "db.example.com",
            "name": "bots",
            "user": "bots",
            "password": {"existingSecret": {"name": "bots-database"}},
        }
    },
    "replicaCount": {},
}
DIGEST = "sha256:" + "7" * 64
# What the values of langflow-runtime 0.1.1 are called, and what its templates read.
KNOBS = (
    *("replicaCount", "image.repository", "image.pullPolicy", "image.tag", "downloadFlows"),
    *("imagePullSecrets", "nameOverride", "fullnameOverride", "serviceAccount.create"),
    *("serviceAccount.automount", "serviceAccount.annotations", "serviceAccount.name"),
    *("podAnnotations", "podLabels", "podSecurityContext", "securityContext", "env"),
    *("service.type", "service.port", "ingress.enabled", "ingress.className"),
    *("ingress.annotations", "ingress.hosts", "ingress.tls", "resources", "livenessProbe"),
    *("readinessProbe", "volumes", "volumeMounts", "nodeSelector", "tolerations", "affinity"),
)
CHART = resources.folder("chart-templates") / "app"
COMPARISON = (ROOT / "docs" / "comparison.md").read_text("utf-8")
REFERENCES = re.findall(r"^- (C\d+ .*)$", COMPARISON, re.MULTILINE)


def examples() -> Iterator[Any]:
    """The values in the documents, each block of YAML by its page and first line."""
    for page in PAGES:
        text = (ROOT / "docs" / page).read_text("utf-8")
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", text, re.DOTALL), 1):
            values = yaml.safe_load(block.replace("sha256:…", DIGEST))
            yield pytest.param(values, id=f"{page}-{number}-{next(iter(values))}")


@pytest.mark.parametrize("values", [*examples()])
def test_an_example_is_taken_and_keeps_the_rules(values: Values) -> None:
    needs = next((AROUND[name] for name in values if name in AROUND), {})
    given = merged(chart_variants.given(), needs)
    if "existingSecret" in values:
        del given["credentials"]
    documents = chart_variants.engine().documents(merged(given, values))
    assert documents != chart_variants.engine().documents(chart_variants.given())
    theirs = {each["metadata"]["name"] for each in values.get("extraManifests", ())}
    for rule in ALL.values():
        faults = [fault for fault in rule.faults(documents) if not any(n in fault for n in theirs)]
        assert faults == [] or rule.id in chart_variants.NOT_NAMED, faults


def test_there_are_examples_of_each_kind() -> None:
    named = {name for example in examples() for name in example.values[0]}
    assert {"httpRoute", "ingress", "database", "backup", "externalSecret", "volumes"} <= named
    assert {"extraManifests", "metrics", "tracing", "networkPolicy", "existingSecret"} <= named


def test_the_readme_of_a_chart_has_a_row_for_every_value() -> None:
    readme = chart_variants.files()["README.md"].decode()
    rows = set(re.findall(r"^\| `([^`]+)` \|", readme, re.MULTILINE))
    own_tables = {path for path in MATRIX if path.startswith(("credentials.", "parameters."))}
    for path in {*MATRIX, *WITHOUT_EFFECT} - own_tables - {"downloadFlows"}:
        above = path.split(".")
        assert any(".".join(above[: end + 1]) in rows for end in range(len(above))), path
    for path in own_tables:
        assert path.split(".")[1] in rows


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_file_that_the_comparison_names_is_there_and_holds_what_it_is_named_for(
    reference: str,
) -> None:
    found = CHART
    for word in re.findall(r"`([^`]+)`", reference):
        if not re.search(r"^/|/$|\.(tpl|yaml|json|txt)$", word):
            assert word.split(".")[-1] in found.read_text("utf-8"), word
            continue
        beside = found.parent if found.is_file() else found
        ways = (ROOT / word[1:],) if word.startswith("/") else (CHART / word, beside / word)
        found = next((way for way in ways if way.exists()), CHART / word)
        assert found.exists(), word


def test_the_comparison_has_all_its_references() -> None:
    numbers = set(re.findall(r"\bC\d+\b", COMPARISON))
    assert {reference.split()[0] for reference in REFERENCES} == numbers
    assert len(numbers) >= 33


@pytest.mark.parametrize("knob", KNOBS)
def test_what_langflow_runtime_had_is_here_and_in_the_table_that_says_so(knob: str) -> None:
    text = (ROOT / "docs" / "production.md").read_text("utf-8")
    table = text.partition("## What langflow-runtime had")[2]
    assert f"`{knob.partition('.')[0]}" in table
    known = {*MATRIX, *WITHOUT_EFFECT}
    assert knob in known or any(path.startswith(f"{knob}.") for path in known)
