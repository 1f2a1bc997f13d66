from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen.local import envfile
from tests import cli as terminal

FOLDER = Path("dist/bots-1.0.0.compose")
FILES = [".env.example", "compose.yaml", "nginx.conf"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


def package() -> Path:
    shutil.copytree(terminal.EXAMPLES, "flows", dirs_exist_ok=True)
    return terminal.release("--builder", "none", "--image", "registry.example.com/team/bots")


def composed(*more: object) -> dict[str, Any]:
    done = terminal.run("compose", package(), *more)
    assert done.code == 0, done.err
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


def test_compose_writes_a_folder_beside_the_report_and_names_its_files() -> None:
    done = terminal.run("compose", package())
    assert (done.code, done.out) == (0, "".join(f"{FOLDER}/{name}\n" for name in FILES))
    assert terminal.files(str(FOLDER)) == FILES
    assert f"docker compose --project-directory {FOLDER} up" in done.err


def test_compose_tells_what_it_wrote_as_json() -> None:
    told = terminal.run("compose", package(), "--output", "json").data
    files = [f"{FOLDER}/{name}" for name in FILES]
    assert told == {"format": 1, "compose": str(FOLDER), "files": files}


def test_the_folder_goes_where_it_is_told_to_go_and_a_dot_env_in_it_stays() -> None:
    file = package()
    secrets = Path("elsewhere/bots-1.0.0.compose/.env")
    secrets.parent.mkdir(parents=True)
    secrets.write_text("KEY=mine\n")
    assert terminal.run("compose", file, "--destination", "elsewhere").code == 0
    assert sorted(terminal.files("elsewhere/bots-1.0.0.compose")) == sorted([".env", *FILES])
    assert secrets.read_text() == "KEY=mine\n"
    assert not FOLDER.exists()


def test_the_same_release_gives_the_same_bytes() -> None:
    composed()
    first = {name: (FOLDER / name).read_bytes() for name in FILES}
    shutil.rmtree(FOLDER)
    composed()
    assert {name: (FOLDER / name).read_bytes() for name in FILES} == first


@pytest.mark.parametrize(("words", "replicas"), [((), 2), (("--replicas", "5"), 5)])
def test_there_are_as_many_replicas_as_were_asked_for(words: Any, replicas: int) -> None:
    assert composed(*words)["services"]["runtime"]["deploy"] == {"replicas": replicas}


@pytest.mark.parametrize("number", ["0", "6", "two", "-1", "２"])
def test_another_number_of_replicas_is_wrong_usage(number: str) -> None:
    done = terminal.run("compose", package(), "--replicas", number)
    assert done.code == 2
    assert "is no number from 1 to 5" in done.err


def test_nothing_but_nginx_can_be_reached_and_from_this_machine_alone() -> None:
    services = composed()["services"]
    assert services["nginx"]["ports"] == ["${STACK_ADDRESS:-127.0.0.1}:${STACK_PORT:-7860}:8080"]
    assert [name for name, one in services.items() if "ports" in one] == ["nginx"]


def test_the_database_has_no_way_out_and_the_runtime_has_one() -> None:
    found = composed()
    services, networks = found["services"], found["networks"]
    assert {name: networks[name] for name in services["database"]["networks"]} == {
        "back": {"internal": True}
    }
    assert networks["front"] == {}
    assert services["runtime"]["networks"] == ["front", "back"]
    assert services["nginx"]["networks"] == ["front"]


def test_every_container_is_checked_and_none_may_gain_rights() -> None:
    for service in composed()["services"].values():
        assert service["healthcheck"]["test"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_is_required_ends_compose_with_the_flow_and_the_field() -> None:
    environment = composed()["services"]["runtime"]["environment"]
    assert environment["ACME_SIGNING_KEY"] == (
        "${ACME_SIGNING_KEY:?set ACME_SIGNING_KEY in .env: "
        "Signed webhook → HMAC Signer → Signing key}"
    )
    assert "${STACK_POSTGRES_PASSWORD:?" in environment["LANGFLOW_DATABASE_URL"]
    assert environment["TONE"] is None


def test_the_example_names_every_variable_that_compose_reads() -> None:
    composed()
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", (FOLDER / "compose.yaml").read_text()))
    document = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    environment = document["services"]["runtime"]["environment"]
    asked |= {name for name, value in environment.items() if value is None}
    text = (FOLDER / ".env.example").read_text()
    assert set(re.findall(r"(?m)^(?:# )?([A-Z_]+)=", text)) == asked


def test_the_example_is_blank_where_something_is_required_and_has_defaults_else() -> None:
    composed()
    text = (FOLDER / ".env.example").read_text()
    assert set(envfile.parse(text)) == {
        *("ACME_SIGNING_KEY", "LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY"),
        *("LANGFLOW_SUPERUSER_PASSWORD", "STACK_POSTGRES_PASSWORD"),
    }
    assert not any(envfile.parse(text).values())
    assert "# Signed webhook → HMAC Signer → Signing key\nACME_SIGNING_KEY=\n" in text
    assert "# MAX_TICKETS=5\n" in text
    assert "# STACK_PORT=7860\n" in text


def hostile(name: str) -> dict[str, Any]:
    """What compose.yaml says of a flow with a name that means harm."""
    flow = json.loads((terminal.EXAMPLES / "signed-webhook.json").read_text())
    Path("flows/signed-webhook.json").write_text(json.dumps({**flow, "name": name}))
    done = terminal.run("compose", terminal.release("--builder", "none"))
    assert done.code == 0, done.err
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return found


@pytest.mark.parametrize(
    "name",
    ["x}${HOME}", "${LANGFLOW_API_KEY}", "$$(id)", 'a"\nservices: {evil: {}}', "a\nEVIL=1", "#{}'"],
)
def test_a_hostile_name_injects_nothing(name: str) -> None:
    found = hostile(name)
    assert set(found["services"]) == {"nginx", "runtime", "database"}
    sentence = found["services"]["runtime"]["environment"]["ACME_SIGNING_KEY"]
    assert re.fullmatch(r"\$\{ACME_SIGNING_KEY:\?[^${}]+\}", sentence)
    assert "EVIL" not in envfile.parse((FOLDER / ".env.example").read_text())


def test_a_flows_variable_that_takes_a_name_of_composes_is_refused() -> None:
    flow = (terminal.EXAMPLES / "signed-webhook.json").read_text()
    Path("flows/signed-webhook.json").write_text(flow.replace("ACME_SIGNING_KEY", "STACK_PORT"))
    done = terminal.run("compose", terminal.release("--builder", "none"))
    assert done.code == 1
    assert "a flow's variable is called STACK_PORT" in done.err


def test_a_release_without_a_chart_is_refused_with_the_reason() -> None:
    done = terminal.run("image", "flows", "--name", "bots", "--version", "1.0.0", "--builder=none")
    assert done.code == 0, done.err
    done = terminal.run("compose", "dist/bots-1.0.0.release.json")
    assert done.code == 1
    assert "this release has no chart" in done.err
