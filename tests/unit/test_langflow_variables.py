from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows_factory import (
    Json,
    component,
    credentials,
    edge,
    field,
    flow,
    found,
    load,
    model,
    template,
)


def contract(app: Any) -> Json:
    content: Json = json.loads(app.files["app/chartgen/contract.json"])
    return content


def parameters(app: Any) -> dict[str, bool]:
    return {parameter.name: parameter.required for parameter in app.parameters}


def test_a_plain_field_bound_to_a_variable_becomes_a_required_parameter() -> None:
    app = load(flow(component(url=field("ACME_REGION", load_from_db=True))))
    assert (parameters(app), credentials(app)) == ({"ACME_REGION": True}, set())
    # Langflow refuses some variables in plain fields; the launcher writes this one.
    assert template(app)["url"].items() >= {"value": "", "load_from_db": False}.items()
    assert contract(app)["substitutions"] == [
        {
            "parameter": "ACME_REGION",
            "file": "support-bot.json",
            "path": ["data", "nodes", 0, "data", "node", "template", "url", "value"],
        }
    ]


def test_a_bound_plain_field_without_a_value_needs_nothing() -> None:
    app = load(flow(component(url=field("", load_from_db=True))))
    assert (parameters(app), app.findings) == ({}, ())


def test_one_word_is_a_name_too() -> None:
    node = component(url=field("REGION", load_from_db=True))
    assert parameters(load(flow(node))) == {"REGION": True}


def test_what_one_place_requires_is_required() -> None:
    base = component(url=field("OPENAI_BASE_URL", load_from_db=True))
    assert parameters(load(flow(component("Model", model=model()), base))) == {
        "OPENAI_BASE_URL": True
    }


def test_a_bound_plain_field_may_have_a_name_in_small_letters() -> None:
    assert parameters(load(flow(component(url=field("my_region", load_from_db=True))))) == {
        "MY_REGION": True
    }


def test_a_plain_field_bound_to_a_secret_variable_is_a_credential() -> None:
    app = load(flow(component(header=field("ACME_TOKEN", load_from_db=True))))
    assert (parameters(app), credentials(app)) == ({}, {"ACME_TOKEN"})
    assert template(app)["header"].items() >= {"value": "ACME_TOKEN", "load_from_db": True}.items()


def test_a_literal_behind_a_binding_of_a_plain_field_is_used_as_it_is() -> None:
    app = load(flow(component(url=field("http://ollama:11434", load_from_db=True))))
    assert found(app, "literal-behind-binding").level == "info"
    assert template(app)["url"]["load_from_db"] is False
    assert parameters(app) == {}


def test_a_bound_plain_field_that_an_edge_feeds_needs_nothing() -> None:
    node = component(url=field("ACME_REGION", load_from_db=True))
    assert parameters(load(flow(node, edges=[edge("Acme-1", "url")]))) == {}


@pytest.mark.parametrize("mark", ["true", 1, "yes", None])
def test_only_true_is_a_binding(mark: Any) -> None:
    assert parameters(load(flow(component(url=field("ACME_REGION", load_from_db=mark))))) == {}


def test_a_model_field_implies_its_providers_variables() -> None:
    app = load(flow(component("Model", model=model("IBM WatsonX"))))
    assert credentials(app) == {"WATSONX_APIKEY"}
    assert parameters(app).items() >= {"WATSONX_PROJECT_ID": True, "WATSONX_URL": True}.items()


def test_a_providers_optional_variables_stay_optional() -> None:
    assert parameters(load(flow(component("Model", model=model("OpenAI"))))) == {
        "OPENAI_BASE_URL": False
    }


def test_a_connected_model_implies_nothing() -> None:
    app = load(flow(component("Model", model=model()), edges=[edge("Model-1", "model")]))
    assert (credentials(app), parameters(app)) == (set(), {})


def test_a_literal_in_any_dictionary_stops_the_packaging() -> None:
    given = {"_input_type": "DictInput", "type": "dict", "value": {"api_key": "hunter2-hunter2"}}
    app = load(flow(component(model_kwargs=given)))
    assert found(app, "literal-secret").at.endswith("model_kwargs.value.api_key")
