from __future__ import annotations

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


def parameters(app: Any) -> dict[str, bool]:
    return {parameter.name: parameter.required for parameter in app.parameters}


def server(**config: Any) -> Json:
    value = {"name": "crm", "config": config}
    return component(
        "MCPTools", mcp_server={"_input_type": "McpInput", "type": "mcp", "value": value}
    )


def config(app: Any) -> Json:
    content: Json = template(app)["mcp_server"]["value"]["config"]
    return content


@pytest.mark.parametrize("part", ["headers", "env"])
@pytest.mark.parametrize("listed", [True, False])
def test_variables_of_an_mcp_server_are_found_and_imported(part: str, listed: bool) -> None:
    pairs = {
        "Authorization": "Bearer {{CRM_TOKEN}}",
        "X_KEY": "CRM_KEY",
        "region": "{{crm_region}}",
    }
    given: Any = [{"key": k, "value": v} for k, v in pairs.items()] if listed else pairs
    app = load(flow(server(**{part: given})))
    assert credentials(app) == {"CRM_TOKEN", "CRM_KEY"}
    assert parameters(app) == {"CRM_REGION": True}
    assert codes(app) == ["variable-renamed"]
    held = config(app)[part]
    values = [row["value"] for row in held] if listed else [*held.values()]
    assert values == ["Bearer {{CRM_TOKEN}}", "CRM_KEY", "{{CRM_REGION}}"]
    environment = app.runtime.environment
    assert environment["LANGFLOW_STORE_ENVIRONMENT_VARIABLES"] == "true"
    assert environment["LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT"] == (
        "CRM_KEY,CRM_REGION,CRM_TOKEN"
    )


def test_variables_in_the_url_of_an_mcp_server_are_found() -> None:
    app = load(flow(server(url="https://{{CRM_HOST}}/mcp?token={{CRM_TOKEN}}")))
    assert (parameters(app), credentials(app)) == ({"CRM_HOST": True}, {"CRM_TOKEN"})


def test_the_headers_of_an_mcp_component_count_like_those_of_its_server() -> None:
    node = server()
    node["data"]["node"]["template"]["headers"] = {
        "_input_type": "DictInput", "type": "dict", "value": {"Authorization": "CRM_TOKEN"},
    }  # fmt: skip
    assert credentials(load(flow(node))) == {"CRM_TOKEN"}


def test_plain_words_in_headers_are_no_variables() -> None:
    pairs = {"X-Env": "PROD", "Accept": "JSON", "LOG_LEVEL": "DEBUG", "x": "{{ .Values.x }}"}
    app = load(flow(server(headers=pairs)))
    assert (credentials(app), parameters(app), codes(app)) == (set(), {}, [])
    assert config(app)["headers"] == pairs


@pytest.mark.parametrize("part", ["headers", "env"])
def test_a_literal_of_an_mcp_server_stops_the_packaging_or_is_cut(part: str) -> None:
    given = flow(server(**{part: {"x-api-key": "hunter2-hunter2"}}))
    app = load(given)
    finding = found(app, "literal-secret")
    assert finding.at.endswith(f".config.{part}.x-api-key")
    assert "hunter2" not in repr(app)
    app = load(given, bind_literals=True)
    assert credentials(app) == {"MCP_CRM_X_API_KEY"}
    assert config(app)[part] == {"x-api-key": "MCP_CRM_X_API_KEY"}
    assert b"hunter2" not in b"".join(app.files.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ["--token", "hunter2-hunter2"],
        ["--api-key=hunter2-hunter2"],
        ["--headers", "Authorization", "hunter2-hunter2"],
        ["mcp-remote", FAKE_KEY],
        ["https://ada:hunter2-hunter2@crm.example.com"],
    ],
)
def test_a_literal_among_arguments_stops_the_packaging_whatever_the_flags(
    arguments: list[str],
) -> None:
    app = load(flow(server(command="npx", args=arguments)), bind_literals=True)
    assert codes(app, "error") == ["literal-secret"]
    assert "hunter2" not in repr(app)


def test_harmless_arguments_are_left_alone() -> None:
    plain = ["-y", "@acme/mcp", "--token-limit", "4096", "--region=hunter2-hunter2"]
    arguments = [*plain, "--token", "{{TOKEN}}", "--verbose", 5]
    assert codes(load(flow(server(command="npx", args=arguments)))) == []


@pytest.mark.parametrize(
    "value", [None, "x", [], {}, {"name": "crm"}, {"config": None}, {"config": {"headers": "x"}}]
)
def test_a_server_without_a_configuration_needs_nothing(value: Any) -> None:
    node = component(mcp={"_input_type": "McpInput", "type": "mcp", "value": value})
    assert codes(load(flow(node))) == []


@pytest.mark.parametrize("name", ["Zq8rT2vXb91LmN4cWy7KpD3sHf6G", "k8f2h9s3l4"])
def test_what_looks_random_in_braces_is_no_variables_name(name: str) -> None:
    app = load(flow(server(headers={"x": f"{{{{{name}}}}}"})))
    assert (credentials(app), parameters(app)) == (set(), {})
