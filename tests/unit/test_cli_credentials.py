from __future__ import annotations

import base64
import json
import shlex
import subprocess
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

from chartgen import report
from tests import cli as terminal
from tests import helm
from tests.cli import run
from tests.hostile import HOSTILE
from tests.sample import sample_app

ARCHIVE = "dist/bots-1.0.0.tgz"
CONFIG = """\
credentials:
  - {field: signing_key, name: BOT_KEY, required: %s}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    terminal.add_bound("session_id", "SESSION_NAME")


def printed(*more: str) -> str:
    done = run("credentials", terminal.release(), *more)
    assert (done.code, done.err) == (0, "")
    return done.out


def values(*more: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(printed(*more))
    return read


def sample_report(**changes: Any) -> Path:
    app = sample_app()
    data = report.of(app)
    data["base"]["profile"] = "base"
    file = Path("sample.json")
    file.write_text(json.dumps({**data, **changes}))
    return file


def test_the_runtimes_own_keys_are_fresh_in_each_run() -> None:
    first, second = values()["credentials"], values()["credentials"]
    for name in ("LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "LANGFLOW_SUPERUSER_PASSWORD"):
        assert first[name]["value"] != second[name]["value"]
        assert len(first[name]["value"]) >= 43


def test_the_secret_key_is_a_fernet_key() -> None:
    key = values()["credentials"]["LANGFLOW_SECRET_KEY"]["value"]
    assert len(base64.urlsafe_b64decode(key)) == 32
    assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")


def test_what_only_people_know_is_blank_and_says_where_it_is_used() -> None:
    text = printed()
    assert (
        '  # Signed webhook → HMAC Signer → Signing key\n  ACME_SIGNING_KEY:\n    value: ""\n'
        in text
    )
    assert text.startswith("# Secrets of bots 1.0.0. Keep this file to yourself.\n")


def test_required_parameters_are_blanks_too() -> None:
    text = printed()
    assert yaml.safe_load(text)["parameters"] == {"SESSION_NAME": None}
    assert "(required, string)\n  SESSION_NAME:" in text


def test_a_release_without_required_parameters_has_no_word_of_them() -> None:
    terminal.add("signed-webhook.json")
    assert "parameters" not in printed()


@pytest.mark.parametrize("form", [(), ("--output", "json")])
def test_the_chart_takes_the_values_once_the_blanks_are_filled(form: tuple[str, ...]) -> None:
    filled = values(*form)
    chart = terminal.chart(ARCHIVE)
    refused = helm.refusal(chart, filled)
    assert "ACME_SIGNING_KEY" in refused or "SESSION_NAME" in refused
    filled["credentials"]["ACME_SIGNING_KEY"]["value"] = "a key"
    filled["parameters"]["SESSION_NAME"] = "desk"
    secret = helm.objects(chart, filled)["Secret"]
    assert "ACME_SIGNING_KEY" in {**secret.get("data", {}), **secret.get("stringData", {})}


def test_an_optional_credential_may_stay_as_it_is() -> None:
    terminal.add("signed-webhook.json")
    Path("chartgen.yaml").write_text(CONFIG % "false")
    text = printed()
    assert '(optional: leave it so, or write {value: "…"})\n  BOT_KEY:\n' in text
    filled = yaml.safe_load(text)
    assert filled["credentials"]["BOT_KEY"] is None
    chart = terminal.chart(ARCHIVE)
    assert helm.objects(chart, filled)["Deployment"]
    filled["credentials"]["BOT_KEY"] = {"value": "a key"}
    assert helm.objects(chart, filled)["Deployment"]
    assert "# BOT_KEY=\n" in printed("--format", "env")


def test_the_env_format_is_lines_of_names_and_values() -> None:
    lines = printed("--format", "env").splitlines()
    pairs = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert pairs["ACME_SIGNING_KEY"] == ""
    assert len(pairs["LANGFLOW_SECRET_KEY"]) == 44
    assert "# Signed webhook → HMAC Signer → Signing key" in lines


@pytest.mark.parametrize(
    ("more", "name"), [((), "bots-credentials"), (("--secret-name", "mine"), "mine")]
)
def test_the_kubectl_format_is_a_command_that_shows_no_secret_as_an_argument(
    more: tuple[str, ...], name: str
) -> None:
    text = printed("--format", "kubectl", *more)
    # Stands in for kubectl: tells its arguments, then what it is given.
    stub = 'kubectl() { printf "%s\\n" "$*"; cat "${4#--from-env-file=}"; }\n'
    script = stub.replace("${4#", "${5#") + text
    done = subprocess.run(  # noqa: S603
        ["/bin/bash", "-euc", script], capture_output=True, check=True, text=True
    )
    command, *lines = done.stdout.splitlines()
    assert shlex.split(command)[:4] == ["create", "secret", "generic", name]
    assert "ACME_SIGNING_KEY=" in lines
    assert f"existingSecret={name}" in text


@pytest.mark.parametrize("name", ["No", "a b", "-a", "a\nb", "$(id)", "x" * 254])
def test_a_name_that_no_secret_can_have_is_refused(name: str) -> None:
    done = run("credentials", terminal.release(), "--format", "kubectl", "--secret-name", name)
    assert (done.code, done.out) == (1, "")
    assert "cannot be the name of a Secret" in done.err


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_in_their_comment(text: str) -> None:
    credential = {
        "name": "KEY", "required": True, "description": text, "pattern": "", "minLength": 1,
        "usedBy": [{"flow": text, "component": text, "field": text}],
    }  # fmt: skip
    file = sample_report(credentials=[credential], parameters=[])
    done = run("credentials", file)
    assert done.code == 0
    assert yaml.safe_load(done.out) == {"credentials": {"KEY": {"value": ""}}}
    assert helm_python.values_from_yaml(done.out) == yaml.safe_load(done.out)
    lines = run("credentials", file, "--format", "env").out.split("\n")
    assert [line for line in lines if not line.startswith("#")] == ["KEY=", ""]


def test_a_credential_of_a_rule_that_nobody_can_guess_stays_blank() -> None:
    app = sample_app()
    strange = {**report.of(app)["credentials"][0], "usedBy": []}
    for pattern, blank in (("^[0-9]{6}$", True), ("(", True), ("^.{64,}$", False)):
        file = sample_report(credentials=[{**strange, "pattern": pattern, "minLength": 64}])
        entry = yaml.safe_load(run("credentials", file).out)["credentials"][strange["name"]]
        assert (entry["value"] == "") == blank


def test_the_report_that_json_prints_will_do_as_well() -> None:
    Path("report.json").write_text(
        run("chart", "flows", "--version", "1.0.0", "--output", "json").out
    )
    assert run("credentials", "report.json").code == 0


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "null", "[" * 100_000, "\x00", '{"format": 1}', '{"generator": "x"}'],
)
def test_a_file_that_is_no_report_is_refused_in_words(text: str) -> None:
    Path("file.json").write_text(text)
    done = run("credentials", "file.json")
    assert (done.code, done.out) == (1, "")
    assert "file.json is no report of a release: name the .release.json" in done.err


def test_the_report_of_a_failure_is_no_report_of_a_release() -> None:
    Path("failure.json").write_text(run("inspect", "flows", "--name", "X", "--output", "json").out)
    assert run("credentials", "failure.json").code == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a\nEOF\nrm -rf /"},
        {"name": "bots\n"},
        {"version": "1.0.0\nx: y"},
        {"format": 2},
        {"credentials": [{"name": "KEY\nOTHER=1"}]},
    ],
)
def test_a_report_that_somebody_tampered_with_is_refused(changes: dict[str, Any]) -> None:
    done = run("credentials", sample_report(**changes))
    assert (done.code, done.out) == (1, "")


@pytest.mark.parametrize(("name", "reason"), [("missing", "no such file"), ("flows", "directory")])
def test_a_report_that_cannot_be_read_is_named(name: str, reason: str) -> None:
    done = run("credentials", name)
    assert done.code == 1
    assert f"chartgen: {name} cannot be read: " in done.err
    assert reason in done.err
