"""`chartgen doctor` on the command line, with values of all kinds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import cli as terminal
from tests.cli import CANARY


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    with pytest.MonkeyPatch.context() as patch:
        terminal.settle(folder, patch)
        return terminal.release().resolve()


Doctor = Callable[..., terminal.Outcome]


@pytest.fixture
def doctor(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    terminal.settle(tmp_path, monkeypatch)

    def run(*files: str, output: str = "text") -> terminal.Outcome:
        given = (word for file in files for word in ("--values", file))
        return terminal.run("doctor", release, *given, "--output", output)

    return run


def test_without_weak_values_it_ends_well(doctor: Doctor) -> None:
    done = doctor()
    assert (done.code, done.out) == (0, "nothing weakens bots 1.0.0\n")


def test_a_weak_value_ends_it_with_one_and_the_place_stands_on_stderr(doctor: Doctor) -> None:
    Path("a.yaml").write_text("networkPolicy: {enabled: false}\n")
    Path("b.yaml").write_text("replicaCount: 1\n")
    done = doctor("a.yaml", "b.yaml")
    assert (done.code, done.out) == (1, "1 thing weakens bots 1.0.0\n")
    assert "  a.yaml: networkPolicy.enabled\n" in done.err


CLEAR = {
    "a credential": "credentials: {{LANGFLOW_API_KEY: {{value: {0}}}}}",
    "a credential in the wrong place": "credentials: {{LANGFLOW_API_KEY: {0}}}",
    "a variable": "env: [{{name: OPENAI_API_KEY, value: {0}}}]",
    "a variable of a sidecar": "sidecars: [{{env: [{{name: API_KEY, value: {0}}}]}}]",
    "a password": "database: {{host: a, password: {{value: {0}}}, tls: {{mode: {0}}}}}",
    "an address": "database: {{value: 'postgresql://u:{0}@h/x?sslmode={0}'}}",
    "a Secret": "extraManifests: [{{kind: Secret, stringData: {{a: {0}}}}}]",
    "a parameter": "parameters: {{API_KEY: {0}}}",
    "a number's place": "replicaCount: {0}",
    "a choice's place": "networkAccess: {0}",
    "no YAML": "a: [*{0}, &{0} {0}, !{0} {0}",
    "a key twice": "a: {0}\na: {0}",
}


@pytest.mark.parametrize("name", CLEAR)
def test_no_value_is_ever_shown(name: str, doctor: Doctor) -> None:
    Path("a.yaml").write_text(CLEAR[name].format(CANARY))
    for output in ("text", "json"):
        done = doctor("a.yaml", output=output)
        assert done.code in {0, 1}
        assert CANARY not in done.out + done.err


def test_the_findings_as_data_keep_to_the_schema(doctor: Doctor) -> None:
    Path("a.yaml").write_text(f"env: [{{name: OPENAI_API_KEY, value: {CANARY}}}]\n")
    done = doctor("a.yaml", output="json")
    assert done.code == 1
    assert done.data["examined"] == "bots 1.0.0"
    assert "clear-secret" in {one["code"] for one in done.data["findings"]}


def test_a_release_without_a_chart_is_told_so(doctor: Doctor) -> None:
    terminal.run("image", "flows", "--name", "bots", "--version", "1.0.0", "--builder", "none")
    done = terminal.run("doctor", "dist/bots-1.0.0.release.json")
    assert done.code == 1
    assert "this release has no chart" in done.err


WRONG = ["nobody", 7, 1.5, True, [], [1], {}, {"a": {"b": []}}, [[]], "\x00", "9" * 5000]
PLACES = [
    *("env", "extraEnvFrom", "credentials", "database", "networkPolicy", "ingress", "service"),
    *("image", "securityContext", "podSecurityContext", "resources", "volumes", "sidecars"),
    *("extraManifests", "tracing", "httpRoute", "serviceAccount", "backup", "parameters"),
    *("logLevel", "networkAccess", "credentialsAs"),
]
HOSTILE = {
    "not YAML": b"a: [",
    "a tab": b"a:\n\tb: 1",
    "no UTF-8": b"\xff\xfe",
    "a list": b"- a",
    "a text": b"hello",
    "two documents": b"a: 1\n---\nb: 2",
    "a key twice": b"env: []\nenv: []",
    "an alias of nobody": b"a: *b",
    "an alias of itself": b"a: &a [*a]",
    "a bomb": b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 10)) for n in range(97, 107)
    ),
    "deep": b"[" * 5000,
    "deep and closed": b"a: " + b"{a: " * 200 + b"1" + b"}" * 200,
    "a tag of Python's": b"a: !!python/object/apply:os.system [id]",
    "large": b"a: '" + b"x" * (1 << 20) + b"'",
    "many": b"\n".join(b"k%d: 1" % n for n in range(20_000)),
    "many in a line": b"a: [" + b"1," * 500_000 + b"1]",
    "keys that are no texts": b"1: a\nnull: b\n? [1, 2]\n: c\n2026-01-01: d\ntrue: e\n",
    "dates and bytes": b"logLevel: 2026-01-01\nimage: {digest: !!binary aGVsbG8=}\nenv: !!set {a}",
    "half a pair": b'a: "\\ud800"',
    "numbers": b"replicaCount: .nan\nservice: {port: .inf}\nhostUsers: 0o17\npreStopSeconds: 1e999",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_values_are_refused_in_words(name: str, doctor: Doctor) -> None:
    Path("values.yaml").write_bytes(HOSTILE[name])
    done = doctor("values.yaml")
    assert done.code == 1
    assert "values.yaml" in done.err
    assert "a bug in" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_wrong_types_everywhere_end_in_words(wrong: object, doctor: Doctor) -> None:
    inner = dict.fromkeys(
        ("value", "enabled", "limits", "type", "host", "existingSecret", "spec", "to", "name"),
        wrong,
    )
    for value in (wrong, [wrong], {"a": wrong}, [inner], inner, {"a": inner, "s3": inner}):
        Path("values.yaml").write_text(json.dumps(dict.fromkeys(PLACES, value)))
        done = doctor("values.yaml")
        assert done.code in {0, 1}, (value, done.err)
