from __future__ import annotations

from typing import Any

from chartgen.model import Selection, Use
from tests.flows_factory import (
    Json,
    baked,
    codes,
    component,
    credentials,
    edge,
    field,
    flow,
    found,
    group,
    load,
    model,
    secret,
)


def proxy(name: str, child: str = "OpenAI-1") -> Json:
    return {"proxy": {"id": child, "field": name}}


def openai(**fields: Any) -> Json:
    return component("OpenAIModel", "OpenAI-1", "OpenAI", **fields)


def outer(node: Json) -> Json:
    fields: Json = node["data"]["node"]["template"]
    return fields


def inner(node: Json, number: int = 0) -> Json:
    return outer(node["data"]["node"]["flow"]["data"]["nodes"][number])


def test_secret_fields_inside_a_group_are_found() -> None:
    app = load(flow(group(openai(api_key=secret()))))
    assert credentials(app) == {"OPENAI_API_KEY"}
    [node] = baked(app)["data"]["nodes"]
    assert inner(node)["api_key"]["value"] == "OPENAI_API_KEY"


def test_groups_in_groups_are_searched() -> None:
    nested = group(group(openai(api_key=secret("Deep-Literal-1")), node_id="G2"), node_id="G1")
    app = load(flow(nested))
    assert found(app, "literal-secret").at == (
        "$.data.nodes[0].data.node.flow.data.nodes[0].data.node.flow.data.nodes[0]"
        ".data.node.template.api_key.value"
    )


def test_a_groups_field_replaces_the_childs_and_goes_by_its_words() -> None:
    key: Json = {"api_key_OpenAI-1": secret("TEAM_KEY", **proxy("api_key"))}
    child = openai(api_key=secret("OLD_KEY", display_name="API Key"))
    app = load(flow(group(child, **key)))
    [credential] = [c for c in app.credentials if c.name.endswith("_KEY") and c.used_by]
    assert credential.name == "TEAM_KEY"
    assert credential.used_by == (Use(flow="Support bot", component="OpenAI", field="API Key"),)
    [node] = baked(app)["data"]["nodes"]
    assert outer(node)["api_key_OpenAI-1"]["value"] == "TEAM_KEY"
    # The child's own copy is never read, so it keeps nothing.
    assert inner(node)["api_key"]["value"] == ""


def test_a_literal_in_a_childs_copy_is_found_though_nothing_reads_it() -> None:
    key: Json = {"k": secret("TEAM_KEY", **proxy("api_key"))}
    app = load(flow(group(openai(api_key=secret("Old-Literal-1")), **key)))
    assert codes(app) == ["literal-secret"]
    assert b"Old-Literal-1" not in b"".join(app.files.values())


def test_a_groups_field_is_as_secret_as_the_childs() -> None:
    unmarked: Json = {"k": {"type": "str", "value": "Some-Literal-1", **proxy("api_key")}}
    app = load(flow(group(openai(api_key=secret()), **unmarked)))
    assert codes(app) == ["literal-secret"]
    assert "Some-Literal-1" not in repr(app)


def test_a_blank_groups_field_is_named_after_the_component_behind_it() -> None:
    key: Json = {"whatever": secret(**proxy("api_key"))}
    assert credentials(load(flow(group(openai(api_key=secret()), **key)))) == {"OPENAI_API_KEY"}


def test_an_edge_into_a_group_feeds_the_field_behind_it() -> None:
    key: Json = {"k": secret("TEAM_KEY", **proxy("api_key"))}
    node = group(openai(api_key=secret("OLD_KEY")), **key)
    assert credentials(load(flow(node, edges=[edge("Group-1", "k")]))) == set()


def test_an_edge_inside_a_group_feeds_the_field_that_stands_for_it() -> None:
    key: Json = {"k": secret("TEAM_KEY", **proxy("api_key"))}
    node = group(openai(api_key=secret()), edges=[edge("OpenAI-1", "api_key")], **key)
    assert credentials(load(flow(node))) == set()


def test_the_model_that_a_group_chooses_counts_and_not_the_childs_old_one() -> None:
    child = component("Agent", "OpenAI-1", "Agent", model=model("OpenAI"), api_key=secret())
    fields: Json = {"m": model("Anthropic", **proxy("model"))}
    assert credentials(load(flow(group(child, **fields)))) == {"ANTHROPIC_API_KEY"}


def test_a_model_fed_through_a_group_needs_no_key() -> None:
    child = component("Agent", "OpenAI-1", "Agent", model=model("OpenAI"), api_key=secret())
    node = group(child, m=model("OpenAI", **proxy("model")))
    assert credentials(load(flow(node, edges=[edge("Group-1", "m")]))) == set()


def test_a_chain_of_groups_ends_at_the_outermost_field() -> None:
    middle = group(
        openai(api_key=secret("LOWEST_KEY")),
        node_id="G2",
        k2=secret("MIDDLE_KEY", **proxy("api_key")),
    )
    top = group(middle, node_id="G1", k1=secret("TOP_KEY", **proxy("k2", "G2")))
    app = load(flow(top))
    assert credentials(app) == {"TOP_KEY"}


def test_a_groups_field_is_opened_as_a_parameter_by_the_childs_words() -> None:
    child = openai(temperature=field(0.1, "SliderInput", type="slider", display_name="Temperature"))
    knob: Json = {"t": field(0.7, "SliderInput", type="slider", **proxy("temperature"))}
    choice = Selection(component="OpenAI", field="Temperature", name="HEAT")
    app = load(flow(group(child, **knob)), parameters=[choice])
    [parameter] = app.parameters
    assert (parameter.name, parameter.default, codes(app)) == ("HEAT", 0.7, [])


def test_a_childs_old_variable_is_not_asked_for() -> None:
    child = openai(url=field("OLD_REGION", load_from_db=True))
    outer: Json = {"u": field("NEW_REGION", load_from_db=True, **proxy("url"))}
    assert [p.name for p in load(flow(group(child, **outer))).parameters] == ["NEW_REGION"]


def test_proxies_that_lead_nowhere_or_in_circles_do_no_harm() -> None:
    fields: Json = {
        "nowhere": secret(**proxy("api_key", "Gone-1")),
        "no_field": secret(**proxy("gone")),
        "type": secret(**proxy("_type")),
        "itself": secret(**proxy("itself", "Group-1")),
        "strange": secret(proxy=["x"]),
        "stranger": secret(proxy={"id": {}, "field": []}),
    }
    app = load(flow(group(openai(api_key=secret()), **fields)))
    assert "OPENAI_API_KEY" in credentials(app)
    assert codes(app, "error") == []


def test_what_a_group_needs_is_what_its_components_import() -> None:
    code = {"type": "code", "value": "import yfinance"}
    assert load(flow(group(component(code=code)))).packages == ("yfinance",)
