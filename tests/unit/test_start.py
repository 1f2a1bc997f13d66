"""The launcher as the container runs it: a program of its own, told by files and variables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chartgen.model import Selection
from tests.flows_factory import Json, component, field, flow, load, secret

CONFIGURATION_FAULT = 78
# In place of the server: tells what it was given.
SERVER = """
import json, os, pathlib, sys
flows = pathlib.Path(os.environ["LANGFLOW_LOAD_FLOWS_PATH"])
print(json.dumps({
    "arguments": sys.argv[1:],
    "flows": {file.name: json.loads(file.read_bytes()) for file in flows.iterdir()},
    "folder": str(flows),
    "key": os.environ.get("ACME_KEY"),
    "variables": sorted(os.environ),
}))
"""
REQUIRED = {
    "LANGFLOW_API_KEY": "k" * 20,
    "LANGFLOW_SECRET_KEY": "s" * 43,
    "LANGFLOW_SUPERUSER_PASSWORD": "hunter2-hunter2",
}
FIELDS: Json = {
    "switch": field(True, "BoolInput", type="bool"),
    "count": field(5, "IntInput", type="int"),
    "heat": field(0.5, "SliderInput", type="slider"),
    "tone": field("kind", "DropdownInput", options=["kind", "firm"]),
    "topics": field(["a"], "StrInput", list=True),
}
OPENED = tuple(Selection(field=name, name=name.upper()) for name in FIELDS)


class Container:
    """What an image would hold, in a folder, with a stand-in for the server."""

    def __init__(self, folder: Path, app: Any) -> None:
        self.folder = folder
        for path, data in app.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        (folder / "server.py").write_text(SERVER)
        contract = self.contract()
        contract["command"] = [sys.executable, str(folder / "server.py"), "--loop"]
        contract["flows"] = str(folder / "app" / "flows")
        contract["credentials_folder"] = str(folder / "credentials")
        contract["written_flows"] = str(folder / "data" / "flows")
        self.write(contract)

    @property
    def contract_file(self) -> Path:
        return self.folder / "app" / "chartgen" / "contract.json"

    def contract(self) -> Json:
        content: Json = json.loads(self.contract_file.read_bytes())
        return content

    def write(self, contract: Json) -> None:
        self.contract_file.write_text(json.dumps(contract))

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        start = self.folder / "app" / "chartgen" / "start.py"
        contract = self.contract()
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-E", "-s", str(start)],
            env={"LANGFLOW_LOAD_FLOWS_PATH": contract["flows"], **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )

    def mount(self, **files: str) -> None:
        """Lay files down as a kubelet does: links to a folder that can be exchanged at once."""
        folder = self.folder / "credentials"
        (folder / "..2026_11_20").mkdir(parents=True)
        (folder / "..data").symlink_to("..2026_11_20")
        for name, content in files.items():
            (folder / "..data" / name).write_bytes(content.encode())
            (folder / name).symlink_to(f"..data/{name}")

    def answer(self, **environment: str) -> Json:
        ended = self.run(**REQUIRED, **environment)
        assert (ended.returncode, ended.stderr) == (0, "")
        content: Json = json.loads(ended.stdout)
        return content

    def fields(self, **environment: str) -> Json:
        flows = self.answer(**environment)["flows"]
        template: Json = flows["support-bot.json"]["data"]["nodes"][0]["data"]["node"]["template"]
        return {name: template[name]["value"] for name in FIELDS}


@pytest.fixture
def knobs(tmp_path: Path) -> Container:
    """Return a container whose flow has a parameter of each type."""
    return Container(tmp_path, load(flow(component(**FIELDS)), parameters=OPENED))


def test_every_missing_variable_is_named_with_its_use_and_nothing_is_served(tmp_path: Path) -> None:
    key = secret("ACME_KEY", display_name="API Key")
    region = field("ACME_REGION", load_from_db=True)
    app = load(flow(component("Acme", "n", "My tool", key=key, region=region)))
    ended = Container(tmp_path, app).run(LANGFLOW_API_KEY="set-and-secret", ACME_KEY="  ")
    assert ended.returncode == CONFIGURATION_FAULT
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "chartgen: ACME_KEY is not set: Support bot → My tool → API Key",
        "chartgen: ACME_REGION is not set: Support bot → My tool → region",
        "chartgen: LANGFLOW_SECRET_KEY is not set: Encrypts what Langflow stores: 32 random bytes "
        "in URL-safe base64, the same for all replicas and releases",
        "chartgen: LANGFLOW_SUPERUSER_PASSWORD is not set: Password of the user admin, who owns "
        "the flows",
    ]


def test_an_optional_credential_may_be_missing(tmp_path: Path) -> None:
    choice = Selection(field="key", name="ACME_KEY", required=False)
    app = load(flow(component(key=secret())), credentials=[choice])
    assert Container(tmp_path, app).answer()["key"] is None


def test_the_server_takes_the_place_of_the_launcher_with_the_environment(tmp_path: Path) -> None:
    answer = Container(tmp_path, load(flow(component(key=secret("ACME_KEY"))))).answer(ACME_KEY="x")
    assert (answer["arguments"], answer["key"]) == (["--loop"], "x")
    assert answer["folder"] == str(tmp_path / "app" / "flows")


def test_credentials_that_lie_as_files_are_seen_and_not_passed_on(tmp_path: Path) -> None:
    container = Container(tmp_path, load(flow(component(key=secret("ACME_KEY")))))
    container.mount(**REQUIRED, ACME_KEY="s3cret-canary")
    ended = container.run(HERE="x")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "s3cret-canary" not in ended.stdout
    variables = set(json.loads(ended.stdout)["variables"])
    assert "HERE" in variables
    assert not variables & {*REQUIRED, "ACME_KEY"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (" \n", "ACME_KEY is not set: Support bot → Component → API Key"),
        ("hunter2\0", "ACME_KEY holds a zero byte"),
    ],
)
def test_a_file_that_is_no_credential_is_named_and_never_shown(
    content: str, said: str, tmp_path: Path
) -> None:
    key = secret("ACME_KEY", display_name="API Key")
    container = Container(tmp_path, load(flow(component("Acme", "n", "Component", key=key))))
    container.mount(**REQUIRED, ACME_KEY=content)
    ended = container.run()
    assert (ended.returncode, ended.stdout) == (CONFIGURATION_FAULT, "")
    assert ended.stderr == f"chartgen: {said}\n"


def test_an_empty_variable_is_not_filled_from_a_file(tmp_path: Path) -> None:
    container = Container(tmp_path, load(flow(component(key=secret("ACME_KEY")))))
    container.mount(**REQUIRED, ACME_KEY="there")
    assert container.run().returncode == 0
    ended = container.run(ACME_KEY="")
    assert ended.returncode == CONFIGURATION_FAULT
    assert ended.stderr.startswith("chartgen: ACME_KEY is not set: ")


def test_a_file_that_cannot_be_read_ends_without_a_traceback(tmp_path: Path) -> None:
    container = Container(tmp_path, load(flow(component(key=secret("ACME_KEY")))))
    container.mount(**REQUIRED)
    (tmp_path / "credentials" / "ACME_KEY").symlink_to("..data/gone")
    ended = container.run()
    assert ended.returncode == CONFIGURATION_FAULT
    assert ended.stderr.startswith("chartgen: cannot start: No such file or directory: ")


def test_without_parameters_set_the_flows_of_the_image_are_served(knobs: Container) -> None:
    assert knobs.answer(COUNT="", TONE="")["folder"] == str(knobs.folder / "app" / "flows")
    assert knobs.fields()["count"] == 5


def test_parameters_arrive_in_their_types(knobs: Container) -> None:
    given = {"SWITCH": "false", "COUNT": "7", "HEAT": "1.5", "TONE": "firm", "TOPICS": '["b", "c"]'}
    assert knobs.fields(**given) == {
        "switch": False, "count": 7, "heat": 1.5, "tone": "firm", "topics": ["b", "c"],
    }  # fmt: skip
    assert knobs.answer(**given)["folder"] == str(knobs.folder / "data" / "flows")


def test_a_text_stays_a_text_whatever_it_looks_like(knobs: Container) -> None:
    for text in ("false", "1e3", "null", '"quoted"', "ünï 🦄", " spaced "):
        assert knobs.fields(TONE=text)["tone"] == text


def test_whole_numbers_in_helms_spelling_are_whole_numbers(knobs: Container) -> None:
    assert knobs.fields(COUNT="1e+06")["count"] == 1_000_000
    assert isinstance(knobs.fields(COUNT="1e+06")["count"], int)


def test_only_the_set_parameters_change(knobs: Container) -> None:
    assert knobs.fields(COUNT="9") == {
        "switch": True, "count": 9, "heat": 0.5, "tone": "kind", "topics": ["a"],
    }  # fmt: skip


def test_a_restarted_container_begins_anew(knobs: Container) -> None:
    knobs.answer(COUNT="9")
    (knobs.folder / "data" / "flows" / "stale.json").write_text("{}")
    assert "stale.json" not in knobs.answer(COUNT="10")["flows"]
    assert knobs.fields(COUNT="11")["count"] == 11


def test_one_parameter_is_written_to_all_its_places(tmp_path: Path) -> None:
    count = field(5, "IntInput", type="int")
    app = load(
        flow(component("A", "a", count=count), component("B", "b", count=count)),
        flow(component("C", "c", count=count), name="Other"),
        parameters=[Selection(field="count", name="COUNT")],
    )
    flows = Container(tmp_path, app).answer(COUNT="8")["flows"]
    assert json.dumps(flows).count('"value": 8') == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SWITCH", "0"), ("SWITCH", "False"), ("COUNT", "1.5"), ("COUNT", "true"),
        ("COUNT", "seven"), ("HEAT", "NaN"), ("HEAT", "1e999"), ("HEAT", '"1"'),
        ("TOPICS", "{}"), ("TOPICS", "[1]"), ("TOPICS", "[" * 100_000),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_and_never_shown(
    knobs: Container, name: str, text: str
) -> None:
    ended = knobs.run(**REQUIRED, **{name: text})
    assert ended.returncode == CONFIGURATION_FAULT
    kind = knobs.contract()["parameters"][name]
    assert ended.stderr == f"chartgen: {name} is not of type {kind}\n"


def test_missing_and_wrong_variables_are_told_together(knobs: Container) -> None:
    ended = knobs.run(LANGFLOW_API_KEY="hunter2-hunter2", COUNT="p4ssw0rd")
    assert ended.stderr.count("chartgen: ") == 3
    assert "COUNT is not of type integer" in ended.stderr
    assert "p4ssw0rd" not in ended.stderr
    assert "hunter2" not in ended.stderr


def test_a_server_that_is_not_there_ends_without_a_traceback(knobs: Container) -> None:
    contract = knobs.contract()
    knobs.write({**contract, "command": ["/no/such/program"]})
    ended = knobs.run(**REQUIRED)
    assert ended.returncode == CONFIGURATION_FAULT
    assert ended.stderr == "chartgen: cannot start: No such file or directory: /no/such/program\n"


def test_a_folder_that_cannot_be_written_ends_without_a_traceback(knobs: Container) -> None:
    (knobs.folder / "data").write_text("a file in its place")
    ended = knobs.run(**REQUIRED, COUNT="9")
    assert ended.returncode == CONFIGURATION_FAULT
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("chartgen: cannot start: ")


def test_the_contract_holds_names_and_places_and_no_values(knobs: Container) -> None:
    assert set(knobs.contract()) == {
        "command", "required", "requests", "parameters", "flows_variable", "flows", "written_flows",
        "substitutions", "served", "credentials_folder", "codes",
    }  # fmt: skip
