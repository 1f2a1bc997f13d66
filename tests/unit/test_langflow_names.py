from __future__ import annotations

import re
import time
from typing import Any

import pytest

from chartgen.runtimes.langflow import facts, names
from tests.flows_factory import component, credentials, field, flow, found, load, model, secret

KNOWN = facts.load()


@pytest.mark.parametrize(
    "text",
    [
        "ACME_API_KEY", "OPENAI_API_KEY", "OPENRAG-QUERY-FILTER", "MY KEY", "TOKEN", "JWT",
        "AZURE_GPT4_KEY", "KEY_2024", "_PRIVATE_TOKEN", "HUGGINGFACEHUB_API_TOKEN",
    ],
)  # fmt: skip
def test_upper_case_words_are_a_name(text: str) -> None:
    assert names.is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "AKIAQ3EGRZWTPNBVXYKD", "AKIAIOSFODNN7EXAMPLE", "ASIAQWERTYUIOPASDFGH", "openai_api_key",
        "EnE19gQwErTyUiOpAsDfGh12", "8F3BA2F56D1C4A559A0E", "ABCD3-EFGH7-JKLM2-NPQR5",
        "K8F2H9S3L4", "S3CR3TPASSW0RDLONG", "", "_", "Ünicode", "A" * 30, "A_" * 200 + "A",
        "7UP", "JBSWY3DPEHPK3PXP",
    ],
)  # fmt: skip
def test_what_could_be_the_secret_itself_is_no_name(text: str) -> None:
    assert not names.is_name(text)


def test_every_variable_that_langflow_knows_is_a_name() -> None:
    assert all(map(names.is_name, KNOWN.known_variables | KNOWN.imported_variables))


@pytest.mark.parametrize(
    ("given", "usable"),
    [
        ("ACME_API_KEY", "ACME_API_KEY"),
        ("GITHUB_TOKEN", "FLOW_GITHUB_TOKEN"),
        ("DATABASE_URL", "FLOW_DATABASE_URL"),
        ("AWS_SECRET_ACCESS_KEY", "FLOW_AWS_SECRET_ACCESS_KEY"),
        ("LANGFLOW_SECRET_KEY", "FLOW_LANGFLOW_SECRET_KEY"),
        ("LFX_API_KEY", "FLOW_LFX_API_KEY"),
        ("SECRET_KEY", "FLOW_SECRET_KEY"),
        ("SUPERUSER_PASSWORD", "FLOW_SUPERUSER_PASSWORD"),
        ("PRIVATE_KEY", "FLOW_PRIVATE_KEY"),
        ("LD_PRELOAD", "FLOW_LD_PRELOAD"),
        ("PYTHONPATH", "FLOW_PYTHONPATH"),
        ("HTTPS_PROXY", "FLOW_HTTPS_PROXY"),
        ("OPENRAG-QUERY-FILTER", "OPENRAG_QUERY_FILTER"),
        ("MY KEY", "MY_KEY"),
        ("7UP_TOKEN", "_7UP_TOKEN"),
        ("ключ", "VARIABLE"),
    ],
)
def test_a_name_that_cannot_work_becomes_one_that_can(given: str, usable: str) -> None:
    assert names.usable(given, KNOWN) == usable


def test_every_refused_name_of_langflow_becomes_one_that_is_not_refused() -> None:
    for name in KNOWN.refused_names | KNOWN.settings_names:
        renamed = names.usable(name, KNOWN)
        assert renamed not in KNOWN.refused_names | KNOWN.settings_names
        assert not renamed.startswith(KNOWN.refused_prefixes)


@pytest.mark.parametrize(
    ("node", "name"),
    [
        # The provider of a model field, and of the fields that older agents have.
        (component("Agent", model=model("OpenAI"), api_key=secret()), "OPENAI_API_KEY"),
        (component("Agent", model=model("Anthropic"), api_key=secret()), "ANTHROPIC_API_KEY"),
        (component("Agent", model=model("IBM WatsonX"), api_key=secret()), "WATSONX_APIKEY"),
        (component("Agent", agent_llm=field("Groq"), api_key=secret()), "GROQ_API_KEY"),
        (component("Embed", provider=field("OpenAI"), api_key=secret()), "OPENAI_API_KEY"),
        (component("Agent", model=model("Acme AI"), api_key=secret()), "AGENT_API_KEY"),
        # A well-known variable that component and field spell.
        (component("OpenAIModel", openai_api_key=secret()), "OPENAI_API_KEY"),
        (component("OpenAIModel", api_key=secret()), "OPENAI_API_KEY"),
        (component("TavilySearchComponent", api_key=secret()), "TAVILY_API_KEY"),
        (component("AmazonBedrock", aws_access_key_id=secret()), "FLOW_AWS_ACCESS_KEY_ID"),
        (
            component("AstraDB", token=secret(display_name="Astra DB Application Token")),
            "ASTRA_DB_APPLICATION_TOKEN",
        ),
        # Else component and field.
        (component("AcmeCRM", password=secret()), "ACMECRM_PASSWORD"),
        (component("SQLDatabase", "x", "Orders", password=secret()), "SQL_DATABASE_PASSWORD"),
        (component("CustomComponent", "x", "Ticket Desk", token=secret()), "TICKET_DESK_TOKEN"),
        (component("Acme", acme_key=secret()), "ACME_KEY"),
        (component("AcmeToolComponent", token=secret()), "ACME_TOOL_TOKEN"),
        (component("ext:acme:AcmeTool@official", key=secret()), "ACME_TOOL_KEY"),
        (component("客服", 客=secret()), "FLOW"),
        (component("X" * 500, token=secret()), None),
    ],
)
def test_a_blanked_name_is_derived(node: dict[str, Any], name: str | None) -> None:
    [derived] = credentials(load(flow(node)))
    assert derived == (name or derived)
    assert re.fullmatch("[A-Z_][A-Z0-9_]{0,110}", derived)


def test_a_renamed_variable_is_shown_with_both_names() -> None:
    app = load(flow(component(api_key=secret("GITHUB_TOKEN"))))
    finding = found(app, "variable-renamed")
    assert finding.level == "warning"
    assert "GITHUB_TOKEN" in finding.message
    assert "FLOW_GITHUB_TOKEN" in finding.message


def test_two_variables_that_would_become_one_are_an_error() -> None:
    app = load(flow(component(a=secret("MY KEY"), b=secret("MY.KEY"))))
    finding = found(app, "name-clash")
    assert (finding.level, finding.field) == ("error", "b")
    assert "MY_KEY" in finding.message


def test_a_component_of_twenty_thousand_words_has_a_name_soon() -> None:
    start = time.process_time()
    app = load(flow(component("a-" * 20_000, api_key=secret())))
    assert time.process_time() - start < 1
    [name] = credentials(app)
    assert len(name) <= 100
