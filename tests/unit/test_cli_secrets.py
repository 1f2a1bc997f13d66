"""No literal secret reaches a terminal or a file, whatever else goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.cli import CANARY, Outcome, run

RELEASE = ("--name", "bots", "--version", "1.0.0")
COMMANDS = [("inspect",), ("package", *RELEASE), ("chart", *RELEASE), ("image", *RELEASE)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    terminal.add_literal_secret()


def assert_secret(done: Outcome) -> None:
    assert CANARY not in done.out + done.err
    if Path("dist").exists():
        for path in terminal.files("dist"):
            assert CANARY.encode() not in (Path("dist") / path).read_bytes(), path
    for archive in Path().glob("dist/*.tgz"):
        assert not any(CANARY.encode() in data for data in terminal.chart(str(archive)).values())


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("debug", ["", "1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_refused_run_names_the_place_and_not_the_secret(
    command: tuple[str, ...], form: str, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTGEN_DEBUG", debug)
    done = run(*command, "flows", "--output", form)
    assert done.code == 1
    assert "Signed webhook → HMAC Signer → Signing key" in done.err
    assert_secret(done)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("debug", ["", "1"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_run_that_binds_the_literal_holds_a_name_and_not_the_secret(
    command: tuple[str, ...], form: str, debug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTGEN_DEBUG", debug)
    done = run(*command, "flows", "--bind-literals", "--output", form)
    assert done.code == 0
    assert_secret(done)


def test_what_credentials_prints_has_a_blank_for_it() -> None:
    report = terminal.release("--bind-literals")
    for form in ("values", "kubectl", "env"):
        done = run("credentials", report, "--format", form)
        assert done.code == 0
        assert_secret(done)


@pytest.mark.parametrize(
    "text",
    [
        f"credentials: {{OPENAI_API_KEY: {CANARY}}}",
        f"credentials: [{{field: api_key, name: {CANARY}}}]",
        f"credentials: [{{field: api_key, name: KEY, value: {CANARY}}}]",
        f"credentials: [{CANARY}]",
        f"builder: {CANARY}",
        f"strict: {CANARY}",
        f"displayName: {CANARY * 9}",
        f"name: {CANARY}\nname: {CANARY}2",
        f"packages: {CANARY}",
        CANARY,
        f"- {CANARY}",
        f"name: [{CANARY}",
        f"name: !{CANARY} x",
        f"name: *{CANARY}",
    ],
)
def test_a_secret_in_the_wrong_place_of_chartgen_yaml_is_not_repeated(text: str) -> None:
    Path("chartgen.yaml").write_text(text)
    for form in ("text", "json"):
        done = run("inspect", "flows", "--output", form)
        assert done.code == 1
        assert "chartgen.yaml" in done.err
        assert_secret(done)


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        json.dumps(CANARY),
        json.dumps({"credentials": CANARY}),
        json.dumps({"generator": "chartgen", "name": CANARY, "credentials": [{"name": CANARY}]}),
    ],
)
def test_a_secret_in_a_file_that_is_no_report_is_not_repeated(text: str) -> None:
    Path("file.json").write_text(text)
    done = run("credentials", "file.json", "--output", "json")
    assert done.code == 1
    assert_secret(done)
