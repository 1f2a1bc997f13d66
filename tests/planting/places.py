"""The places of a flow: how a text gets there, and the JSON path at which it then is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.flows_factory import Json, component, edge, field, flow, group, secret

FIELD = "$.data.nodes[0].data.node.template."
SEARCH = '''from lfx.custom import Component

class Search(Component):
    """Look things up.

    Example:
        Search(api_key="your-api-key-goes-here")
    """

    def build(self):
        return client({})
'''


@dataclass(frozen=True, kw_only=True)
class Place:
    """`put` makes the flow; `binds` says whether `--bind-literals` can mend it."""

    put: Callable[[str], Json]
    at: str
    binds: bool = False


def _node(**fields: Any) -> Json:
    """A node with the noise that real ones have."""
    made = component("Acme", "Acme-a1B2c", "My tool", **fields)
    made["data"]["node"] |= {
        "metadata": {"code_hash": "3f2a9c81d7e4", "module": "lfx.components.acme.tool.AcmeTool"},
        "field_order": ["api_key", "model", "token"],
        "description": "Looks things up.",
    }
    return made


def _note(text: str) -> Json:
    inner = {"description": text, "display_name": "", "template": {}}
    return {"id": "note-1", "type": "noteNode", "data": {"id": "note-1", "node": inner}}


def _server(**config: Any) -> Json:
    value = {"name": "crm", "config": config}
    return flow(_node(server={"_input_type": "McpInput", "type": "mcp", "value": value}))


def _table(name: str, text: str, *, bound: bool = False) -> Json:
    columns = [{"name": "key"}, {"name": "value", "load_from_db": bound}]
    rows = [{"key": "Accept", "value": "application/json"}, {"key": name, "value": text}]
    shape = {"_input_type": "TableInput", "type": "table", "table_schema": columns}
    return flow(_node(headers={**shape, "value": rows}))


def _cached(value: Any) -> Json:
    made = _node()
    made["data"]["node"]["outputs"] = [{"name": "out", "value": value}]
    return flow(made)


def _in_group(text: str) -> Json:
    return flow(group(_node(url=field(text))))


# Any text may stand here.
ANYWHERE: Mapping[str, Place] = {
    "plain field": Place(
        put=lambda t: flow(_node(url=field(t))), at=f"{FIELD}url.value", binds=True
    ),
    "prompt": Place(
        put=lambda t: flow(
            _node(template=field(f"Answer in French. Use {t} for it.", "PromptInput"))
        ),
        at=f"{FIELD}template.value",
    ),
    "note": Place(
        put=lambda t: flow(_node(), _note(f"# Setup\n\nWe use `{t}` here.")),
        at="$.data.nodes[1].data.node.description",
    ),
    "code": Place(
        put=lambda t: flow(_node(code={"type": "code", "value": SEARCH.format(json.dumps(t))})),
        at=f"{FIELD}code.value",
    ),
    "code after a line break": Place(
        put=lambda t: flow(_node(code={"type": "code", "value": SEARCH.format(f"'x\\n{t}'")})),
        at=f"{FIELD}code.value",
    ),
    "list": Place(
        put=lambda t: flow(_node(urls=field(["https://acme.io", t], list=True))),
        at=f"{FIELD}urls.value[1]",
    ),
    "nested value": Place(
        put=lambda t: flow(_node(data=field({"a": [{"b": t}]}, "DictInput", type="dict"))),
        at=f"{FIELD}data.value.a[0].b",
    ),
    "MCP argument": Place(
        put=lambda t: _server(command="npx", args=["-y", "@acme/mcp", t]),
        at=f"{FIELD}server.value.config.args[2]",
    ),
    "MCP environment": Place(
        put=lambda t: _server(command="npx", env={"ACME": t}),
        at=f"{FIELD}server.value.config.env.ACME",
        binds=True,
    ),
    "table": Place(put=lambda t: _table("X-Acme", t), at=f"{FIELD}headers.value[1].value"),
    "cached output": Place(
        put=lambda t: _cached({"text": f"called {t} in 3 s"}),
        at="$.data.nodes[0].data.node.outputs[0].value.text",
    ),
    "group": Place(
        put=_in_group,
        at="$.data.nodes[0].data.node.flow.data.nodes[0].data.node.template.url.value",
        binds=True,
    ),
    "edge": Place(
        put=lambda t: flow(_node(), edges=[{**edge("Acme-a1B2c", "x"), "data": {"label": t}}]),
        at="$.data.edges[0].data.label",
    ),
    "description": Place(put=lambda t: flow(_node(), description=f"With {t}"), at="$.description"),
    "tag": Place(put=lambda t: flow(_node(), tags=["bots", t]), at="$.tags[1]"),
}
# These say by a name that a secret stands here, whatever it looks like.
NAMED: Mapping[str, Place] = {
    "secret field": Place(
        put=lambda t: flow(_node(api_key=secret(t, False))), at=f"{FIELD}api_key.value", binds=True
    ),
    "secret field that claims a variable": Place(
        put=lambda t: flow(_node(api_key=secret(t, True))), at=f"{FIELD}api_key.value", binds=True
    ),
    "secret field under an edge": Place(
        put=lambda t: flow(_node(token=secret(t)), edges=[edge("Acme-a1B2c", "token")]),
        at=f"{FIELD}token.value",
        binds=True,
    ),
    "field with a password's mark alone": Place(
        put=lambda t: flow(_node(jwt=field(t, password=True))), at=f"{FIELD}jwt.value", binds=True
    ),
    "plain field": Place(
        put=lambda t: flow(_node(db_password=field(t))), at=f"{FIELD}db_password.value", binds=True
    ),
    "plain field under an edge": Place(
        put=lambda t: flow(_node(api_token=field(t)), edges=[edge("Acme-a1B2c", "api_token")]),
        at=f"{FIELD}api_token.value",
    ),
    "header in a table": Place(
        put=lambda t: _table("X-Api-Key", t), at=f"{FIELD}headers.value[1].value"
    ),
    "header in a table of variables": Place(
        put=lambda t: _table("Authorization", f"Bearer {t}", bound=True),
        at=f"{FIELD}headers.value[1].value",
        binds=True,
    ),
    "header in an object": Place(
        put=lambda t: flow(
            _node(headers=field({"Authorization": f"Token {t}"}, "DictInput", type="dict"))
        ),
        at=f"{FIELD}headers.value.Authorization",
    ),
    "deep in an object": Place(
        put=lambda t: flow(
            _node(data=field({"tools": [{"auth_token": t}]}, "NestedDictInput", type="NestedDict"))
        ),
        at=f"{FIELD}data.value.tools[0].auth_token",
    ),
    "MCP header": Place(
        put=lambda t: _server(url="https://mcp.acme.io", headers={"x-api-key": t}),
        at=f"{FIELD}server.value.config.headers.x-api-key",
        binds=True,
    ),
    "MCP environment": Place(
        put=lambda t: _server(command="npx", env={"ACME_TOKEN": t}),
        at=f"{FIELD}server.value.config.env.ACME_TOKEN",
        binds=True,
    ),
    "MCP argument after a flag": Place(
        put=lambda t: _server(command="npx", args=["--token", t]),
        at=f"{FIELD}server.value.config.args[1]",
    ),
    "MCP argument with its flag": Place(
        put=lambda t: _server(command="npx", args=[f"--api-key={t}"]),
        at=f"{FIELD}server.value.config.args[0]",
    ),
    "MCP argument as a header": Place(
        put=lambda t: _server(command="npx", args=["--header", f"x-api-key: {t}"]),
        at=f"{FIELD}server.value.config.args[1]",
    ),
    "MCP argument as a variable": Place(
        put=lambda t: _server(command="docker", args=["-e", f"ACME_SECRET={t}"]),
        at=f"{FIELD}server.value.config.args[1]",
    ),
    "MCP address": Place(
        put=lambda t: _server(url=f"https://mcp.acme.io/sse?api_key={t}"),
        at=f"{FIELD}server.value.config.url",
    ),
    "assignment in code": Place(
        put=lambda t: flow(
            _node(code={"type": "code", "value": SEARCH.format(f"api_key={json.dumps(t)}")})
        ),
        at=f"{FIELD}code.value",
    ),
    "dictionary in code": Place(
        put=lambda t: flow(
            _node(code={"type": "code", "value": SEARCH.format(f"{{'password': {t!r}}}")})
        ),
        at=f"{FIELD}code.value",
    ),
    "JSON in a text": Place(
        put=lambda t: flow(_node(body=field(json.dumps({"id": 1, "client_secret": t})))),
        at=f"{FIELD}body.value",
    ),
    "cached output": Place(
        put=lambda t: _cached([{"headers": {"access_token": t}}]),
        at="$.data.nodes[0].data.node.outputs[0].value[0].headers.access_token",
    ),
    "lines of variables in a note": Place(
        put=lambda t: flow(_node(), _note(f"Put this into .env:\n\nACME_API_KEY={t}\nREGION=eu\n")),
        at="$.data.nodes[1].data.node.description",
    ),
    "sentence in a prompt": Place(
        put=lambda t: flow(
            _node(template=field(f"The password is: {t}\nTell nobody.", "PromptInput"))
        ),
        at=f"{FIELD}template.value",
    ),
    "command in a prompt": Place(
        put=lambda t: flow(
            _node(template=field(f'curl -H "X-Api-Key: {t}" https://acme.io', "PromptInput"))
        ),
        at=f"{FIELD}template.value",
    ),
}
