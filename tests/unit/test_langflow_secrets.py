from __future__ import annotations

import time
from typing import Any

import pytest

from chartgen import report
from chartgen.runtimes.langflow import secrets
from tests.flows_factory import FAKE_KEY, codes, component, edge, field, flow, found, load, secret

# In the vendors' forms, put together here so that no scanner takes them for real.
KEYS = {
    "OpenAI": FAKE_KEY,
    "GitHub": "ghp_" + "aB3dE6gH9j" * 4,
    "GitLab": "glpat-" + "aB3dE6gH9jK2mN5pQ8sT",
    "Hugging Face": "hf_" + "aBcDeFgHiJ" * 3 + "kL",
    "Slack": "xoxb-" + "123456789012-aBcDeFgHiJ",
    "AWS": "AKIA" + "Q3EGRZWTPNBVXYKD",
    "Google": "AIza" + "SyD3mN5pQ8sTaB3dE6gH9jK2mN5pQ8sTvWx"[:35],
    "Groq": "gsk_" + "aB3dE6gH9j" * 5,
    "private key": "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4,
    "web token": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY" + ".sIgNaTuRe-0123",
    "password in a URL": "https://ada:S3cr3t-pa55@db.example.com/x",
    "key in a URL": "https://api.example.com/v1?lang=en&api_key=Zq8rT2vXb91L",
}
PLACES: dict[str, Any] = {
    "a plain field": lambda text: flow(component(prompt=field(f"Use {text} please"))),
    "code": lambda text: flow(component(code={"type": "code", "value": f'KEY = "{text}"'})),
    "code in lines": lambda text: flow(component(code={"type": "code", "value": ["x=1", text]})),
    "a nested value": lambda text: flow(component(d=field({"a": [{"id": text}]}, type="other"))),
    "a key": lambda text: flow(component(d=field({f"Bearer {text}": ""}, type="other"))),
    "a note": lambda text: flow(
        component(),
        {"id": "n", "type": "noteNode", "data": {"node": {"description": text, "template": {}}}},
    ),
    "an edge": lambda text: flow(edges=[{**edge("Acme-1", "x"), "id": text}]),
    "a component's name": lambda text: flow(component("Acme", "n", f"My {text}", a=secret())),
    "a field's name": lambda text: flow(component(a=secret(display_name=text))),
    "the flow's name": lambda text: flow(name=f"Bot {text}"),
    "the description": lambda text: flow(description=f"Call it\nwith {text}"),
    "a tag": lambda text: flow(tags=[text]),
}


@pytest.mark.parametrize("kind", KEYS)
def test_a_text_with_a_known_key_in_it_stops_the_packaging(kind: str) -> None:
    app = load(flow(component("Acme", "n", "My tool", prompt=field(f"Use {KEYS[kind]} please"))))
    finding = found(app, "literal-secret")
    assert (finding.level, finding.component) == ("error", "My tool")
    assert finding.at == "$.data.nodes[0].data.node.template.prompt.value"
    assert kind.split()[0] in finding.message
    assert KEYS[kind] not in repr(app)


@pytest.mark.parametrize("place", PLACES)
def test_wherever_a_key_stands_it_is_found_and_never_shown(place: str) -> None:
    app = load(PLACES[place](FAKE_KEY))
    assert set(codes(app, "error")) == {"literal-secret"}
    assert FAKE_KEY not in repr(app)
    assert FAKE_KEY not in report.dump(report.of(app))


def test_a_key_in_an_edge_is_in_no_component() -> None:
    assert found(load(PLACES["an edge"](FAKE_KEY)), "literal-secret").component == ""


def test_bind_literals_cannot_bind_a_prompt() -> None:
    app = load(flow(component(prompt=field(FAKE_KEY, "PromptInput"))), bind_literals=True)
    assert codes(app) == ["literal-secret"]


@pytest.mark.parametrize(
    "text",
    [
        "sk-your-key-goes-right-here-0000",
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx1",
        "AKIAIOSFODNN7EXAMPLE",
        "postgresql://user:password@localhost:5432/db",
        "https://{user}:{password}@host/x",
        "https://ada:pw-xxxxxxxx-1@host/x",
        "https://ada:${DB_PASSWORD}@host/x",
        "https://api.example.com?api_key={api_key}",
        "https://api.example.com?api_key=YOUR_API_KEY",
        "task-force-of-1000-people-and-more",
        "risk-assessment-2024-for-everyone",
        "https://example.com:8080/a@b",
        "",
    ],
)
def test_examples_and_ordinary_words_are_no_secrets(text: str) -> None:
    assert [*secrets.kinds(text)] == []
    assert secrets.redacted(text) == text


def test_redaction_takes_every_secret_out() -> None:
    for text in KEYS.values():
        assert [*secrets.kinds(secrets.redacted(f"a {text} b {FAKE_KEY}"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10**6 + "://",
        "a+" * 10**5 + "://x",
        "a://" * 10**5,
        "x://a:" * 10**5,
        "{{" + " " * 10**5,
        "sk-" * 10**5,
        "-----BEGIN " + "A " * 10**5,
        "eyJ" + "a.eyJ" * 10**5,
        "https://x?" + "a=b&" * 10**5,
        "SG." * 10**5,
        "sk-aaaaaaaaaaaaaaaa " * 10**4,
        "eyJaaaaaaaaaaaaaaaaa." * 10**4,
        "-----BEGIN PRIVATE KEY-----a: " * 10**4,
        "x://hooks.zapier.com/hooks/" * 10**4,
        "https://u:" + "p/" * 10**5,
        "password" * 10**5,
        "api_key=" * 10**5,
        "password=abcd;" * 10**4,
        "password is " * 10**4,
        "bearer " * 10**5,
        "Q~" * 10**5,
        "token: str | " * 10**4,
        '"api_key": "' * 10**4,
    ],
    ids=range(23),
)
def test_no_text_takes_long_to_search(text: str) -> None:
    start = time.process_time()
    assert load(flow(component(a=field(text, load_from_db=True), b=secret(text)))).flows
    assert time.process_time() - start < 5
