"""Each sentence of the schema: values that it is said of, and like ones that it is not said of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests import chart_variants
from tests.chart.contract import KEYWORDS, forbidden
from tests.chart_pieces import EXTERNAL, INGRESS, PARTS, ROUTE, SHARED, STORE, Values, merged

SCHEMA = json.loads(chart_variants.files()["values.schema.json"])
OPEN = {"networkAccess": "public"}
KEYLESS = {**STORE, "s3": {**STORE["s3"], "existingSecret": ""}}
LANGFUSE = {"baseUrl": "https://langfuse.example.com"}
STORELESS = {**EXTERNAL, "secretStoreRef": {"name": ""}}
LABELS = (
    *(f"app.kubernetes.io/{part}" for part in ("name", "instance", "version", "component")),
    *("app.kubernetes.io/managed-by", "helm.sh/chart"),
)


def credential(name: str, content: Any) -> Values:
    return {"credentials": {name: content}}


# How a sentence begins → values that it is said of, and values that are taken.
TRIALS: dict[str, tuple[Values, Values]] = {
    **{
        f"set credentials.{name}.value or credentials.{name}.existingSecret": (
            credential(name, {}),
            credential(name, {"existingSecret": {"name": "mine"}}),
        )
        for name in ("LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "OPENAI_API_KEY", "TAVILY_API_KEY")
    },
    "credentials.LANGFLOW_API_KEY.value has to have 16 characters": (
        credential("LANGFLOW_API_KEY", {"value": "x" * 15}),
        credential("LANGFLOW_API_KEY", {"value": "x" * 16}),
    ),
    "credentials.LANGFLOW_SECRET_KEY.value has another form": (
        credential("LANGFLOW_SECRET_KEY", {"value": "!" * 43}),
        credential("LANGFLOW_SECRET_KEY", {"value": "x" * 43}),
    ),
    **{
        f"credentials.{name}.value is empty": (
            credential(name, {"value": ""}),
            credential(name, {"value": "x"}),
        )
        for name in ("OPENAI_API_KEY", "TAVILY_API_KEY")
    },
    "set parameters.HELP_URL": (
        {"parameters": {"HELP_URL": None}},
        {"parameters": {"HELP_URL": "x"}},
    ),
    "set externalSecret.key": (
        {"externalSecret": {**EXTERNAL, "key": ""}},
        {"externalSecret": EXTERNAL},
    ),
    "set externalSecret.secretStoreRef.name": (
        {"externalSecret": STORELESS},
        {"externalSecret": {**STORELESS, "enabled": False}},
    ),
    "set database.password.value or database.password.existingSecret": (
        {"database": {**PARTS, "password": {}}},
        {"database": {**PARTS, "password": {"value": "x"}}},
    ),
    "set database.value, database.existingSecret or database.host": (
        {"database": {}},
        {"database": {"value": "postgresql://db"}},
    ),
    "with database.host set .name": ({"database": {"host": "db"}}, {"database": PARTS}),
    "set the database's address or its parts": (
        {"database": {**PARTS, "value": "postgresql://db"}},
        {"database": {**PARTS, "tls": {"mode": "require"}}},
    ),
    "database.tls goes with the parts": (
        {"database": {"value": "postgresql://db", "tls": PARTS["tls"]}},
        {"database": {"value": "postgresql://db?sslmode=verify-full"}},
    ),
    "set backup.s3.existingSecret": (
        {"database": PARTS, "backup": KEYLESS},
        {"database": PARTS, "backup": STORE},
    ),
    "set ingress.hosts": (
        {**OPEN, "ingress": {**INGRESS, "hosts": []}},
        {**OPEN, "ingress": INGRESS},
    ),
    "set httpRoute.parentRefs": (
        {**OPEN, "httpRoute": {**ROUTE, "parentRefs": []}},
        {**OPEN, "httpRoute": {**ROUTE, "parentRefs": [], "enabled": False}},
    ),
    "set tracing.langfuse.existingSecret": (
        {"tracing": {"langfuse": LANGFUSE}},
        {"tracing": {"langfuse": {**LANGFUSE, "existingSecret": "mine"}}},
    ),
    "replicaCount above 1 needs a shared database": (
        {"replicaCount": 2},
        {"replicaCount": 2, **SHARED},
    ),
    "remove downloadFlows": ({"downloadFlows": {"path": "/app/flows"}}, {}),
    **{
        f"remove {label}: the chart sets it itself": (
            {"commonLabels": {label: "mine"}},
            {"commonLabels": {f"{label}s": "mine"}},
        )
        for label in LABELS
    },
}


def taken(changes: Values) -> Values:
    """All values; a credential is replaced as a whole."""
    given = chart_variants.given()
    credentials = {**given["credentials"], **changes.get("credentials", {})}
    return {**merged(given, changes), "credentials": credentials}


def sentences(rule: Any = SCHEMA) -> Iterator[str]:
    """Every sentence of the schema: an enum of one text with a blank in it."""
    if isinstance(rule, dict):
        if forbidden(rule):
            yield rule["enum"][0]
        for part in rule.values():
            yield from sentences(part)
    if isinstance(rule, list):
        for part in rule:
            yield from sentences(part)


def keywords(rule: Any) -> Iterator[str]:
    """Every keyword of a schema."""
    for name, part in rule.items():
        yield name
        if name == "default":
            continue
        if name in {"properties", "patternProperties", "definitions"}:
            for each in part.values():
                yield from keywords(each)
        elif isinstance(part, list):
            for each in part:
                yield from keywords(each) if isinstance(each, dict) else ()
        elif isinstance(part, dict):
            yield from keywords(part)


@pytest.mark.parametrize("words", TRIALS)
def test_a_sentence_is_said_of_what_it_is_about(words: str) -> None:
    broken, _ = TRIALS[words]
    said = chart_variants.engine().refusal(taken(broken))
    assert f"value must be '{words}" in said.replace("\\'", "'")


@pytest.mark.parametrize("words", TRIALS)
def test_a_sentence_is_not_said_of_what_it_asks_for(words: str) -> None:
    _, mended = TRIALS[words]
    assert chart_variants.engine().refusal(taken(mended)) == ""


def test_what_is_no_number_is_not_too_many() -> None:
    said = chart_variants.engine().refusal(taken({"replicaCount": "2"}))
    assert "at '/replicaCount': got string, want integer" in said
    assert "shared database" not in said


def test_every_sentence_is_tried() -> None:
    found = set(sentences())
    assert len(found) >= len(TRIALS)
    untried = [each for each in found if not any(each.startswith(words) for words in TRIALS)]
    assert untried == []


def test_the_schema_has_no_kind_of_rule_that_is_not_tried() -> None:
    structure = {"$schema", "$comment", "$ref", "title", "description", "default", "definitions"}
    parts = {"properties", "patternProperties", "items"}
    # What sentences stand under.
    conditions = {"if", "then", "else", "not", "anyOf", "allOf", "const"}
    assert set(keywords(SCHEMA)) <= {*structure, *parts, *conditions, *KEYWORDS}
