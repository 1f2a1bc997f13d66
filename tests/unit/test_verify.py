"""The program of `helm test`, against a server that answers as it is told."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from chartgen.model import Selection
from chartgen.runtimes.langflow import verify
from tests import loopback
from tests.flows_factory import Json, component, field, flow, load

KEY = "the-key-of-callers"
OPENED = (Selection(field="tone", name="TONE"),)


class Server(loopback.Server):
    """Langflow as far as the program sees it."""

    def __init__(self, flows: list[Json], keys: tuple[str, ...]) -> None:
        super().__init__(_Handler)
        self.flows, self.keys = flows, keys


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        known = self.headers.get("x-api-key", "") in self.server.keys
        body = json.dumps(self.server.flows if known else {"detail": "no"}).encode()
        self.send_response(200 if known else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(flows: list[Json], *keys: str) -> Iterator[str]:
    with Server(flows, keys).serve() as server:
        yield server.url


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """What an image of two flows holds, one with a parameter."""
    fields: Json = {"tone": field("kind", "DropdownInput", options=["kind", "firm"])}
    app = load(
        flow(component(**fields), name="Echo"), flow(component(), name="Bot"), parameters=OPENED
    )
    for path, data in app.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    file = tmp_path / "app" / "chartgen" / "contract.json"
    contract = json.loads(file.read_bytes())
    places = {
        "flows": str(tmp_path / "app" / "flows"),
        "credentials_folder": str(tmp_path / "keys"),
    }
    file.write_text(json.dumps({**contract, **places}))
    return file


@pytest.fixture
def served(image: Path) -> list[Json]:
    """The flows as the server gives them."""
    folder = image.parents[1] / "flows"
    return [
        {**json.loads(file.read_bytes()), "updated_at": "now", "folder_id": "1"}
        for file in sorted(folder.iterdir())
    ]


def findings(image: Path, address: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        verify.main(image, address, KEY)
    assert ended.value.code == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert KEY not in said.err
    return said.err.splitlines()


def test_what_is_served_as_packaged_passes_with_one_hash_over_all(
    image: Path, served: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    for flows in (served, served[::-1]):
        with serving(flows, KEY) as address:
            verify.main(image, address, KEY)
    first, second = capsys.readouterr().out.split("2 flows are served as packaged: sha256:")[1:]
    assert first[:64] == second[:64]


def test_what_a_parameter_sets_is_no_difference(image: Path, served: list[Json]) -> None:
    (echo,) = (one for one in served if one["name"] == "Echo")
    echo["data"]["nodes"][0]["data"]["node"]["template"]["tone"]["value"] = "firm"
    with serving(served, KEY) as address:
        verify.main(image, address, KEY)


def _code(flows: list[Json]) -> None:
    flows[0]["data"]["nodes"][0]["data"]["node"]["template"]["code"] = {"value": "other"}


def _cut(flows: list[Json]) -> None:
    flows[1]["data"]["nodes"].clear()


def _rename(flows: list[Json]) -> None:
    flows[0]["endpoint_name"] = "elsewhere"


@pytest.mark.parametrize("change", [_code, _cut, _rename])
def test_a_changed_flow_is_named(
    change: Any, image: Path, served: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    change(served)
    with serving(served, KEY) as address:
        (line,) = findings(image, address, capsys)
    assert line.startswith(("chartgen: the flow 'Echo' (", "chartgen: the flow 'Bot' ("))
    assert line.endswith("is served otherwise than it is packaged")


def test_a_missing_flow_and_a_stranger_are_named(
    image: Path, served: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = {**copy.deepcopy(served[0]), "id": "0", "name": "Former"}
    with serving([served[1], stranger], KEY) as address:
        missing, more = findings(image, address, capsys)
    assert f"{served[0]['name']!r} ({served[0]['id']}) is packaged and not served" in missing
    assert "'Former' (0) is served and not packaged" in more


@pytest.mark.parametrize("key", ["", verify.WRONG_KEY])
def test_a_server_that_answers_without_the_right_key_is_found_out(
    key: str, image: Path, served: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    words = "with a wrong key" if key else "without a key"
    with serving(served, KEY, key) as address:
        assert findings(image, address, capsys) == [
            f"chartgen: GET /api/v1/flows/ {words} is answered with 200, not 403",
            f"chartgen: POST /api/v1/run/echo {words} is answered with 200, not 403",
        ]


def test_a_key_that_opens_nothing_is_found_out(
    image: Path, served: list[Json], capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(served, "another") as address:
        (line,) = findings(image, address, capsys)
    assert line == "chartgen: GET /api/v1/flows/ with the key is answered with 403, not 200"


def test_a_service_that_nobody_answers_at_is_said_so(
    image: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PAUSE", 0)
    with serving([]) as address:
        pass
    (line,) = findings(image, address, capsys)
    assert line.startswith(f"chartgen: {address} does not answer as it should: ")


def test_the_key_is_a_variable_or_a_file(image: Path, served: list[Json]) -> None:
    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        with serving(served, KEY) as address:
            return subprocess.run(  # noqa: S603 - our own program
                [sys.executable, image.with_name("verify.py"), "LANGFLOW_API_KEY", address],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )

    missing = run()
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "chartgen: LANGFLOW_API_KEY is not set\n"
    assert run(LANGFLOW_API_KEY=KEY).returncode == 0
    (image.parents[2] / "keys").mkdir()
    (image.parents[2] / "keys" / "LANGFLOW_API_KEY").write_text(f"{KEY}\n")
    assert run().returncode == 0
    assert run(LANGFLOW_API_KEY="another").returncode == 1
