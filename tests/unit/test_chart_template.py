"""The template is a chart of its own, and what build makes has its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import helm_python

from chartgen import chart, resources
from chartgen.chart import schema, text
from chartgen.model import Credential
from tests import helm
from tests.sample import sample_app, sample_image

TEMPLATE = resources.chart_template()


def properties(contract: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, rule in contract.get("properties", {}).items():
        yield f"{prefix}{name}", rule
        yield from properties(rule, f"{prefix}{name}.")


def test_the_template_lints_as_it_lies() -> None:
    folder = resources.folder("chart-templates") / "app"
    report = helm_python.lint(folder, helm.values_of(TEMPLATE), strict=True)
    assert report["errors"] == []
    assert [message["error"] for message in report["messages"]] == ["icon is recommended"]


def test_the_template_renders_as_it_lies() -> None:
    kinds = {"Deployment", "NetworkPolicy", "Pod", "Secret", "Service", "ServiceAccount"}
    assert set(helm.objects(TEMPLATE, helm.values_of(TEMPLATE))) == kinds


def test_the_template_refuses_its_own_missing_credential() -> None:
    assert "set credentials.CALLER_KEY.value" in helm.refusal(TEMPLATE, {})


def test_a_built_chart_has_the_files_and_keys_of_the_template() -> None:
    built = chart.build(sample_app(), sample_image()).files
    assert set(built) - set(TEMPLATE) == {"README.md"}
    assert set(TEMPLATE) <= set(built)
    for path in ("app.json", "values.schema.json"):
        assert list(json.loads(TEMPLATE[path])) == [
            name for name in json.loads(built[path]) if name != "required"
        ]


def test_templates_are_copied_byte_for_byte() -> None:
    built = chart.build(sample_app(), sample_image()).files
    copied = [path for path in TEMPLATE if path.startswith("templates/")]
    assert len(copied) >= 8
    assert all(built[path] == TEMPLATE[path] for path in copied)


def test_templates_know_no_runtime_and_nothing_that_changes_by_itself() -> None:
    forbidden = re.compile(rb"langflow|\blookup\b|\brand[A-Z]|\btpl\b|genCA|\bnow\b", re.IGNORECASE)
    for path, data in TEMPLATE.items():
        if path.startswith("templates/"):
            assert not forbidden.search(data), path


def test_the_template_holds_the_contract_of_its_own_sample() -> None:
    caller = Credential(name="CALLER_KEY", description="The key that callers send")
    sample = sample_app(credentials=(caller,), parameters=())
    own = json.loads(TEMPLATE["values.schema.json"])
    values = text.from_yaml(TEMPLATE["values.yaml"])
    assert text.to_json(schema.build(own, sample, values)) == TEMPLATE["values.schema.json"]


def test_every_key_of_the_values_is_explained_and_in_the_schema() -> None:
    lines = TEMPLATE["values.yaml"].decode().splitlines()
    known = dict(properties(json.loads(TEMPLATE["values.schema.json"])))
    for name in text.from_yaml(TEMPLATE["values.yaml"]):
        assert name in known
        number = next(i for i, line in enumerate(lines) if line.startswith(f"{name}:"))
        below = next(line for line in lines[number:] if not line.endswith(":"))
        assert "# " in (lines[number - 1][:2], below.lstrip()[:2]), name


def test_every_key_of_the_schema_has_a_description() -> None:
    for files in (TEMPLATE, chart.build(sample_app(), sample_image()).files):
        contract = json.loads(files["values.schema.json"])
        rules = dict(properties(contract))
        for definition in contract["definitions"].values():
            rules.update(properties(definition))
        rules = {name: rule for name, rule in rules.items() if rule}
        assert [name for name, rule in rules.items() if "description" not in rule] == []
