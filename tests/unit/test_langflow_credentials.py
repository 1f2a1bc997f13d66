from __future__ import annotations

from typing import Any

import pytest

from chartgen.model import Selection, Use
from tests.flows_factory import (
    codes,
    component,
    credentials,
    edge,
    field,
    flow,
    found,
    load,
    model,
    secret,
    template,
)


def bound(name: str) -> dict[str, Any]:
    return {"value": name, "load_from_db": True}


def test_a_bound_name_is_kept() -> None:
    app = load(flow(component(api_key=secret("ACME_API_KEY"))))
    assert credentials(app) == {"ACME_API_KEY"}
    assert template(app)["api_key"].items() >= bound("ACME_API_KEY").items()
    assert codes(app) == []


@pytest.mark.parametrize("mark", [True, False, None])
def test_a_blank_field_is_bound_to_a_derived_name(mark: bool | None) -> None:
    given = secret("", bound=mark)
    app = load(flow(component(api_key=given)))
    assert template(app)["api_key"].items() >= bound("ACME_API_KEY").items()


@pytest.mark.parametrize("value", [None, [], {}, "   "])
def test_whatever_stands_for_nothing_is_blank(value: Any) -> None:
    app = load(flow(component(api_key=secret(value))))
    assert codes(app) == []
    assert credentials(app) == {"ACME_API_KEY"}


@pytest.mark.parametrize(
    "marks",
    [
        {"_input_type": "SecretStrInput"},
        {"_input_type": "MultilineSecretInput"},
        {"_input_type": "StrInput", "password": True},
        {"password": True},
    ],
)
def test_every_mark_of_a_secret_field_counts(marks: dict[str, Any]) -> None:
    assert credentials(load(flow(component(token={"type": "str", "value": "", **marks})))) == {
        "ACME_TOKEN"
    }


def test_a_plain_field_needs_no_credential() -> None:
    node = component(a=field("x"), b=field("", password=False))
    assert credentials(load(flow(node))) == set()


def test_a_field_fed_by_an_edge_needs_no_credential() -> None:
    app = load(flow(component(api_key=secret("ACME_API_KEY")), edges=[edge("Acme-1", "api_key")]))
    assert credentials(app) == set()
    assert template(app)["api_key"].items() >= {"value": "", "load_from_db": False}.items()


@pytest.mark.parametrize("decoded", [True, False])
def test_handles_are_read_decoded_or_not(decoded: bool) -> None:
    arrow = edge("Acme-1", "api_key")
    if decoded:
        arrow["targetHandle"] = "something else"
        arrow["data"] = {"targetHandle": {"fieldName": "api_key", "id": "Acme-1"}}
    assert credentials(load(flow(component(api_key=secret()), edges=[arrow]))) == set()


def test_handles_of_the_oldest_exports_are_read() -> None:
    arrow = {"source": "B", "target": "Acme-1", "targetHandle": "str|api_key|Acme-1"}
    assert credentials(load(flow(component(api_key=secret()), edges=[arrow]))) == set()


def test_the_same_name_in_several_flows_is_one_credential_with_all_its_uses() -> None:
    key = secret("OPENAI_API_KEY", display_name="API Key")
    app = load(
        flow(component("OpenAIModel", "a", "OpenAI", api_key=key), name="Support bot"),
        flow(component("Agent", "b", "Agent", api_key=key), name="Ticket triage"),
    )
    [credential] = [c for c in app.credentials if c.name == "OPENAI_API_KEY"]
    assert credential.used_by == (
        Use(flow="Support bot", component="OpenAI", field="API Key"),
        Use(flow="Ticket triage", component="Agent", field="API Key"),
    )
    assert str(credential.used_by[0]) == "Support bot → OpenAI → API Key"


def test_the_servers_own_secrets_are_credentials_like_any_other() -> None:
    required = {c.name: c for c in load(flow()).credentials}
    assert list(required) == sorted(required)
    assert required["LANGFLOW_SECRET_KEY"].pattern
    assert all(c.required and c.min_length >= 12 for c in required.values())


def test_a_name_as_plain_text_is_bound_with_a_warning() -> None:
    app = load(flow(component(api_key=secret("TAVILY_API_KEY", bound=False))))
    assert codes(app) == ["name-as-text"]
    assert template(app)["api_key"].items() >= bound("TAVILY_API_KEY").items()


@pytest.mark.parametrize(
    "text", ["<your key>", "YOUR_API_KEY", "your-key-here", "xxxx", "***", "sk-...", "changeme"]
)
def test_a_placeholder_is_as_good_as_blank(text: str) -> None:
    app = load(flow(component(api_key=secret(text, bound=False))))
    assert codes(app) == []
    assert credentials(app) == {"ACME_API_KEY"}


def test_a_connected_model_brings_its_own_key() -> None:
    node = component("Agent", model=model(), api_key=secret())
    app = load(flow(node, edges=[edge("Agent-1", "model")]))
    assert credentials(app) == set()


def test_a_model_in_connection_mode_brings_its_own_key() -> None:
    node = component("Agent", model=model(_connection_mode=True), api_key=secret())
    assert template(load(flow(node)))["api_key"]["value"] == ""
    waiting = {**model(), "value": "connect_other_models"}
    assert credentials(load(flow(component("Agent", model=waiting, api_key=secret())))) == set()


def test_without_a_model_there_is_no_provider_to_ask_for_a_key_and_a_finding_says_so() -> None:
    app = load(flow(component("Agent", model=model("", required=True), api_key=secret())))
    assert credentials(app) == set()
    assert codes(app, "error") == ["no-model"]


def test_a_provider_that_needs_no_key_gets_none() -> None:
    app = load(flow(component("Agent", model=model("Ollama"), api_key=secret())))
    assert credentials(app) == set()


def test_a_blank_field_that_the_editor_hides_needs_no_credential() -> None:
    hidden: dict[str, Any] = {name: secret(show=False) for name in ("key", "api_key")}
    app = load(flow(component(token=secret("T_TOKEN", show=False), **hidden)))
    assert credentials(app) == {"T_TOKEN"}


def test_an_agent_without_a_model_still_needs_its_other_secrets() -> None:
    node = component("Agent", model=model(""), password=secret(), api_key=secret())
    assert credentials(load(flow(node))) == {"AGENT_PASSWORD"}


def test_what_one_use_requires_is_required_and_the_first_description_stands() -> None:
    given = flow(component("A", "a", key=secret()), component("B", "b", key=secret()))
    for first in (True, False):
        choices = [
            Selection(field="key", component="A", name="K_KEY", required=first, description="One"),
            Selection(field="key", component="B", name="K_KEY", required=not first),
        ]
        [credential] = [c for c in load(given, credentials=choices).credentials if c.used_by]
        assert (credential.required, credential.description) == (True, "One")


def test_chartgen_yaml_names_a_field_by_its_words_or_its_keys() -> None:
    given = flow(component("Acme", "Acme-x1", "My tool", key=secret(display_name="The key")))
    for choice in (
        Selection(name="CRM_KEY", field="key"),
        Selection(name="CRM_KEY", field="The key", component="My tool", flow="Support bot"),
        Selection(name="CRM_KEY", field="key", component="Acme-x1", flow="support-bot"),
        Selection(name="CRM_KEY", field="key", component="Acme"),
    ):
        app = load(given, credentials=[choice])
        assert (credentials(app), codes(app)) == ({"CRM_KEY"}, [])
        assert template(app)["key"]["value"] == "CRM_KEY"


def test_chartgen_yaml_wins_over_a_bound_name_and_can_make_it_optional() -> None:
    choice = Selection(field="key", name="CRM_KEY", required=False, description="Ask Ada")
    app = load(flow(component(key=secret("OLD_KEY"))), credentials=[choice])
    [credential] = [c for c in app.credentials if c.name == "CRM_KEY"]
    assert (credential.required, credential.description) == (False, "Ask Ada")
    assert "OLD_KEY" not in credentials(app)


def test_a_name_that_looks_odd_is_taken_when_chartgen_yaml_states_it() -> None:
    given = flow(component(key=secret("S3_EC2_GPT4_KEY")))
    assert codes(load(given)) == ["literal-secret"]
    choice = Selection(field="key", name="S3_EC2_GPT4_KEY")
    assert codes(load(given, credentials=[choice])) == []


def test_a_mapping_that_meets_no_field_is_an_error_with_the_nearest() -> None:
    choice = Selection(field="api_kee", component="Acme", flow="Support bot", name="X")
    app = load(flow(component(api_key=secret())), credentials=[choice])
    finding = found(app, "no-such-field")
    assert (finding.level, finding.file) == ("error", "chartgen.yaml")
    assert "did you mean Support bot → Acme → api_key?" in finding.fix
