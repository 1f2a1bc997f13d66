"""Builds Langflow exports, a few words a flow, and reads back what chartgen makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chartgen import runtimes, sources
from chartgen.model import App, Finding, Request, Selection
from chartgen.sources import Source

Json = dict[str, Any]
SERVER_CREDENTIALS = {"LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "LANGFLOW_SUPERUSER_PASSWORD"}
# In the form of a vendor's keys, and nobody's; in two parts, so that no scanner takes it for one.
FAKE_KEY = "sk-proj-" + "Zq8rT2vXb91LmN4cWy7KpD3sHf6G"


def field(value: Any = "", kind: str = "StrInput", **keys: Any) -> Json:
    """Return a plain input."""
    return {"_input_type": kind, "type": "str", "value": value, **keys}


def secret(value: Any = "", bound: bool | None = None, **keys: Any) -> Json:
    """Return a secret input; it is bound when it has a value, unless `bound` says otherwise."""
    marks = {"password": True, "load_from_db": bool(value) if bound is None else bound}
    return {"_input_type": "SecretStrInput", "type": "str", "value": value, **marks, **keys}


def model(provider: str = "OpenAI", **keys: Any) -> Json:
    """Return a model input with a model of the provider chosen."""
    chosen = [{"name": "some-model", "provider": provider}] if provider else ""
    return {"_input_type": "ModelInput", "type": "model", "value": chosen, **keys}


def component(kind: str = "Acme", node_id: str = "", name: str = "", **fields: Any) -> Json:
    """Return a node with these fields."""
    inner = {"display_name": name or kind, "template": {"_type": "Component", **fields}}
    data = {"type": kind, "id": node_id or f"{kind}-1", "node": inner}
    return {"id": node_id or f"{kind}-1", "type": "genericNode", "data": data}


def group(
    *nodes: Json, node_id: str = "Group-1", edges: Iterable[Json] = (), **fields: Any
) -> Json:
    """Return a group node around others; outer fields need a `proxy`."""
    node = component("GroupNode", node_id, "My group", **fields)
    del node["data"]["node"]["template"]["_type"]
    node["data"]["node"]["flow"] = {"data": {"nodes": [*nodes], "edges": [*edges]}}
    return node


def edge(target: str, name: str, source: str = "Other-1") -> Json:
    """Return an edge into the named field of the target node."""
    handle = {"fieldName": name, "id": target, "type": "str"}
    written = json.dumps(handle).replace('"', "œ")
    return {"source": source, "target": target, "targetHandle": written, "data": {}}


def flow(*nodes: Json, edges: Iterable[Json] = (), name: str = "Support bot", **keys: Any) -> Json:
    """Return an export of the editor."""
    data = {"nodes": [*nodes] or [component()], "edges": [*edges], "viewport": {"x": 0}}
    return {"name": name, "description": "", "data": data, "is_component": False, **keys}


def source(value: Any, path: str = "flow.json") -> Source:
    """Return a value as a file's content; bytes are taken as they are."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Source(path=path, data=data)


def collect(
    paths: Sequence[Path], exclude: Sequence[Path] = ()
) -> tuple[tuple[Source, ...], tuple[Finding, ...]]:
    """Return all sources under the paths, and what could not be read."""
    findings: list[Finding] = []
    found = tuple(sources.collect(paths, findings, exclude=exclude))
    return found, tuple(findings)


def load(
    *values: Any,
    credentials: Iterable[Selection] = (),
    parameters: Iterable[Selection] = (),
    **options: Any,
) -> App:
    """Return what the values hold: the first in `0.json`, the next in `1.json`, and so on."""
    request = Request(
        name="app",
        version="1.0.0",
        credentials=tuple(credentials),
        parameters=tuple(parameters),
        **options,
    )
    given = [
        value if isinstance(value, Source) else source(value, f"{number}.json")
        for number, value in enumerate(values)
    ]
    return runtimes.load(given, request)


def credentials(app: App) -> set[str]:
    """Return the names of the flows' own credentials, without those of the server."""
    return {credential.name for credential in app.credentials} - SERVER_CREDENTIALS


def codes(app: App, level: str = "") -> list[str]:
    """Return the findings' codes, of one level or of all but info."""
    return [f.code for f in app.findings if (f.level == level if level else f.level != "info")]


def found(app: App, code: str) -> Finding:
    """Return the one finding of a code."""
    [finding] = [finding for finding in app.findings if finding.code == code]
    return finding


def baked(app: App, number: int = 0) -> Json:
    """Return one flow as it goes into the image."""
    content: Json = json.loads(app.files[app.flows[number].file.lstrip("/")])
    return content


def template(app: App, node: int = 0, number: int = 0) -> Json:
    """Return the fields of one node as they go into the image."""
    fields: Json = baked(app, number)["data"]["nodes"][node]["data"]["node"]["template"]
    return fields
