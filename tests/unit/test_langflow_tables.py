from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows_factory import (
    FAKE_KEY,
    Json,
    codes,
    component,
    credentials,
    flow,
    found,
    load,
    template,
)


def contract(app: Any) -> Json:
    content: Json = json.loads(app.files["app/chartgen/contract.json"])
    return content


def parameters(app: Any) -> dict[str, bool]:
    return {parameter.name: parameter.required for parameter in app.parameters}


def table(*rows: Json, bound: tuple[str, ...] = ("value",), wrap: bool = False) -> Json:
    columns = [{"name": name, "load_from_db": name in bound} for name in ("key", "value")]
    schema: Any = {"columns": columns} if wrap else columns
    return {"_input_type": "TableInput", "type": "table", "value": [*rows], "table_schema": schema}


def rows(app: Any) -> list[Json]:
    found: list[Json] = template(app)["headers"]["value"]
    return found


@pytest.mark.parametrize("wrap", [True, False])
def test_a_cell_with_a_secret_variable_is_a_credential(wrap: bool) -> None:
    row = {"key": "Authorization", "value": "ACME_TOKEN"}
    app = load(flow(component(headers=table(row, wrap=wrap))))
    assert credentials(app) == {"ACME_TOKEN"}
    assert rows(app)[0]["value"] == "ACME_TOKEN"
    assert rows(app)[0]["__load_from_db_fields"] == {"value": True}


def test_a_cell_whose_variable_is_renamed_is_rewritten() -> None:
    app = load(flow(component(headers=table({"key": "x", "value": "GITHUB_TOKEN"}))))
    assert rows(app)[0]["value"] == "FLOW_GITHUB_TOKEN"
    assert codes(app) == ["variable-renamed"]


def test_a_variable_under_a_secret_header_is_secret_whatever_its_name() -> None:
    app = load(flow(component(headers=table({"key": "x-api-key", "value": "ACME_VALUE"}))))
    assert (credentials(app), parameters(app)) == ({"ACME_VALUE"}, {})


@pytest.mark.parametrize("marks", [None, {}, {"key": False}, ["value"], {"value": True}])
def test_a_cell_with_another_variable_is_a_parameter(marks: Any) -> None:
    row = {"key": "x-region", "value": "ACME_REGION", "__load_from_db_fields": marks}
    app = load(flow(component(headers=table(row))))
    assert parameters(app) == {"ACME_REGION": True}
    assert rows(app)[0]["value"] == ""
    assert rows(app)[0]["__load_from_db_fields"]["value"] is False
    assert contract(app)["substitutions"][0]["path"][-4:] == ["headers", "value", 0, "value"]


def test_a_rows_other_marks_outlive_the_rewriting() -> None:
    row = {"key": "any text", "value": "ACME_REGION", "__load_from_db_fields": ["key", "value"]}
    app = load(flow(component(headers=table(row, bound=("key", "value")))))
    assert rows(app)[0]["__load_from_db_fields"] == {"key": True, "value": False}


@pytest.mark.parametrize("marks", [[], {"value": False}])
def test_a_row_can_say_that_a_cell_is_plain(marks: Any) -> None:
    row = {"key": "x", "value": "ACME_REGION", "__load_from_db_fields": marks}
    assert parameters(load(flow(component(headers=table(row))))) == {}


def test_a_cell_of_an_unbound_column_is_plain() -> None:
    app = load(flow(component(headers=table({"key": "x", "value": "ACME_REGION"}, bound=()))))
    assert (parameters(app), rows(app)[0]["value"]) == ({}, "ACME_REGION")


def test_a_plain_word_in_a_bound_column_is_no_variable() -> None:
    app = load(flow(component(headers=table({"key": "x-env", "value": "PROD"}))))
    assert (parameters(app), rows(app)[0]["value"]) == ({}, "PROD")


@pytest.mark.parametrize(
    ("key", "value"),
    [("x-api-key", "hunter2-hunter2"), ("Authorization", "Bearer abc123def"), ("x", FAKE_KEY)],
)
def test_a_literal_in_a_cell_stops_the_packaging(key: str, value: str) -> None:
    app = load(flow(component(headers=table({"key": key, "value": value}, bound=()))))
    finding = found(app, "literal-secret")
    assert finding.at.endswith("headers.value[0].value")
    assert value not in repr(app)


def test_a_literal_in_a_bound_column_is_cut_out_on_demand_only() -> None:
    row = {"key": "x-api-key", "value": "hunter2-hunter2"}
    assert codes(load(flow(component(headers=table(row))))) == ["literal-secret"]
    app = load(flow(component(headers=table(row))), bind_literals=True)
    assert (codes(app), credentials(app)) == (["literal-cut"], {"ACME_X_API_KEY"})
    assert rows(app)[0]["value"] == "ACME_X_API_KEY"
    assert rows(app)[0]["__load_from_db_fields"] == {"value": True}
    assert b"hunter2" not in b"".join(app.files.values())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Content-Type", "application/json"),
        ("token_limit", "4096"),
        ("auth_type", "basic-digest"),
        ("primary_key", "customer_id"),
        ("Authorization", "Bearer {{ACME_TOKEN}}"),
        ("password", "<your password>"),
    ],
)
def test_a_plain_cell_is_left_alone(key: str, value: str) -> None:
    app = load(flow(component(headers=table({"key": key, "value": value}, bound=()))))
    assert (codes(app), rows(app)[0]["value"]) == ([], value)
