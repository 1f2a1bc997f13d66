"""Hostile input, class by class: an exit code, a message with the place, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen import sources
from tests import cli as terminal
from tests import helm
from tests.flows_factory import component, flow, secret
from tests.hostile import HOSTILE

RELEASE = ("--name", "bots", "--version", "1.0.0", "--builder", "none")
GOOD = json.dumps(flow()).encode()
NODE = '{"id": "A-1", "data": {"node": {"template": {}}}}'
LOOSE = "this is not JSON: "
MALFORMED = {
    b"": f"{LOOSE}Expecting value at line 1, column 1",
    b" \n\t": f"{LOOSE}Expecting value at line 2, column 2",
    b"{": f"{LOOSE}Expecting property name enclosed in double quotes at line 1, column 2",
    b"[": f"{LOOSE}Expecting value at line 1, column 2",
    b'{"a": 1,}': LOOSE,
    b"{'a': 1}": f"{LOOSE}Expecting property name enclosed in double quotes at line 1, column 2",
    b'{"a": 1} {"b": 2}': f"{LOOSE}Extra data at line 1, column 10",
    b'{"a" 1}': f"{LOOSE}Expecting ':' delimiter at line 1, column 6",
    b'{"a": "b}': f"{LOOSE}Unterminated string starting at at line 1, column 7",
    b'{"a": "\n"}': f"{LOOSE}Invalid control character at at line 1, column 8",
    b'{"a": "\\x"}': f"{LOOSE}Invalid \\escape at line 1, column 8",
    b'{"a": "\\u12"}': f"{LOOSE}Invalid \\uXXXX escape at line 1, column 9",
    b"// {}": f"{LOOSE}Expecting value at line 1, column 1",
    b"<html></html>": f"{LOOSE}Expecting value at line 1, column 1",
    b"name: flow": f"{LOOSE}Expecting value at line 1, column 1",
    GOOD[:-1]: f"{LOOSE}Expecting ',' delimiter at line 1, column {len(GOOD)}",
}
NUMBERS = {
    b'{"a": NaN}': "NaN is not JSON",
    b'{"a": [-Infinity]}': "-Infinity is not JSON",
    b'{"a": {"b": 1e999}}': "the number at $.a.b is too large",
    b'{"a": ' + b"9" * 5000 + b"}": "this holds a whole number of thousands of digits",
    b'{"a": 01}': f"{LOOSE}Expecting ',' delimiter at line 1, column 8",
}
TEXTS = {
    b'{"a": "\\ud83d"}': "the text at $.a holds half a surrogate pair",
    b'{"\\udc00": 1}': "the text at $ holds half a surrogate pair",
    b'{"a": "\\u0000"}': "the text at $.a holds a NUL character",
    b'{"a": "\xff"}': "byte 7 is not UTF-8 text",
    b'{"a": "\xc3"}': "byte 7 is not UTF-8 text",
}
DEEP = {
    b"[" * 102 + b"]" * 102: "this is nested more than 100 levels deep",
    b"[" * 40_000: "this is nested more than 100 levels deep",
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000: "this is nested more than 100 levels deep",
    b"[" + b"{}," * 500_000 + b"{}]": "this holds more objects, lists and values than any flow",
}
SHAPES = {
    '{"data": {"nodes": {}, "edges": []}}': "$.data.nodes is not a list",
    '{"data": {"nodes": [], "edges": 1}}': "$.data.edges is not a list",
    '{"data": {"nodes": [1], "edges": []}}': "$.data.nodes[0] is not a node with an id",
    '{"data": {"nodes": [{"id": 1}], "edges": []}}': "$.data.nodes[0] is not a node with an id",
    '{"data": {"nodes": [{"id": "A"}], "edges": []}}': "$.data.nodes[0].data is not an object",
    f'{{"data": {{"nodes": [{NODE}], "edges": [[]]}}}}': "$.data.edges[0] is not an edge",
    '[{"nodes": [{"id": "A", "data": {"node": 1}}], "edges": []}]': "$[0].nodes[0].data.node is",
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le",
             "utf-32-be")  # fmt: skip
# Names that mean something where they go: YAML, templates, shells, paths, labels, web pages.
NAMES = (
    *HOSTILE,
    "..", ".", "../../etc/passwd", "/etc/passwd", "C:\\Windows", "a/../b", "CON", "-rf", "--help",
    "a" * 300, "8f3ba2f5-6d1c-4a55-9a0e-1b6f6f0d7c11", "<<: *a", "!!python/object:os.system",
    "${{ secrets.X }}", "{{/*", "*/}}", "{%raw%}", "#{x}", "\u202eevil", "\u200b", "1.0", "1e-5",
    ".5", "+1", "0x1f", "2001-01-01", "true", "No", "=", "---", "...", "? key", ">-", "a:", ":a",
)  # fmt: skip
ENDPOINTS = (
    ("bot", "bot"), ("bot", "BOT"), ("bot", "bot-2"), ("bot-2", "bot"), ("", ""), ("a b", "a-b"),
    ("ü", "u"), ("…", "🦄"), ("../a", "a"), ("a/b", "a_b"), ("a" * 120, "a" * 120),
    ("8f3ba2f5-6d1c-4a55-9a0e-1b6f6f0d7c11", "bot"), (None, 1), ("bot\n", "bot"),
)  # fmt: skip
RESERVED = (
    "PATH", "HOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONSTARTUP",
    "KUBERNETES_SERVICE_HOST", "LANGFLOW_SECRET_KEY", "LANGFLOW_AUTO_LOGIN", "LANGFLOW_PORT",
    "HOSTNAME", "SHELL", "IFS", "BASH_ENV", "HTTP_PROXY", "SSL_CERT_FILE", "TMPDIR",
    "UVICORN_PORT", "LC_ALL",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    Path("flows/echo.json").unlink()


def refused(data: bytes) -> str:
    """Package a file that has to be refused, and return what is said."""
    Path("flows/bad.json").write_bytes(data)
    before, start = terminal.files(), time.process_time()
    done = terminal.run("package", "flows", *RELEASE)
    assert time.process_time() - start < 2
    assert (done.code, done.out) == (1, "")
    assert "Traceback" not in done.err
    assert "bad.json" in done.err
    assert terminal.files() == before
    return " ".join(done.err.split())


def packaged(*flows: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Package flows; the report, and the chart, which must render as it is."""
    for number, value in enumerate(flows):
        Path(f"flows/{number}.json").write_text(json.dumps(value))
    done = terminal.run("package", "flows", *RELEASE, "--output", "json")
    assert done.code == 0, done.err
    files = terminal.chart("dist/bots-1.0.0.tgz")
    for name, data in files.items():
        if name.endswith(".yaml") and "/" not in name:
            assert yaml.safe_load(data) == helm.values_of(files, name)
    helm.objects(files, helm.values_of(files))
    assert {path.parts[0] for path in map(Path, terminal.files())} <= {"dist", "flows", "home"}
    return done.data, files


EVERY = {**MALFORMED, **NUMBERS, **TEXTS, **DEEP, **{k.encode(): v for k, v in SHAPES.items()}}


@pytest.mark.parametrize("number", range(len(EVERY)))
def test_a_bad_file_is_refused_with_its_name_and_its_place(number: int) -> None:
    data, message = [*EVERY.items()][number]
    assert message in refused(data)


def test_a_file_that_is_too_large_is_refused_with_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sources, "FILE_LIMIT", 1000)
    assert "this is too large" in refused(b" " * 1001)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_json_is_read_and_another_is_refused(encoding: str) -> None:
    text = json.dumps(flow(name="Bücher 🦄"), ensure_ascii=False)
    Path("flows/a.json").write_bytes(text.encode(encoding))
    report = terminal.run("inspect", "flows", "--output", "json").data
    assert [one["name"] for one in report["flows"]] == ["Bücher 🦄"]
    assert "is not UTF-8 text" in refused(text.encode("cp1252", "replace"))


@pytest.mark.parametrize("text", ['{"name": "A", ', '{"data": {"nodes": [], ', '{"data": {'])
def test_a_key_that_stands_twice_is_named(text: str) -> None:
    inner = text.count("{") - 1
    body = f'"x": 1, "x": 2{"}" * inner}, {GOOD[1:].decode()}'
    Path("flows/a.json").write_text(text + body)
    done = terminal.run("inspect", "flows")
    assert "the key 'x' stands twice in one object" in done.err + done.out


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_a_name_injects_into_nothing(number: int) -> None:
    name = NAMES[number].replace("\x00", "")
    node = component("Acme", name=name, api_key=secret("ACME_KEY"))
    report, files = packaged(flow(node, name=name, description=name, tags=[name]))
    [made] = report["flows"]
    assert made["file"].startswith("/app/flows/")
    assert Path(f"dist/bots-1.0.0.context/rootfs{made['file']}").is_file()
    assert "credentials" in files["values.yaml"].decode()


@pytest.mark.parametrize("number", range(len(ENDPOINTS)))
def test_two_flows_never_share_an_endpoint_or_a_file(number: int) -> None:
    one, other = ENDPOINTS[number]
    report, _ = packaged(
        flow(name="One", endpoint_name=one), flow(name="Other", endpoint_name=other)
    )
    for key in ("endpoint", "file", "id", "name"):
        assert len({str(made[key]).lower() for made in report["flows"]}) == 2, key


@pytest.mark.parametrize("name", RESERVED)
def test_a_variable_never_takes_a_name_that_the_system_has(name: str) -> None:
    report, _ = packaged(flow(component("Acme", api_key=secret(name))))
    own = {item["name"] for item in report["credentials"]}
    assert f"FLOW_{name}" in own
    assert name not in own or name == "LANGFLOW_SECRET_KEY"


def test_two_names_that_become_one_variable_are_refused_or_told() -> None:
    node = component("Acme", a=secret("MY KEY"), b=secret("MY.KEY"))
    said = refused(json.dumps(flow(node)).encode())
    assert "the variables 'MY KEY' and 'MY.KEY' would both become MY_KEY" in said
    node = component("Acme", a=secret("MY_KEY"), b=secret("MY KEY"))
    Path("flows/bad.json").write_text(json.dumps(flow(node)))
    done = terminal.run("inspect", "flows")
    assert "cannot take 'MY KEY' from the environment; it becomes MY_KEY" in done.out + done.err
