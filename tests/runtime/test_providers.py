"""Flows that ask a model: packages in the layer, the key from the Secret, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from docker.models.networks import Network

from tests import helm
from tests.integration.engine import Engine
from tests.runtime import model_flows, running, stub
from tests.runtime import release as releases
from tests.runtime.model_flows import CHOSEN, DIRECT, KEY, STREAMED, UNIFIED_KEY
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.stub import WORDS, Server
from tests.runtime.test_check import checked
from tests.runtime.test_flows_answer import ask, text_of

pytestmark = [pytest.mark.docker, pytest.mark.network]

KEYS = {DIRECT: KEY, STREAMED: KEY, CHOSEN: UNIFIED_KEY}
FLOWS = pytest.mark.parametrize("flow", KEYS)
QUESTION = "what is the answer?"
# What a caller is told of it.
SAID = {"refuse": "Incorrect API key provided", "drop": "Connection error", "hang": "timed out"}
# The setting whose absence the caller is told of first.
NEEDED = {
    DIRECT: "LANGFLOW_PROVIDER_CREDENTIAL_ALLOWED_HOSTS",
    STREAMED: "LANGFLOW_PROVIDER_CREDENTIAL_ALLOWED_HOSTS",
    CHOSEN: "LANGFLOW_SSRF_ALLOWED_HOSTS",
}


@pytest.fixture(scope="module")
def server(network: Network) -> Iterator[Server]:
    with stub.serve(stub.address(network)) as started:
        yield started


@pytest.fixture(autouse=True)
def _in_its_right_mind(server: Server) -> Iterator[None]:
    server.asked.clear()
    server.keys.clear()
    yield
    server.mood = "answer"


@pytest.fixture(scope="module")
def models(
    base: str, engine: Engine, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Release]:
    """The flows as a release; their packages are locked, and lie in our layer."""
    folder = tmp_path_factory.mktemp("models")
    flows = model_flows.write(folder / "flows")
    values = model_flows.parameters(server.base_url)
    with releases.release(base, engine, folder, flows, values) as made:
        yield made


@pytest.fixture(scope="module")
def model_pod(
    models: Release,
    engine: Engine,
    network: Network,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    """Their pod, told that the server is to be trusted."""
    objects = models.render(env=server.environment)
    with running.start(engine, network, objects, tmp_path_factory.mktemp("volumes")) as started:
        assert started.kubelet.wait_ready(), f"{started.kubelet.verdict}\n{started.log}"
        yield started


def events(pod: Running, release: Release, flow: str) -> list[dict[str, Any]]:
    """Call a flow for a stream: the events, line by line."""
    (path,) = (one["path"] for one in release.report["flows"] if one["name"] == flow)
    body = {"input_value": QUESTION}
    answer = pod.ask("POST", f"{path}?stream=true", key=release.key, body=body)
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines() if line]


@FLOWS
def test_a_flow_with_a_model_says_what_the_model_says(
    model_pod: Running, models: Release, server: Server, flow: str
) -> None:
    answer = text_of(ask(model_pod, models, flow, QUESTION))
    assert answer == "".join(WORDS) + QUESTION
    assert [one["path"] for one in server.asked] == [stub.PATH]


@FLOWS
def test_the_key_that_the_model_server_gets_is_the_one_in_the_secret(
    model_pod: Running, models: Release, server: Server, flow: str
) -> None:
    assert text_of(ask(model_pod, models, flow, QUESTION))
    # Compared and not shown: a failure must not print a key.
    assert len(server.keys) == 1
    assert server.keys[0] == f"Bearer {models.secret(KEYS[flow])}"


def test_a_caller_who_asks_for_a_stream_gets_the_models_words_as_they_come(
    model_pod: Running, models: Release, server: Server
) -> None:
    found = events(model_pod, models, STREAMED)
    assert server.asked[0]["stream"]
    words = [one["data"]["chunk"] for one in found if one["event"] == "token"]
    assert [word for word in words if word] == [*WORDS, QUESTION]
    assert found[-1]["event"] == "end"


def test_a_stream_that_fails_ends_with_an_event_that_says_so(
    model_pod: Running, models: Release, server: Server
) -> None:
    server.mood = "refuse"
    *_, last = events(model_pod, models, STREAMED)
    assert last["event"] == "error"
    assert models.secret(KEY) not in json.dumps(last)


@pytest.mark.parametrize(
    ("flow", "mood"),
    [
        *((flow, mood) for flow in KEYS for mood in ("refuse", "drop")),
        # The component for any provider has no field for its patience, which is ten minutes.
        *((flow, "hang") for flow in (DIRECT, STREAMED)),
    ],
)
def test_a_model_server_that_does_not_answer_is_an_error_for_the_caller(
    model_pod: Running, models: Release, server: Server, flow: str, mood: str
) -> None:
    server.mood = mood
    answer = ask(model_pod, models, flow, QUESTION)
    assert answer.status_code == 500
    assert SAID[mood] in answer.text
    assert models.secret(KEYS[flow]) not in answer.text
    assert server.asked


def test_no_key_is_in_the_log_whatever_the_model_server_does(
    model_pod: Running, models: Release, server: Server
) -> None:
    for mood in ("answer", "refuse", "drop"):
        server.mood = mood
        ask(model_pod, models, DIRECT, QUESTION)
    for name in models.values["credentials"]:
        assert models.secret(name) not in model_pod.log, name


def test_every_component_can_be_loaded_with_the_packages_of_the_layer(
    models: Release, engine: Engine
) -> None:
    code, lines, _ = checked(engine, models.image)
    assert (code, lines) == (0, [])


def test_a_private_model_server_gets_no_key_until_the_values_name_it(
    models: Release, engine: Engine, network: Network, server: Server, tmp_path: Path
) -> None:
    with running.start(engine, network, models.render(), tmp_path) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        for flow in KEYS:
            answer = ask(pod, models, flow, QUESTION)
            assert answer.status_code == 500
            assert NEEDED[flow] in answer.text
    assert not server.asked


def test_the_log_of_a_pod_for_developers_holds_no_key_that_a_model_is_asked_with(
    models: Release, engine: Engine, network: Network, server: Server, tmp_path: Path
) -> None:
    values = helm.values_of(models.chart, "values-development.yaml")
    assert values["logLevel"] == "debug"
    objects = models.render(**values, env=server.environment)
    with running.start(engine, network, objects, tmp_path) as pod:
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        for server.mood in ("answer", "refuse", "drop"):
            for flow in KEYS:
                ask(pod, models, flow, QUESTION)
        assert server.keys
        assert QUESTION in pod.log
        for name in models.values["credentials"]:
            assert models.secret(name) not in pod.log, name
