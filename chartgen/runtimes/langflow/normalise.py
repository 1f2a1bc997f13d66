"""Flow documents as Langflow will load them: whitelisted, uniquely named, stable.

Langflow refuses to start on one bad file and silently drops files that share a name, an
endpoint or have no UUID (1.13.0, `initial_setup/setup.py`), hence every rule here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen.model import Finding
from chartgen.runtimes.langflow.documents import Document
from chartgen.runtimes.langflow.graph import JsonObject, joined
from chartgen.runtimes.langflow.identity import Registry, name_of
from chartgen.runtimes.langflow.paths import Path, path_text
from chartgen.runtimes.langflow.secrets import redacted

FILE_NAME_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class NormalFlow:
    """A flow that can be baked: unique id, name and endpoint; `data` is our own copy."""

    document: Document
    id: str
    name: str
    endpoint: str
    description: str
    keys: JsonObject = field(repr=False)
    data: JsonObject = field(repr=False)

    def place(self, path: Path) -> str:
        """JSON path, in the file as it was given, of a way that starts at the flow."""
        return path_text(self.document.data_at, path[1:])

    def content(self) -> bytes:
        """The file to bake: UTF-8 without a byte order mark, keys in a fixed order."""
        flow = {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "endpoint_name": self.endpoint,
            "is_component": False,
            **self.keys,
            "data": self.data,
        }
        return (json.dumps(flow, ensure_ascii=False, indent=1) + "\n").encode()

    @property
    def file_name(self) -> str:
        """Its file in the image. Never a UUID: Langflow would take that for the flow's id."""
        if len(self.endpoint) > FILE_NAME_LENGTH:
            return f"{self.endpoint[:FILE_NAME_LENGTH]}-{self.id[:8]}.json"
        return f"{self.endpoint}.json"


def normalise(documents: Sequence[Document]) -> tuple[tuple[NormalFlow, ...], tuple[Finding, ...]]:
    """Flows in the order of their files, and every clash as a finding that names both files."""
    read = [(document, _data(document.flow["data"])) for document in documents]
    first: dict[tuple[str, str], Document] = {}
    twins = [first.setdefault(_fingerprint(*pair), pair[0]) for pair in read]
    registry, flows = Registry(first.values()), list[NormalFlow]()
    for (document, data), twin in zip(read, twins, strict=True):
        if twin is not document:
            registry.leave_out(document, twin)
            continue
        identifier = registry.claim_id(document)
        name = registry.claim_name(document)
        flows.append(
            NormalFlow(
                document=document,
                id=identifier,
                name=name,
                endpoint=registry.claim_endpoint(document, name, identifier),
                description=redacted(_text(document.flow.get("description"))),
                keys=_keys(document.flow),
                data=data,
            )
        )
    return tuple(flows), tuple(registry.findings)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _keys(flow: JsonObject) -> JsonObject:
    """The optional columns worth keeping, where their type is what Langflow's model wants.

    MCP lists only flows with `mcp_enabled`; UI exports do not have the key, and a flow that
    does not say no is meant to be served.
    """
    tags = flow.get("tags")
    kept: JsonObject = {
        "tags": tags if isinstance(tags, list) and all(isinstance(t, str) for t in tags) else [],
        "webhook": flow.get("webhook") is True,
        "locked": flow.get("locked") is True,
        "mcp_enabled": flow.get("mcp_enabled") is not False,
    }
    for key in ("action_name", "action_description"):
        if _text(flow.get(key)):
            kept[key] = flow[key]
    return kept


def _data(graph: JsonObject) -> JsonObject:
    viewport = graph.get("viewport")
    data = {"nodes": _copied(graph["nodes"]), "edges": _copied(graph["edges"])}
    if isinstance(viewport, dict):
        data["viewport"] = _copied(viewport)
    _join_code(data)
    return data


def _copied(value: Any) -> Any:
    """A copy of a JSON value, in half of the time that `copy.deepcopy` takes for one."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _join_code(data: JsonObject) -> None:
    for node in data["nodes"]:
        component = (node.get("data") or {}).get("node") or {}
        for item in (component.get("template") or {}).values():
            if isinstance(item, dict) and item.get("type") == "code":
                item["value"] = joined(item.get("value"))
        if component.get("flow"):
            _join_code(component["flow"]["data"])


def _fingerprint(document: Document, data: JsonObject) -> tuple[str, str]:
    """What two exports of one flow share: its name and its graph, wherever it was scrolled to."""
    text = json.dumps([data["nodes"], data["edges"]], sort_keys=True, ensure_ascii=False)
    return name_of(document), hashlib.sha256(text.encode()).hexdigest()
