"""The contract: what a chart refuses, in which words, with and without its schema."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chartgen import chart
from chartgen.model import Credential, Parameter, Use
from chartgen.tree import Tree
from tests import helm
from tests.sample import FERNET, sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)
USES = {
    "LANGFLOW_API_KEY": "Key that callers send",
    "LANGFLOW_SECRET_KEY": "Key that encrypts what the runtime stores",
    "OPENAI_API_KEY": "Support bot → OpenAI → API Key; Ticket triage → Agent → API Key",
}
BOTH_WAYS = pytest.mark.parametrize(
    "files", [FILES, helm.without_schema(FILES)], ids=["schema", "no-schema"]
)


def values(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(VALUES), **changes}


def credentials(**changes: Any) -> dict[str, Any]:
    return values(credentials={**copy.deepcopy(VALUES["credentials"]), **changes})


@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
@pytest.mark.parametrize("name", USES)
def test_a_missing_credential_is_refused_with_flow_and_field_named(name: str, null: bool) -> None:
    given = credentials(**{name: None})
    if not null:
        del given["credentials"][name]
    assert (
        f"value must be 'set credentials.{name}.value or credentials.{name}.existingSecret: "
        f"{USES[name]}'"
    ) in helm.refusal(FILES, given)
    assert (
        f"credentials.{name} is missing: {USES[name]}. "
        f"Set credentials.{name}.value or .existingSecret"
    ) in helm.refusal(helm.without_schema(FILES), given)


@BOTH_WAYS
@pytest.mark.parametrize("given", [{}, {"credentials": None}, {"credentials": {}}], ids=str)
def test_all_missing_credentials_are_named_at_once(files: Tree, given: dict[str, Any]) -> None:
    words = helm.refusal(files, given)
    if given == {"credentials": None} and "values.schema.json" in files:
        assert "missing property 'credentials'" in words
    else:
        assert all(name in words and why in words for name, why in USES.items())
    assert "TAVILY_API_KEY" not in words


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "TAVILY_API_KEY"])
def test_a_credential_with_neither_value_nor_secret_is_refused(name: str) -> None:
    assert f"set credentials.{name}.value" in helm.refusal(FILES, credentials(**{name: {}}))


@BOTH_WAYS
@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "TAVILY_API_KEY"])
def test_an_empty_credential_is_refused(files: Tree, name: str) -> None:
    words = helm.refusal(files, credentials(**{name: {"value": ""}}))
    assert f"/credentials/{name}/value" in words or f"credentials.{name}.value is empty" in words


@BOTH_WAYS
def test_a_misspelt_credential_is_refused(files: Tree) -> None:
    assert "OPENAI_KEY" in helm.refusal(files, credentials(OPENAI_KEY={"value": "x"}))


def test_a_credential_must_have_its_shape() -> None:
    words = helm.refusal(FILES, credentials(LANGFLOW_SECRET_KEY={"value": "not a key"}))
    assert "/credentials/LANGFLOW_SECRET_KEY/value" in words


@BOTH_WAYS
@pytest.mark.parametrize("replicas", [0, 6])
def test_replicas_stay_between_one_and_five(files: Tree, replicas: int) -> None:
    words = helm.refusal(files, values(replicaCount=replicas, database={"value": "postgresql://"}))
    assert "replicaCount" in words
    assert str(replicas) in words


@BOTH_WAYS
@pytest.mark.parametrize("replicas", [2, 5])
def test_more_than_one_replica_needs_a_database(files: Tree, replicas: int) -> None:
    words = helm.refusal(files, values(replicaCount=replicas))
    assert "replicaCount above 1 needs a shared database: set database.value" in words
    for database in ({"value": "postgresql://db"}, {"existingSecret": {"name": "db"}}):
        rendered = helm.objects(files, values(replicaCount=replicas, database=database))
        assert rendered["Deployment"]["spec"]["replicas"] == replicas


def test_a_database_without_an_address_is_refused() -> None:
    words = helm.refusal(FILES, values(database={}))
    assert "set database.value, database.existingSecret or database.host" in words


@BOTH_WAYS
def test_the_key_of_the_old_chart_is_refused_with_a_reason(files: Tree) -> None:
    words = helm.refusal(files, values(downloadFlows={"flows": [{"url": "https://x"}]}))
    assert "the flows are in the image" in words


@BOTH_WAYS
def test_a_missing_required_parameter_is_refused_with_its_use(files: Tree) -> None:
    words = helm.refusal(files, values(parameters={}))
    assert "parameters.HELP_URL" in words
    assert "Support bot → Prompt → Help page" in words


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"replicas": 2}, "replicas"),
        ({"displayName": "x" * 64}, "/displayName"),
        ({"displayName": ""}, "/displayName"),
        ({"networkAccess": "internet"}, "/networkAccess"),
        ({"replicaCount": "2"}, "/replicaCount"),
        ({"resources": {"limits": {"memory": "1 GB"}}}, "/resources/limits/memory"),
        ({"resources": {"limits": {"memory": "512m"}}}, "/resources/limits/memory"),
        ({"resources": {"requests": {"cpu": "half"}}}, "/resources/requests/cpu"),
        ({"resources": {"requests": {"memroy": "1Gi"}}}, "memroy"),
        ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        ({"image": {"repository": "registry/app:1.0"}}, "/image/repository"),
        ({"service": {"port": 0}}, "/service/port"),
        ({"podLabels": {"app.kubernetes.io/name": "x"}}, "remove app.kubernetes.io/name"),
        ({"env": [{"value": "x"}]}, "/env/0"),
        ({"existingSecret": "Not A Name"}, "/existingSecret"),
        ({"parameters": {"SUPPORT_TONE": "rude", "HELP_URL": "x"}}, "/parameters/SUPPORT_TONE"),
        ({"parameters": {"MAX_TOKENS": 0, "HELP_URL": "x"}}, "/parameters/MAX_TOKENS"),
        ({"parameters": {"MAX_TOKENS": "9", "HELP_URL": "x"}}, "/parameters/MAX_TOKENS"),
        ({"parameters": {"TEMPERATURE": 2.1, "HELP_URL": "x"}}, "/parameters/TEMPERATURE"),
        ({"parameters": {"STREAM": "yes", "HELP_URL": "x"}}, "/parameters/STREAM"),
        ({"parameters": {"TOPICS": [1], "HELP_URL": "x"}}, "/parameters/TOPICS"),
        ({"parameters": {"HELP_URL": ""}}, "/parameters/HELP_URL"),
        ({"parameters": {"TONE": "x", "HELP_URL": "x"}}, "TONE"),
    ],
    ids=str,
)
def test_a_value_outside_the_contract_is_refused_where_it_stands(
    changes: dict[str, Any], place: str
) -> None:
    assert place in helm.refusal(FILES, values(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"global": {"anything": 1}},
        {"resources": {"limits": {"cpu": None}}},
        {"resources": {"limits": {"cpu": 1.5, "nvidia.com/gpu": 1}}},
        {"resources": None},
        {"startupProbe": None},
        {"image": {"repository": "localhost:5000/team/app", "digest": ""}},
        {"displayName": "ä" * 63},
        {"database": None},
        {"parameters": {"SIGNATURE": "", "MAX_TOKENS": None, "HELP_URL": "x"}},
    ],
    ids=str,
)
def test_what_an_operator_may_ask_for_is_accepted(changes: dict[str, Any]) -> None:
    helm.objects(FILES, values(**changes))


def test_an_optional_credential_may_be_taken_back() -> None:
    rendered = helm.objects(FILES, credentials(TAVILY_API_KEY=None))
    assert "TAVILY_API_KEY" not in helm.env(rendered)


def test_one_secret_for_all_makes_up_for_every_credential() -> None:
    for files in (FILES, helm.without_schema(FILES)):
        given = {"existingSecret": "all", "parameters": {"HELP_URL": "x"}}
        assert "Secret" not in helm.objects(files, given)


def test_test_values_are_found_for_every_kind_of_rule() -> None:
    use = Use(flow="f", component="c", field="x")
    app = sample_app(
        credentials=(
            Credential(name="LONG", min_length=40),
            Credential(name="FERNET_KEY", pattern=FERNET, min_length=43),
            Credential(name="LANGFLOW_API_KEY", used_by=(use,)),
        ),
        parameters=(
            Parameter(name="A_TEXT", required=True),
            Parameter(name="A_CHOICE", required=True, choices=("one", "two")),
            Parameter(name="A_NUMBER", required=True, type="number", minimum=0.5),
            Parameter(name="AN_INTEGER", required=True, type="integer", maximum=-3),
            Parameter(name="ANY_INTEGER", required=True, type="integer"),
            Parameter(name="A_TRUTH", required=True, type="boolean"),
            Parameter(name="A_LIST", required=True, type="array"),
        ),
    )
    files = chart.build(app, sample_image()).files
    given = helm.values_of(files)
    assert given["credentials"]["FERNET_KEY"] == {"value": "A" * 43 + "="}
    env = helm.env(helm.objects(files, given))
    assert (env["A_CHOICE"], env["A_NUMBER"], env["AN_INTEGER"]) == ("one", "1", "-3")
    assert (env["A_TRUTH"], env["A_LIST"]) == ("true", '["test"]')
