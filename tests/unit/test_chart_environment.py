"""The variables that the container gets, and the Secret that holds some of them."""

from __future__ import annotations

import base64
import copy
from typing import Any

import pytest

from chartgen import chart
from tests import helm
from tests.sample import sample_app, sample_image

FILES = chart.build(sample_app(), sample_image()).files
VALUES = helm.values_of(FILES)


def render(**changes: Any) -> helm.Objects:
    return helm.objects(FILES, {**copy.deepcopy(VALUES), **changes})


def test_values_of_credentials_are_kept_in_one_secret_and_referred_to() -> None:
    rendered = render(database={"value": "postgresql://user:p@db/x"})
    secret = {
        name: base64.b64decode(value).decode() for name, value in rendered["Secret"]["data"].items()
    }
    assert secret == {
        **{name: given["value"] for name, given in VALUES["credentials"].items()},
        "LANGFLOW_DATABASE_URL": "postgresql://user:p@db/x",
    }
    env = helm.env(rendered)
    assert all(env[name] == {"name": "demo-support", "key": name} for name in secret)


def test_one_existing_secret_serves_all_credentials() -> None:
    rendered = render(credentials={}, existingSecret="all")
    env = helm.env(rendered)
    assert "Secret" not in rendered
    assert env["OPENAI_API_KEY"] == {"name": "all", "key": "OPENAI_API_KEY"}
    assert env["TAVILY_API_KEY"] == {"name": "all", "key": "TAVILY_API_KEY", "optional": True}


def test_the_setting_of_one_credential_wins_over_the_secret_for_all() -> None:
    own = {
        "OPENAI_API_KEY": {"existingSecret": {"name": "openai", "key": "token"}},
        "TAVILY_API_KEY": {"existingSecret": {"name": "tavily"}},
        "LANGFLOW_API_KEY": {"value": "0123456789abcdef"},
    }
    rendered = render(credentials=own, existingSecret="all")
    env = helm.env(rendered)
    assert env["OPENAI_API_KEY"] == {"name": "openai", "key": "token"}
    assert env["TAVILY_API_KEY"] == {"name": "tavily", "key": "TAVILY_API_KEY"}
    assert env["LANGFLOW_API_KEY"] == {"name": "demo-support", "key": "LANGFLOW_API_KEY"}
    assert env["LANGFLOW_SECRET_KEY"] == {"name": "all", "key": "LANGFLOW_SECRET_KEY"}
    assert list(rendered["Secret"]["data"]) == ["LANGFLOW_API_KEY"]


def test_an_existing_secret_wins_over_a_value_beside_it() -> None:
    both = {"value": "x", "existingSecret": {"name": "openai"}}
    rendered = render(credentials={**VALUES["credentials"], "OPENAI_API_KEY": both})
    assert helm.env(rendered)["OPENAI_API_KEY"]["name"] == "openai"
    assert "OPENAI_API_KEY" not in rendered["Secret"]["data"]


def test_an_optional_credential_that_nobody_gives_is_no_variable() -> None:
    given = {name: value for name, value in VALUES["credentials"].items() if "TAVILY" not in name}
    assert "TAVILY_API_KEY" not in helm.env(render(credentials=given))


def test_parameters_become_the_texts_that_the_runtime_reads() -> None:
    env = helm.env(render())
    assert env["MAX_TOKENS"] == "1000000"
    assert env["TEMPERATURE"] == "0.1"
    assert env["STREAM"] == "false"
    assert env["TOPICS"] == '["billing","shipping & more"]'
    assert env["SUPPORT_TONE"] == "friendly"
    assert "SIGNATURE" not in env


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_parameter_is_no_variable(empty: str | None) -> None:
    given = {"SIGNATURE": empty, "HELP_URL": "x", "MAX_TOKENS": None}
    assert not {"SIGNATURE", "MAX_TOKENS"} & set(helm.env(render(parameters=given)))


def test_a_parameter_is_never_expanded_by_kubernetes() -> None:
    env = helm.env(render(parameters={"HELP_URL": "$(OPENAI_API_KEY) costs $5"}))
    assert env["HELP_URL"] == "$$(OPENAI_API_KEY) costs $$5"


def test_a_variable_of_the_user_replaces_the_one_of_the_chart() -> None:
    mine = [
        {"name": "LANGFLOW_HOST", "value": "::"},
        {"name": "OPENAI_API_KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "NEW", "value": "$(LANGFLOW_HOST)"},
    ]
    rendered = render(env=mine)
    env = helm.env(rendered)
    assert (env["LANGFLOW_HOST"], env["NEW"]) == ("::", "$(LANGFLOW_HOST)")
    assert env["OPENAI_API_KEY"] == {"name": "s", "key": "k"}
    assert helm.pod(rendered)["containers"][0]["env"][-3:] == mine


def test_the_database_of_a_lone_pod_lies_in_the_pod() -> None:
    env = helm.env(render())
    assert env["LANGFLOW_DATABASE_URL"] == "sqlite:////app/data/langflow.db"
    given = {"existingSecret": {"name": "db", "key": "url"}}
    assert helm.env(render(database=given))["LANGFLOW_DATABASE_URL"] == given["existingSecret"]


def test_pods_follow_a_changed_credential_and_nothing_else() -> None:
    def checksum(**changes: Any) -> str:
        template = render(**changes)["Deployment"]["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/secret"])

    changed = {**VALUES["credentials"], "OPENAI_API_KEY": {"value": "another"}}
    assert checksum() != checksum(credentials=changed)
    assert checksum() == checksum(commonLabels={"a": "b"}, service={"port": 80})


def test_pods_follow_changed_flows() -> None:
    template = render()["Deployment"]["spec"]["template"]
    metadata = helm.values_of(FILES, "Chart.yaml")
    name = "chartgen.dev/flows-sha256"
    assert template["metadata"]["annotations"][name] == metadata["annotations"][name]
