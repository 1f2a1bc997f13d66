"""Flow documents as Langflow will load them: whitelisted, uniquely named, stable.

Langflow refuses to start on one bad file and silently drops files that share a name, an
endpoint or have no UUID (1.13.0, `initial_setup/setup.py`), hence every rule here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chartgen.model import Finding
from chartgen.runtimes.langflow.documents import Document
from chartgen.runtimes.langflow.identity import Registry, name_of
from chartgen.runtimes.langflow.paths import Path, path_text
from chartgen.runtimes.langflow.secrets import redacted
from chartgen.runtimes.langflow.shapes import JsonObject

FILE_NAME_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A flow that can be baked: unique id, name and endpoint."""

    document: Document
    id: str
    name: str
    endpoint: str

    @property
    def file_name(self) -> str:
        """Its file in the image. Never a UUID: Langflow would take that for the flow's id."""
        if len(self.endpoint) > FILE_NAME_LENGTH:
            return f"{self.endpoint[:FILE_NAME_LENGTH]}-{self.id[:8]}.json"
        return f"{self.endpoint}.json"


@dataclass(frozen=True, kw_only=True)
class NormalFlow(Claim):
    """A flow at hand; `data` is our own copy of its graph."""

    description: str
    keys: JsonObject = field(repr=False)
    data: JsonObject = field(repr=False)

    def place(self, path: Path) -> str:
        """JSON path, in the file as it was given, of a way that starts at the flow."""
        return path_text(self.document.data_at, path[1:])

    def content(self) -> bytes:
        """The file to bake: UTF-8 without a byte order mark, keys in a fixed order.

        Each key and each node and edge of the graph has a line of its own, for who compares.
        """
        flow = {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "endpoint_name": self.endpoint,
            "is_component": False,
            **self.keys,
        }
        lines = [f"{_json(key)}: {_json(value)}".encode() for key, value in flow.items()]
        # As text it would take four times as much, wherever one emoji is.
        graph = [_json(key).encode() + b": " + _listed(value) for key, value in self.data.items()]
        lines.append(b'"data": {\n' + b",\n".join(graph) + b"\n}")
        return b"{\n" + b",\n".join(lines) + b"\n}\n"


def claim(documents: Sequence[Document]) -> tuple[tuple[Claim, ...], tuple[Finding, ...]]:
    """Flows in the order of their files, and every clash as a finding that names both files."""
    twins = _twins(documents)
    registry = Registry(one for one in documents if one not in twins)
    claims: list[Claim] = []
    for document in documents:
        if document in twins:
            registry.leave_out(document, twins[document])
            continue
        identifier = registry.claim_id(document)
        name = registry.claim_name(document)
        endpoint = registry.claim_endpoint(document, name, identifier)
        claims.append(Claim(document=document, id=identifier, name=name, endpoint=endpoint))
    return tuple(claims), tuple(registry.findings)


def _twins(documents: Sequence[Document]) -> dict[Document, Document]:
    """Each document that is one before it over again: of the same name and with the same graph."""
    named: dict[str, list[Document]] = {}
    for document in documents:
        named.setdefault(name_of(document), []).append(document)
    twins, first = {}, dict[tuple[str, str], Document]()
    for name, group in named.items():
        for document in group if len(group) > 1 else ():
            before = first.setdefault((name, document.fingerprint), document)
            if before is not document:
                twins[document] = before
    return twins


def flow(claimed: Claim) -> NormalFlow:
    """The flow itself, with its graph."""
    stated = claimed.document.stated
    return NormalFlow(
        document=claimed.document,
        id=claimed.id,
        name=claimed.name,
        endpoint=claimed.endpoint,
        description=redacted(_text(stated.get("description"))),
        keys=_keys(stated),
        data=claimed.document.graph(),
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _keys(stated: JsonObject) -> JsonObject:
    """The optional columns worth keeping, where their type is what Langflow's model wants.

    MCP lists only flows with `mcp_enabled`; UI exports do not have the key, and a flow that
    does not say no is meant to be served.
    """
    tags = stated.get("tags")
    kept: JsonObject = {
        "tags": tags if isinstance(tags, list) and all(isinstance(t, str) for t in tags) else [],
        "webhook": stated.get("webhook") is True,
        "locked": stated.get("locked") is True,
        "mcp_enabled": stated.get("mcp_enabled") is not False,
    }
    for key in ("action_name", "action_description"):
        if _text(stated.get(key)):
            kept[key] = stated[key]
    return kept


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _listed(value: Any) -> bytes:
    if not isinstance(value, list) or not value:
        return _json(value).encode()
    return b"[\n" + b",\n".join(_json(item).encode() for item in value) + b"\n]"
