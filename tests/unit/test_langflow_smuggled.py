"""Ways to get a secret past the gate that somebody has thought of: none of them works."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest

from chartgen import report
from chartgen.model import Selection
from chartgen.runtimes.langflow import literals
from tests.flows_factory import (
    Json,
    codes,
    component,
    credentials,
    edge,
    field,
    flow,
    found,
    load,
    secret,
    source,
)
from tests.planting import kinds

VENDORS = kinds.vendors()
KEY, GROQ = VENDORS["OpenAI"], VENDORS["Groq"]
WORD = kinds.make("w40", "smuggled") + "1"
HEX = kinds.make("h32", "smuggled")
PASSWORD = kinds.make("p6,-,d3,-,p5,!", "smuggled")
# A private key is the one secret of several lines.
PEM = (
    "-----BEGIN " + "EC PRIVATE KEY-----",
    kinds.make("w64", "pem"),
    "-----END EC PRIVATE KEY-----",
)
SECRETS = (KEY, GROQ, WORD, HEX, PASSWORD, PEM[1])


def text(value: Any, **keys: Any) -> Json:
    return flow(component(x=field(value, **keys)))


def code(*lines: str) -> Json:
    return flow(component(code={"type": "code", "value": "\n".join(lines)}))


def note(value: str) -> Json:
    inner = {"description": value, "display_name": "", "template": {}}
    return flow(component(), {"id": "n", "type": "noteNode", "data": {"node": inner}})


def server(**config: Any) -> Json:
    value = {"name": "crm", "config": config}
    return flow(component(server={"_input_type": "McpInput", "type": "mcp", "value": value}))


def node(**keys: Any) -> Json:
    made = component()
    made["data"]["node"].update(keys)
    return flow(made)


def tools(*value: Json) -> Json:
    return flow(component(tools_metadata=field([*value], "ToolsInput", type="tools")))


def joined(**keys: Any) -> Json:
    return flow(edges=[{**edge("Acme-1", "x"), **keys}])


def selected(value: str) -> Json:
    made = component()
    made["data"]["selected_output"] = value
    return flow(made)


PLACES: Mapping[str, Json] = {
    "a flow's name": flow(name=f"Bot {KEY}"),
    "an endpoint": flow(endpoint_name=GROQ),
    "a tag": flow(tags=["a", f"with {KEY}"]),
    "an action's name": flow(action_name=KEY),
    "a component's icon": node(icon=KEY),
    "a component's id": flow(component(node_id=GROQ)),
    "an edge's handle": joined(sourceHandle=json.dumps({"id": GROQ}).replace('"', "œ")),
    "an edge's label": joined(data={"label": f"https://bot:{PASSWORD}@acme.io"}),
    "an edge's style": joined(style={"stroke": KEY}),
    "the chosen output": selected(f"password={PASSWORD}"),
    "an option": text("a", options=["a", GROQ]),
    "what is said of an option": text("a", options_metadata=[{"api_key": WORD}]),
    "a tool's description": tools({"description": f"Authorization: Bearer {WORD}"}),
    "a tool's argument": tools({"name": "a", "args": {"api_key": WORD}}),
    "a default of a tool's argument": tools({"args": {"api_key": {"default": WORD}}}),
    "a chosen model": text([{"name": "m", "api_key": WORD}]),
    "what is said of a model": text([{"metadata": {"kwargs": {"openai_api_key": WORD}}}]),
    "a secret field's placeholder": flow(component(api_key=secret("", placeholder=WORD))),
    "a secret field's default": flow(component(api_key=secret("", default=WORD))),
    "a secret field with a list": flow(component(api_key=secret([WORD]))),
    "a secret field with an object": flow(component(api_key=secret({"v": WORD}))),
    "a secret field with a number": flow(component(pin=secret(12345678, bound=False))),
    "a field that people see as a key": text(WORD, display_name="API Key"),
    "a field in one word": flow(component(dbpassword=field(WORD))),
    "a list under a name": text({"api_keys": [WORD]}),
    "a pair in a list": text([["api_key", WORD]]),
    "a name and a value": text([{"name": "api_key", "value": WORD}]),
    "an object in an object": text({"a": {"b": {"password": PASSWORD}}}),
    "a column's default": text([], table_schema=[{"name": "api_key", "default": WORD}]),
    "a cookie that was answered": node(
        outputs=[{"value": {"set-cookie": f"session={WORD}; Secure"}}]
    ),
    "an error that was answered": node(outputs=[{"value": f"401: https://a.io?api_key={WORD}"}]),
    "a package's address": node(metadata={"dependencies": f"x @ https://bot:{WORD}@a.io"}),
    "a server's command": server(command=f"npx --token {WORD}"),
    "a server's other keys": server(auth={"type": "bearer", "token": WORD}),
    "a variable of an argument": server(command="docker", args=["run", f"--env=A_KEY={WORD}"]),
    "a header without a space": server(args=["-H", f"X-Token:{WORD}"]),
    "JSON as an argument": server(args=[json.dumps({"token": WORD})]),
    "servers in an object": text({"mcpServers": {"a": {"args": ["--token", WORD]}}}),
    "servers in a text": text(json.dumps({"mcpServers": {"a": {"args": ["--token", WORD]}}})),
    "Zapier's address of a server": server(
        url=f"https://mcp.zapier.com/api/mcp/s/{base64.b64encode(WORD.encode()).decode()}/mcp"
    ),
}
WRITINGS: Mapping[str, str | list[str]] = {
    "JSON": json.dumps({"a": {"client_secret": WORD}}),
    "JSON in JSON": json.dumps(json.dumps({"client_secret": WORD})),
    "JSON in JSON in JSON": json.dumps(json.dumps(json.dumps({"client_secret": WORD}))),
    "rows of JSON": json.dumps([{"key": "api_key", "value": WORD}]),
    "headers in JSON": json.dumps([{"name": "Authorization", "value": f"Token {WORD}"}]),
    "a service account": json.dumps({"private_key": "\n".join(PEM), "type": "service_account"}),
    "Docker's logins": json.dumps({"auths": {"a.io": {"auth": kinds.basic("bot", WORD)}}}),
    "YAML": f"db:\n  password: {PASSWORD}\n  host: a",
    "TOML": f"[a]\napi_key = '{WORD}'\n",
    "INI": f"[a]\napi key = {WORD}\n",
    "XML": f"<a><password>{WORD}</password></a>",
    "XML's attributes": f"<add key='ApiKey' value='{WORD}'/>",
    "a table in Markdown": f"| name | value |\n|---|---|\n| API key | {WORD} |",
    "bold words in Markdown": f"**API key:** `{WORD}`",
    "a line below": f"API key:\n{WORD}",
    "a Chinese colon": f"api_key：{WORD}",
    "a space that does not break": f"api_key =\u00a0{WORD}",
    "an escaped password in a URL": f"postgresql://b%40t:{quote(PASSWORD + '/', safe='')}@a.io/x",
    "capitals in a URL": f"POSTGRESQL://bot:{PASSWORD}@a.io/x",
    "a host in brackets": f"redis://:{WORD}@[::1]:6379/0",
    "hosts in a row": f"mongodb://bot:{WORD}@a.io:1,b.io:2/x",
    "an e-mail address as user": f"https://ada@acme.io:{WORD}@git.io/x",
    "a URL in a URL": f"https://a.io/go?to=https%3A%2F%2Fb.io%3Fapi_key%3D{WORD}",
    "a fragment of a URL": f"https://a.io/cb#access_token={WORD}",
    "Make's webhook": f"https://hook.eu1.make.com/{kinds.make('l32', 'hook')}",
    "Oracle's URL": f"oracle://scott/{WORD}@a.io:1521/x",
    "Oracle's JDBC": f"jdbc:oracle:thin:scott/{WORD}@a.io:1521:x",
    "ODBC's braces": f"Driver=x;Server=a;UID=b;PWD={{{PASSWORD}}};",
    "libpq's quotes": f"host=a user=b password='{PASSWORD}' dbname=c",
    "curl's user": f"curl -u bot:{WORD} https://a.io",
    "curl's user in quotes": f"curl --user 'bot:{PASSWORD}' https://a.io",
    "a variable before a command": f"PGPASSWORD={WORD} psql -h a.io",
    "netrc": f"machine a.io login bot password {WORD}",
    "npmrc": f"//registry.npmjs.org/:_authToken={WORD}",
    "a token of Telegram": f"the bot has 1234567890:AA{kinds.make('w33', 'bot')}",
    "AWS": f"aws_secret_access_key = {kinds.make('w40', 'aws')}",
}
CODE: Mapping[str, list[str]] = {
    "a key with escaped line breaks": [f'k = "{PEM[0]}\\n{PEM[1]}\\n{PEM[2]}"'],
    "a key in lines": [f'k = """{PEM[0]}', PEM[1], f'{PEM[2]}"""'],
    "three quotes": [f'api_key = """{WORD}"""'],
    "a variable that is set": [f'os.environ["ACME_KEY"] = "{WORD}"'],
    "a variable's default": [f'k = os.getenv("ACME_API_KEY", "{WORD}")'],
    "or else": [f'k = os.getenv("ACME_API_KEY") or "{WORD}"'],
    "or else, by the name": [f'api_key = os.environ.get("X") or "{WORD}"'],
    "one or the other": [f'api_key = x if x else "{WORD}"'],
    "a field's default": [f'api_key: str = Field(default="{WORD}")'],
    "an input's value": [f'SecretStrInput(name="api_key", display_name="K", value="{WORD}")'],
    "a pair of user and password": [f'get(u, auth=("bot", "{PASSWORD}"))'],
    "a class for them": [f'get(u, auth=HTTPBasicAuth("bot", "{WORD}"))'],
    "a list": [f'API_KEYS = ["{WORD}", "b"]', f'passwords = ["{PASSWORD}"]'],
    "bytes": [f'secret = b"{WORD}"'],
    "a type": [f'API_KEY: Final[str] = "{WORD}"'],
    "pieces under a name": [f'api_key = "{WORD[:20]}" + "{WORD[20:]}"'],
}


def refused(made: Json) -> None:
    app = load(made)
    assert "literal-secret" in codes(app, "error")
    shown = repr(app) + report.dump(report.of(app))
    assert not [one for one in SECRETS if one in shown]


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_found_in_every_place(place: str) -> None:
    refused(PLACES[place])


def test_a_field_that_people_see_as_a_key_is_bound() -> None:
    app = load(PLACES["a field that people see as a key"], bind_literals=True)
    assert (codes(app, "error"), credentials(app)) == ([], {"ACME_X"})
    assert all(WORD.encode() not in data for data in app.files.values())


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_secret_is_found_in_whatever_way_it_is_written(writing: str) -> None:
    for made in (text(WRITINGS[writing]), note(f"Like this:\n\n{WRITINGS[writing]}\n")):
        refused(made)


@pytest.mark.parametrize("writing", CODE)
def test_a_secret_is_found_in_whatever_way_code_has_it(writing: str) -> None:
    lines = ["class A:", *(f"    {line}" for line in CODE[writing])]
    refused(code(*lines))
    refused(flow(component(code={"type": "code", "value": lines})))


@pytest.mark.parametrize("name", [f"{GROQ}.json", f"{GROQ}/flow.json", f"flows.zip!{GROQ}.json"])
def test_a_file_is_not_called_by_a_secret(name: str) -> None:
    app = load(source(flow(), name))
    assert (
        "the file's name holds what looks like a Groq API key"
        in found(app, "literal-secret").message
    )
    assert GROQ not in repr(app) + report.dump(report.of(app))


@pytest.mark.parametrize(
    "options",
    [
        {"description": f"with {KEY}"},
        {"display_name": f"Bot {kinds.make('h,f_,p34', 'name')}"},
        {"packages": [f"acme @ https://bot:{PASSWORD}@a.io/acme.whl"]},
        {"modules": {"acme": GROQ}},
        {"parameters": [Selection(field="x", name="X", description=f"such as {KEY}")]},
        {"credentials": [Selection(field="x", name="X", description=f"such as {KEY}")]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_chartgen_yaml_holds_no_secret(options: dict[str, Any]) -> None:
    app = load(flow(component(x=secret("X"))), **options)
    [finding] = [one for one in app.findings if one.code == "literal-secret"]
    assert (finding.level, finding.file) == ("error", "chartgen.yaml")
    assert KEY not in finding.message


@pytest.mark.parametrize(
    "item",
    ["api_key", "api key: ", "password=(", 'token" or ', "--token ", "oracle:thin:a/", "curl -u a:",
     "login a password ", '{"key": "', "token>", "token|", "x_key = \\"],
)  # fmt: skip
def test_no_text_takes_long_to_look_through(item: str) -> None:
    start = time.process_time()
    assert isinstance([*literals.find(item * (200_000 // len(item)))], list)
    assert time.process_time() - start < 2
