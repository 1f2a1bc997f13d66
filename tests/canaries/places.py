"""Every place in and beside flows where people have left secrets, each with a canary of its own.

A canary in a place that is a secret's by declaration has no vendor's form; one in a place that
could hold anything has, because nothing else tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.flows_factory import Json, component, field, flow, group, model, secret

Planting = Callable[[str], Any]


def plain(place: str) -> str:
    """A canary that no vendor's form tells."""
    return f"canary-{hashlib.sha256(place.encode()).hexdigest()[:20]}"


def vendors(place: str) -> str:
    """A canary in the form of a vendor's key; in two parts, so that no scanner takes it for one."""
    return "sk-" + f"proj-{hashlib.sha256(place.encode()).hexdigest()[:32]}"


def _one(**fields: Any) -> Json:
    return flow(component("Acme", **fields))


def _server(**config: Any) -> Json:
    value = {"name": "crm", "config": {"url": "https://crm.example", **config}}
    return _one(server={"_input_type": "McpInput", "type": "mcp", "value": value})


def _table(rows: Any, schema: Any = ("key", "value")) -> Json:
    columns = [{"name": name} for name in schema]
    return _one(
        headers={
            "_input_type": "TableInput",
            "type": "table",
            "table_schema": columns,
            "value": rows,
        }
    )


def _code(text: str) -> Json:
    return _one(code={"type": "code", "value": f"class A:\n    {text}\n"})


def _node(**keys: Any) -> Json:
    node = component("Acme")
    node["data"]["node"].update(keys)
    return flow(node)


def _note(text: str) -> Json:
    note = {"id": "note-1", "type": "noteNode", "data": {"node": {"description": text}}}
    return flow(component(), note)


# Secret by declaration, or by where they stand: any literal there is one.
DECLARED: Mapping[str, Planting] = {
    "a declared field": lambda c: _one(api_key=secret(c, bound=False)),
    "a declared field that claims a binding": lambda c: _one(api_key=secret(c, bound=True)),
    "a weak literal in a declared field": lambda c: _one(api_key=secret(c, bound=False)),
    "a password field before 1.1": lambda c: _one(
        api_key={"type": "str", "password": True, "value": c}
    ),
    "a declared field with an edge": lambda c: flow(component("Acme", api_key=secret(c, False))),
    "a declared field of a model": lambda c: flow(
        component("Agent", agent_llm=model(), api_key=secret(c, bound=False))
    ),
    "a declared field in a group": lambda c: flow(
        group(component("OpenAI", "OpenAI-1", api_key=secret(c, bound=False)))
    ),
    "a proxy of a group's declared field": lambda c: flow(
        group(
            component("OpenAI", "OpenAI-1", key=secret("", bound=False)),
            outer=secret(c, False, proxy={"id": "OpenAI-1", "field": "key"}),
        )
    ),
    "a multiline declared field": lambda c: _one(
        token={"_input_type": "MultilineSecretInput", "type": "str", "multiline": True,
               "password": True, "value": c}
    ),
    "the user's part of a URL": lambda c: _one(url=field(f"https://user:{c}@api.example/v1")),
    "a database's URL": lambda c: _one(url=field(f"postgresql://app:{c}@db.example:5432/app")),
    "a cache's URL": lambda c: _one(url=field(f"redis://:{c}@cache.example:6379/0")),
    "a broker's URL": lambda c: _one(url=field(f"amqp://app:{c}@mq.example")),
    "the query of a URL": lambda c: _one(url=field(f"https://api.example/v1?api_key={c}")),
    "a second key of a query": lambda c: _one(url=field(f"https://x.example/?q=1&token={c}&r=2")),
    "a header of a table": lambda c: _table([{"key": "Authorization", "value": f"Bearer {c}"}]),
    "a header with a key's name": lambda c: _table([{"key": "X-API-Key", "value": c}]),
    "a cookie of a table": lambda c: _table([{"key": "Cookie", "value": f"session={c}"}]),
    "an environment of an MCP server": lambda c: _server(env={"CRM_TOKEN": c}),
    "a listed environment of an MCP server": lambda c: _server(
        env=[{"key": "CRM_PASSWORD", "value": c}]
    ),
    "an argument of an MCP server": lambda c: _server(args=["--token", c]),
    "an argument with an equals sign": lambda c: _server(args=[f"--api-key={c}"]),
    "a header argument of an MCP server": lambda c: _server(
        args=["--header", f"Authorization: Bearer {c}"]
    ),
    "the URL of an MCP server": lambda c: _server(url=f"https://crm.example/sse?token={c}"),
    "the user's part of an MCP server's URL": lambda c: _server(url=f"https://u:{c}@crm.example"),
    "the headers of an MCP server": lambda c: _server(headers={"Authorization": f"Bearer {c}"}),
    "a string of code that is called a password": lambda c: _code(f'password = "{c}"'),
    "a key of a dictionary in code": lambda c: _code(f'h = {{"api_key": "{c}"}}'),
    "a header in code": lambda c: _code(f'h = {{"Authorization": "Bearer {c}"}}'),
    "a URL in code": lambda c: _code(f'u = "postgresql://app:{c}@db.example/app"'),
}  # fmt: skip
# Could hold anything: only the form tells.
FORMED: Mapping[str, Planting] = {
    "a string of code": lambda c: _code(f'client = connect("{c}")'),
    "a comment of code": lambda c: _code(f"pass  # {c}"),
    "code in lines": lambda c: _one(code={"type": "code", "value": ["class A:", f'    x = "{c}"']}),
    "a default in code": lambda c: _code(f'def f(self, x="{c}"): ...'),
    "a note": lambda c: _note(f"The key is {c}, do not share"),
    "a flow's description": lambda c: flow(description=f"uses {c}"),
    "a flow's name": lambda c: flow(name=f"Bot {c}"),
    "a flow's endpoint": lambda c: flow(endpoint_name=c),
    "a flow's tag": lambda c: flow(tags=[c]),
    "an action's description": lambda c: flow(action_description=f"calls with {c}"),
    "an action's name": lambda c: flow(action_name=c),
    "a component's description": lambda c: _node(description=f"calls with {c}"),
    "a component's name": lambda c: _node(display_name=f"Acme {c}"),
    "a component's documentation": lambda c: _node(documentation=f"https://x.example/{c}"),
    "a tweak's default": lambda c: _one(tweaks=field({"OpenAI-1": {"x": c}}, "DictInput")),
    "a plain field": lambda c: _one(text=field(c)),
    "a prompt": lambda c: _one(template=field(f"Answer. Use {c}.", "PromptInput", type="prompt")),
    "a field's help": lambda c: _one(text=field("", info=f"for example {c}")),
    "a field's placeholder": lambda c: _one(text=field("", placeholder=c)),
    "a field's name": lambda c: _one(text=field("", display_name=f"Key {c}")),
    "a list": lambda c: _one(urls=field(["https://a.example", c], list=True)),
    "a choice": lambda c: _one(pick=field("a", "DropdownInput", options=["a", c])),
    "a cell of a table": lambda c: _table([{"key": "region", "value": c}]),
    "a curl command": lambda c: _one(curl=field(f"curl -H 'Authorization: Bearer {c}' https://x.de")),
    "JSON in a text": lambda c: _one(text=field(json.dumps({"credentials": {"key": c}}))),
    "a key that Langflow does not know": lambda c: flow(last_run={"key": c}),
    "the state of the editor": lambda c: flow(
        {**component(), "selected": c, "measured": {"x": c}}
    ),
    "an edge": lambda c: flow(
        component("A", "A-1"), component("B", "B-1"),
        edges=[{"source": "A-1", "target": "B-1", "data": {"note": c}}],
    ),
    "an output's value": lambda c: _node(outputs=[{"name": "o", "value": c}]),
    "a locked field of a group": lambda c: flow(group(component("Acme", text=field(c)))),
}  # fmt: skip
# Names of files beside flows that are none.
BESIDE = (
    ".env", ".env.local", ".git/config", ".git/logs/HEAD", ".netrc", "flow.json~", "flow.json.bak",
    ".flow.json.swp", "#flow.json#", "flow.json.orig", ".docker/config.json", "id_rsa",
    ".vscode/settings.json", "notes.txt",
)  # fmt: skip


def planted() -> Mapping[str, tuple[str, Json]]:
    """Each place in a flow, with its canary and the flow."""
    declared = {place: (plain(place), plant(plain(place))) for place, plant in DECLARED.items()}
    formed = {place: (vendors(place), plant(vendors(place))) for place, plant in FORMED.items()}
    return {**declared, **formed}
