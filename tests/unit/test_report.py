from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from chartgen import report, resources
from chartgen.model import Chart, Credential, Finding, Use
from tests.hostile import HOSTILE
from tests.sample import sample_app, sample_flow

SCHEMA = json.loads(resources.schema("report.schema.json"))


def valid(data: Any) -> None:
    data = json.loads(report.dump(data))
    if "base" in data:
        data["base"]["profile"] = "base"
    Draft7Validator(SCHEMA).validate(data)


def test_the_schemas_are_schemas() -> None:
    for name in ("report.schema.json", "config.schema.json"):
        Draft7Validator.check_schema(json.loads(resources.schema(name)))


def test_a_report_satisfies_its_schema() -> None:
    chart = Chart(name="support", version="1.2.0", files={}, archive=b"abc", digest="sha256:1")
    valid(report.of(sample_app()))
    valid(report.of(sample_app(), chart=report.chart(chart, "support-1.2.0.tgz")))
    valid(report.of(sample_app(credentials=(), parameters=(), hosts=(), packages=())))


def test_a_failure_satisfies_the_schema_with_each_exit_code() -> None:
    for code in (1, 2, 3, 70):
        valid(report.failure("no", code, [Finding(level="error", code="odd", message="no")]))


def test_what_is_neither_satisfies_nothing() -> None:
    for data in ({}, {"format": 1}, {"error": "no"}, {**report.failure("no", 1), "exitCode": 0}):
        with pytest.raises(ValidationError):
            valid(data)


def test_a_parameter_without_a_default_has_none_and_a_false_one_stays() -> None:
    found = {item["name"]: item for item in report.of(sample_app())["parameters"]}
    assert "default" not in found["HELP_URL"]
    assert found["STREAM"]["default"] is False
    assert found["TOPICS"]["default"] == ["billing", "shipping & more"]
    assert found["TEMPERATURE"]["minimum"] == 0


def test_a_finding_has_no_empty_parts() -> None:
    item = Finding(level="info", code="odd", message="this is odd", flow="Bot")
    assert report.finding(item) == {
        "level": "info",
        "code": "odd",
        "message": "this is odd",
        "flow": "Bot",
    }


def test_no_file_of_the_application_is_in_the_report() -> None:
    app = sample_app(files={"app/flows/a.json": b"content-of-a-file"})
    assert "content-of-a-file" not in report.dump(report.of(app))


@pytest.mark.parametrize("text", [*HOSTILE, "half \ud83e", "\x9b31m", "\u202eright to left"])
def test_json_holds_every_text_and_steers_no_terminal(text: str) -> None:
    use = Use(flow=text, component=text, field=text)
    app = sample_app(
        flows=(sample_flow(name=text),), credentials=(Credential(name="KEY", used_by=(use,)),)
    )
    dumped = report.dump(report.of(app))
    assert json.loads(dumped.encode())["flows"][0]["name"] == text
    assert all(c.isprintable() or c in "\n\u200d" or ord(c) > 0x9F for c in dumped)
    assert not set(dumped) & set("\x1b\x9b\x7f\u2028\u2029\u202e")
