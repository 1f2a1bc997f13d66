from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from tests.flows_factory import (
    Json,
    codes,
    component,
    credentials,
    field,
    flow,
    found,
    load,
    secret,
    source,
    template,
)

BAD = Path(__file__).parents[1] / "flows" / "bad"
BROKEN = {
    "missing-colon.json": "line 2, column 9",
    "cut-off.json": "line 4, column 1",
    "empty.json": "line 1, column 1",
    "nan.json": "NaN is not JSON",
    "infinite.json": "the number at $.data.zoom is too large",
    "huge-integer.json": "a whole number of thousands of digits",
    "nul.json": "the text at $.description holds a NUL character",
    "surrogate.json": "the text at $.name holds half a surrogate pair",
    "latin-1.json": "byte 11 is not UTF-8 text",
    "deep.json": "nested more than 100 levels deep",
    "bottomless.json": "nested more than 100 levels deep",
    "no-edges.json": "$.data.edges is not a list",
    "nodes-no-list.json": "$.data.nodes is not a list",
    "node-without-id.json": "$.data.nodes[0] is not a node with an id",
    "node-without-data.json": "$.data.nodes[0].data is not an object",
    "node-without-component.json": "$.data.nodes[0].data.node is not an object",
    "template-no-object.json": "$.data.nodes[0].data.node.template is not an object",
    "edge-without-target.json": "$.data.edges[0] is not an edge with a source and a target",
    "group-without-graph.json": "$.data.nodes[0].data.node.flow.data is no object",
}
NO_FLOW = {
    "saved-component.json": "a saved component",
    "no-flow.json": "JSON, but not a flow",
    "empty-list.json": "an empty list",
    "no-component.json": "no component in it",
    "number.json": "JSON, but not a flow",
}


def test_every_bad_input_has_its_expectation() -> None:
    assert {file.name for file in BAD.iterdir()} == {*BROKEN, *NO_FLOW}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_an_error_that_says_where(name: str) -> None:
    app = load(source((BAD / name).read_bytes(), f"team/{name}"), flow())
    finding = found(app, "broken-flow")
    assert (finding.level, finding.file) == ("error", f"team/{name}")
    assert BROKEN[name] in finding.message
    assert finding.fix
    assert [item.name for item in app.flows] == ["Support bot"]


@pytest.mark.parametrize("name", NO_FLOW)
def test_json_that_is_no_flow_is_reported_and_left_out(name: str) -> None:
    app = load(source((BAD / name).read_bytes(), name), flow())
    finding = found(app, "not-a-flow")
    assert (finding.level, finding.file, finding.at) == ("warning", name, "$")
    assert NO_FLOW[name] in finding.message
    assert "left out" in finding.message
    assert [item.name for item in app.flows] == ["Support bot"]


def test_with_no_flow_at_all_there_is_nothing_to_package() -> None:
    assert codes(load(), "error") == ["no-flows"]
    assert codes(load({"flows": []}), "error") == ["no-flows"]


def test_exports_before_1_1_say_by_password_alone_what_is_secret() -> None:
    old = {"type": "str", "password": True, "value": "", "load_from_db": False, "show": True}
    app = load(flow(component("OpenAIModel", openai_api_key=old)))
    assert credentials(app) == {"OPENAI_API_KEY"}


def test_code_as_a_list_of_lines_becomes_one_text() -> None:
    lines = ["from lfx.custom import Component", "", "class A(Component): pass"]
    app = load(flow(component(code={"type": "code", "value": lines})))
    assert template(app)["code"]["value"] == "\n".join(lines)


def test_code_in_lines_and_code_in_one_text_give_the_same_flow() -> None:
    lines = ["import os", "class A: pass"]
    listed = load(flow(component(code={"type": "code", "value": lines})))
    whole = load(flow(component(code={"type": "code", "value": "\n".join(lines)})))
    assert listed.files == whole.files


@pytest.mark.parametrize("wrap", [lambda many: {"flows": many}, list], ids=["flows", "list"])
def test_a_file_with_several_flows_is_split(wrap: Any) -> None:
    app = load(wrap([flow(name="A"), flow(name="B")]))
    assert [item.name for item in app.flows] == ["A", "B"]
    assert {"app/flows/a.json", "app/flows/b.json"} < set(app.files)
    assert {item.source for item in app.flows} == {"0.json"}


def test_one_bad_flow_among_several_is_named_by_its_place() -> None:
    broken = flow(name="B")
    broken["data"]["nodes"] = None
    app = load({"flows": [flow(name="A"), broken, {"no": "flow"}]})
    assert "$.flows[1].data.nodes" in found(app, "broken-flow").message
    assert found(app, "not-a-flow").at == "$.flows[2]"
    assert [item.name for item in app.flows] == ["A"]


def test_bare_nodes_and_edges_are_a_flow_called_like_its_file() -> None:
    bare = flow(component(api_key=secret("Mixed-Case-Literal")))["data"]
    app = load(source(bare, "team/Night shift.json"))
    assert app.flows[0].name == "Night shift"
    # The place is the one in the given file, which has no `data`.
    assert found(app, "literal-secret").at.startswith("$.nodes[0].data.node.template.api_key")


def test_a_bare_graph_beside_an_empty_data_is_read_and_keeps_its_name() -> None:
    app = load({**flow()["data"], "data": None, "name": "Bare"})
    assert app.flows[0].name == "Bare"
    assert codes(app) == []


def test_notes_need_no_component_behind_them() -> None:
    note = {"id": "note-1", "type": "noteNode", "data": {"type": "note"}}
    app = load(flow(component(), note))
    assert codes(app) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_every_json_encoding_is_read_and_baked_as_utf_8_without_a_mark(encoding: str) -> None:
    data = json.dumps(flow(name="Grüße 🦄"), ensure_ascii=False).encode(encoding)
    app = load(source(data))
    baked = app.files[app.flows[0].file.lstrip("/")]
    assert not baked.startswith(codecs.BOM_UTF8)
    assert json.loads(baked.decode())["name"] == "Grüße 🦄"


def test_a_repeated_key_is_a_warning_and_the_last_one_counts() -> None:
    text = json.dumps(flow(name="First")).replace('"name"', '"name": "Lost", "name"', 1)
    app = load(source(text.encode()))
    finding = found(app, "duplicate-key")
    assert (finding.level, finding.file) == ("warning", "flow.json")
    assert "'name'" in finding.message
    assert app.flows[0].name == "First"


def test_hostile_keys_are_quoted_in_places() -> None:
    fields: Json = {"a.b\n\x1b[31m": secret("Some-Literal-1")}
    app = load(flow(component(**fields)))
    assert found(app, "literal-secret").at.endswith(r'.template["a.b\n\u001b[31m"].value')


def test_the_words_of_an_export_are_one_line_without_control_characters() -> None:
    node = component(name="Evil\n\x1b[31mname", api_key=secret(display_name="Key\r\n" * 500))
    app = load(flow(node, name="Line\nbreak\x07"))
    assert app.flows[0].name == "Line break"
    [use] = next(c for c in app.credentials if c.name == "ACME_API_KEY").used_by
    assert use.component == "Evil [31mname"
    assert len(use.field) == 200


def test_a_field_that_is_no_object_is_passed_over() -> None:
    app = load(flow(component(a=None, b="text", c=[1], d=field())))
    assert codes(app) == []
