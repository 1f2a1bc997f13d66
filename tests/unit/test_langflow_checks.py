from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from chartgen.model import Host, Use
from chartgen.runtimes.langflow import checks, facts, graph
from tests.flows_factory import (
    baked,
    codes,
    component,
    edge,
    field,
    flow,
    found,
    group,
    load,
    model,
    secret,
)


def hosts(text: Any, **keys: Any) -> list[tuple[str, int]]:
    app = load(flow(component(url=field(text, **keys))))
    return [(host.name, host.port) for host in app.hosts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://api.example.com/v1", [("api.example.com", 443)]),
        ("http://API.example.com:8080", [("api.example.com", 8080)]),
        ("see https://a.example, http://b.example.", [("a.example", 443)]),
        ("postgresql+psycopg://u:{p}@db:5432/x", [("db", 5432)]),
        ("redis://cache", [("cache", 6379)]),
        ("ftp://x", []),
        ("https://x:99999/", []),
        ("https://{host}/x", []),
        ("example.com", []),
    ],
)
def test_hosts_are_read_from_addresses(text: str, expected: list[tuple[str, int]]) -> None:
    assert hosts(text) == expected


def test_addresses_in_lists_and_dictionaries_count_and_hidden_ones_do_not() -> None:
    assert hosts([{"a": "https://x.example"}]) == [("x.example", 443)]
    assert hosts("https://x.example", show=False) == []


def test_a_host_is_named_once_with_all_its_uses() -> None:
    url = field("https://x.example/a")
    app = load(flow(component("A", "a", url=url), component("B", "b", url=url)))
    assert app.hosts == (
        Host(
            name="x.example",
            port=443,
            used_by=(
                Use(flow="Support bot", component="A", field="url"),
                Use(flow="Support bot", component="B", field="url"),
            ),
        ),
    )


def test_a_pod_that_would_talk_to_itself_is_a_warning() -> None:
    finding = found(load(flow(component(url=field("http://localhost:11434")))), "local-host")
    assert (finding.level, finding.component) == ("warning", "Acme")


def test_a_port_that_the_network_policy_keeps_closed_is_a_warning() -> None:
    finding = found(load(flow(component(url=field("http://ollama:11434")))), "opened-port")
    assert "port 11434 of ollama" in finding.message
    assert codes(load(flow(component(url=field("https://x.example"))))) == []


def test_a_required_model_that_nobody_chose_is_an_error() -> None:
    app = load(flow(component("Agent", m=model("", required=True))))
    assert (found(app, "no-model").level, found(app, "no-model").field) == ("error", "m")


@pytest.mark.parametrize("given", [model(required=True), model("")])
def test_a_chosen_or_optional_model_is_fine(given: dict[str, Any]) -> None:
    assert codes(load(flow(component("Agent", m=given))), "error") == []


def test_a_connected_model_is_fine() -> None:
    node = component("Agent", m=model("", required=True))
    assert codes(load(flow(node, edges=[edge("Agent-1", "m")]))) == []


def test_only_models_are_asked_for_a_model() -> None:
    node = component(key=secret(required=True), text=field("", required=True))
    assert codes(load(flow(node))) == []


def test_a_model_chosen_by_the_group_around_is_chosen() -> None:
    child = component("Agent", "A", m=model("", required=True))
    outer = model("OpenAI", required=True, proxy={"id": "A", "field": "m"})
    assert codes(load(flow(group(child, m=outer)))) == []


def test_a_file_that_no_image_carries_is_a_warning() -> None:
    given = field("flow/report.pdf", "FileInput", type="file")
    assert codes(load(flow(component(path=given)))) == ["local-file"]
    assert codes(load(flow(component(path={**given, "value": ""})))) == []
    assert codes(load(flow(component(path={**given, "show": False})))) == []
    assert codes(load(flow(component(path=given), edges=[edge("Acme-1", "path")]))) == []


def test_data_beside_langflow_is_a_warning() -> None:
    assert codes(load(flow(component("Chroma")))) == ["local-data"]


def test_code_that_is_not_langflows_own_is_told_once_a_flow_and_stays_allowed() -> None:
    own = component("Mine", code={"type": "code", "value": "class A: pass"})
    app = load({"flows": [flow(own, name="A"), flow(own, component("B"), name="B")]})
    told = [finding for finding in app.findings if finding.code == "custom-code"]
    assert [(finding.level, finding.flow) for finding in told] == [("info", "A"), ("info", "B")]
    assert "Mine" in told[0].message
    assert app.runtime.environment["LANGFLOW_ALLOW_CUSTOM_COMPONENTS"] == "true"


def test_without_custom_code_custom_components_are_locked_out() -> None:
    environment = load(flow()).runtime.environment
    assert environment["LANGFLOW_ALLOW_CUSTOM_COMPONENTS"] == "false"
    assert environment["LANGFLOW_BLOCK_CODE_INTERPRETER_COMPONENTS"] == "true"


@pytest.mark.parametrize(
    "given",
    [
        component("PythonREPLComponent"),
        component("Acme", name="Python REPL"),
        component("Acme", code={"type": "code", "value": "class PythonFunctionComponent: ..."}),
    ],
)
def test_a_component_that_interprets_code_is_not_locked_out(given: Any) -> None:
    environment = load(flow(given)).runtime.environment
    assert environment["LANGFLOW_ALLOW_CUSTOM_COMPONENTS"] == "true"
    assert environment["LANGFLOW_BLOCK_CODE_INTERPRETER_COMPONENTS"] == "false"


def test_code_is_langflows_own_when_its_hash_is_that_of_its_type() -> None:
    text = "class A: pass"
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    given = component(code={"type": "code", "value": text})
    [node] = graph.components("Bot", {"nodes": [given], "edges": []})
    known = facts.load()
    assert not checks.is_official(node, known)
    assert checks.is_official(node, replace(known, code_types={digest: frozenset({"Acme"})}))
    # Locked out by Langflow, or replaced by the code of that type.
    assert not checks.is_official(node, replace(known, code_types={digest: frozenset({"Other"})}))


def test_a_release_without_a_description_lists_its_flows() -> None:
    assert load(flow(name="A"), flow(name="B")).description == "Langflow flows: A, B"
    many = load(*(flow(name=name) for name in "ABCDEFG"))
    assert many.description == "Langflow flows: A, B, C, D, E and 2 more"
    assert load(flow(), description="Ours").description == "Ours"


def test_a_component_without_a_name_goes_by_its_type_or_its_id() -> None:
    nodes = [component("Acme", "Acme-1", key=secret()), component("", "x-1", key=secret())]
    for node in nodes:
        del node["data"]["node"]["display_name"]
    del nodes[1]["data"]["type"], nodes[1]["type"]
    uses = {use.component for item in load(flow(*nodes)).credentials for use in item.used_by}
    assert uses == {"Acme", "x-1"}


def test_errors_come_first() -> None:
    app = load(flow(component("Chroma", key=secret("A-Literal-1")), component("B", "b")))
    levels = [finding.level for finding in app.findings]
    assert levels == sorted(levels, key=("error", "warning", "info").index)


def test_nothing_is_imported_into_the_database_unless_an_mcp_server_needs_it() -> None:
    environment = load(flow(component(key=secret("ACME_KEY")))).runtime.environment
    assert environment["LANGFLOW_STORE_ENVIRONMENT_VARIABLES"] == "false"
    assert "LANGFLOW_VARIABLES_TO_GET_FROM_ENVIRONMENT" not in environment


def test_the_runtime_is_told_where_the_flows_are() -> None:
    app = load(flow())
    folder = app.runtime.environment["LANGFLOW_LOAD_FLOWS_PATH"]
    assert app.flows[0].file == f"{folder}/support-bot.json"
    assert baked(app)["id"] == app.flows[0].id
    assert app.runtime.command[-1].lstrip("/") in app.files


def test_inputs_are_listed_with_their_hashes_whatever_is_in_them() -> None:
    app = load(flow(), b"broken", {"no": "flow"})
    assert [item.path for item in app.inputs] == ["0.json", "1.json", "2.json"]
    assert all(len(item.sha256) == 64 for item in app.inputs)


def test_code_that_takes_too_much_to_read_is_refused() -> None:
    for code, is_fine in (("a = 1\n" * 40_000, True), ("a = 1\n" * 45_000, False)):
        app = load(flow(component(code={"type": "code", "value": code})))
        assert codes(app, "error") == ([] if is_fine else ["broken-code"])


def test_code_that_imports_more_than_anybody_needs_is_refused() -> None:
    lines = ["class A: pass", *(f"import module_{number}" for number in range(251))]
    fault = found(load(flow(component(code=field("\n".join(lines))))), "broken-code")
    assert "imports more than 250 modules" in fault.message


def test_more_hosts_than_a_chart_can_name_are_refused() -> None:
    for count, is_fine in ((1000, True), (3000, False)):
        app = load(flow(component(url=field(" ".join(f"https://h{n}.io" for n in range(count))))))
        assert codes(app, "error") == ([] if is_fine else ["too-many-hosts"])
