"""The code that is packaged runs, and no other does: not that of a caller, nor of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from docker.models.networks import Network

from chartgen.runtimes.langflow.codes import REFUSED, digest
from tests import helm
from tests.integration.engine import Engine
from tests.runtime import release as releases
from tests.runtime import running, variants
from tests.runtime.release import Release
from tests.runtime.running import Running
from tests.runtime.test_flows_answer import ask, text_of
from tests.runtime.variants import Json

pytestmark = pytest.mark.docker

GREETER = """
from lfx.custom.custom_component.component import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message

class Greeter(Component):
    inputs = [MessageTextInput(name="input_value", display_name="Message")]
    outputs = [Output(name="signature", display_name="Greeting", method="answer")]

    def answer(self) -> Message:
        return Message(text=f"{word} {{self.input_value}}")
"""
# Langflow takes it for the component that it is made of, and so do its locks for interpreters.
INTERPRETER = """
from lfx.components.utilities.python_repl_core import PythonREPLComponent as TheComponent
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message

class PythonREPLComponent(TheComponent):
    inputs = [*TheComponent.inputs, MessageTextInput(name="input_value", display_name="Message")]
    outputs = [Output(name="signature", display_name="Result", method="answer")]

    def answer(self) -> Message:
        self.python_code = self.input_value
        return Message(text=self.run_python_repl().data["result"])
"""
TRACE = "/tmp/intruded"  # noqa: S108 - in the container
# It does not wait until somebody calls it.
INTRUDER = f"""
open({TRACE!r}, "w").close()
{GREETER.format(word="intruded")}
"""
# What somebody does who has the database: flow, a component's type, its new type and new code.
REWRITE = """
import json, sqlite3, sys
flow, former, kind, code = sys.argv[1:]
with sqlite3.connect("/app/data/langflow.db") as database:
    found = database.execute("SELECT data FROM flow WHERE name = ?", [flow]).fetchone()
    graph = json.loads(found[0])
    (node,) = (node["data"] for node in graph["nodes"] if node["data"]["type"] == former)
    node["type"], node["node"]["template"]["code"]["value"] = kind, code
    database.execute("UPDATE flow SET data = ? WHERE name = ?", [json.dumps(graph), flow])
"""
# Langflow as the launcher starts it, with all of its API open.
OPEN_DOOR = """
import sys
sys.path.insert(0, "/app/chartgen")
import guard, uvicorn
guard.Guard = lambda app, requests: app
uvicorn.run("guard:create_app", factory=True, host="0.0.0.0", port=7860, log_level="warning")
"""


FLOWS = (
    variants.coded("Hello", GREETER.format(word="hello")),
    variants.coded("Goodbye", GREETER.format(word="goodbye")),
    variants.coded("Interpreter", INTERPRETER, "PythonREPLComponent"),
    variants.official("Edited", ("text=self.input_value", "text=f'edited {self.input_value}'")),
    variants.coded("Victim", GREETER.format(word="good morning")),
)


@contextmanager
def started(
    base: str, engine: Engine, network: Network, folder: Path, *flows: Json, door: str = ""
) -> Iterator[tuple[Release, Running]]:
    """A release of these flows, and its pod; `door` is a program in the place of the launcher."""
    written = variants.write(folder / "flows", "1.0.0", *flows)
    with ExitStack() as stack:
        made = stack.enter_context(releases.release(base, engine, folder, written, {}))
        objects = made.render()
        if door:
            helm.pod(objects)["containers"][0]["command"] = ["python", "-c", door]
        pod = stack.enter_context(running.start(engine, network, objects, folder / "volumes"))
        assert pod.kubelet.wait_ready(), f"{pod.kubelet.verdict}\n{pod.log}"
        yield made, pod


@pytest.fixture(scope="module")
def custom(
    base: str, engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Release, Running]]:
    """A release with code of its own, and nothing between Langflow and its callers."""
    folder = tmp_path_factory.mktemp("custom")
    with started(base, engine, network, folder, *FLOWS, door=OPEN_DOOR) as made:
        yield made


@pytest.fixture(scope="module")
def official(
    base: str, engine: Engine, network: Network, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Release, Running]]:
    """A release of Langflow's own components alone."""
    folder = tmp_path_factory.mktemp("official")
    with started(base, engine, network, folder, variants.official("Official")) as made:
        yield made


def rewrite(pod: Running, flow: str, former: str, code: str, kind: str = "") -> None:
    """Put another code, and another type, into the database."""
    done = pod.container.exec_run(["python", "-c", REWRITE, flow, former, kind or former, code])
    assert done.exit_code == 0, done.output


def intruded(pod: Running) -> bool:
    """Whether the intruder's code has run."""
    return bool(pod.container.exec_run(["test", "-e", TRACE]).exit_code == 0)


def test_flows_with_one_class_name_run_each_its_own_code(custom: tuple[Release, Running]) -> None:
    release, pod = custom
    assert text_of(ask(pod, release, "Hello", "robin")) == "hello robin"
    assert text_of(ask(pod, release, "Goodbye", "robin")) == "goodbye robin"


def test_a_component_of_langflows_that_was_edited_runs_as_edited(
    custom: tuple[Release, Running],
) -> None:
    release, pod = custom
    assert text_of(ask(pod, release, "Edited", "robin")) == "You said: edited robin"


def test_a_packaged_component_that_interprets_code_does(custom: tuple[Release, Running]) -> None:
    release, pod = custom
    assert text_of(ask(pod, release, "Interpreter", "print(6 * 7)")) == "42"


def test_code_that_comes_in_by_langflows_api_does_not_run(custom: tuple[Release, Running]) -> None:
    release, pod = custom
    for code, status in ((GREETER.format(word="hello").strip(), 200), (INTRUDER, 400)):
        tried = pod.ask("POST", "/api/v1/custom_component", key=release.key, body={"code": code})
        assert tried.status_code == status, tried.text
    flow = variants.coded("Intruder", INTRUDER)
    made = pod.ask("POST", "/api/v1/flows/", key=release.key, body=flow)
    assert made.status_code == 201, made.text
    body = release.app["request"]
    answer = pod.ask("POST", f"/api/v1/run/{made.json()['id']}", key=release.key, body=body)
    assert (answer.status_code, REFUSED in answer.text) == (500, True)
    assert not intruded(pod)


def test_code_that_somebody_writes_into_the_database_does_not_run(
    custom: tuple[Release, Running],
) -> None:
    release, pod = custom
    assert text_of(ask(pod, release, "Victim", "robin")) == "good morning robin"
    rewrite(pod, "Victim", "HmacSigner", INTRUDER)
    answer = ask(pod, release, "Victim", "robin")
    assert (answer.status_code, REFUSED in answer.text) == (500, True)
    assert f"chartgen: {REFUSED}: sha256 {digest(INTRUDER)}\n" in pod.log
    assert not intruded(pod)
    assert text_of(ask(pod, release, "Hello", "robin")) == "hello robin"


def test_a_release_of_langflows_components_runs_no_other_code(
    official: tuple[Release, Running],
) -> None:
    release, pod = official
    assert text_of(ask(pod, release, "Official", "robin")) == "You said: robin"
    assert "LANGFLOW_ALLOW_CUSTOM_COMPONENTS=false" in pod.container.attrs["Config"]["Env"]
    rewrite(pod, "Official", "ChatInput", INTRUDER)
    answer = ask(pod, release, "Official", "robin")
    assert answer.status_code >= 400
    # Not its own in the place of what the flow has, either.
    assert "outdated components must be updated" in answer.text
    assert not intruded(pod)
    # Langflow's own, and none that is packaged.
    kind = "URLComponent"
    rewrite(pod, "Official", "ChatInput", variants.official_code(kind), kind)
    answer = ask(pod, release, "Official", "robin")
    assert (answer.status_code, REFUSED in answer.text) == (500, True)
