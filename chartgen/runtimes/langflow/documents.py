"""The flows that files hold: what each says of itself is kept at hand, its graph on disk."""

from __future__ import annotations

import hashlib
import json
import marshal
from collections.abc import Callable
from dataclasses import dataclass, field

from chartgen.model import Finding
from chartgen.runtimes.langflow import contents, shapes
from chartgen.runtimes.langflow.graph import joined
from chartgen.runtimes.langflow.shapes import JsonObject
from chartgen.sources import Source
from chartgen.store import Store

# What of an export is looked at beside its graph.
STATED = frozenset(
    {
        "id",
        "name",
        "description",
        "endpoint_name",
        "tags",
        "webhook",
        "locked",
        "mcp_enabled",
        "action_name",
        "action_description",
    }
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """One flow as found: its file, where in it, and what it states beside its graph.

    `stem` is the file's name without its ending. `graph` gives nodes, edges and viewport, each
    time a copy of one's own.
    """

    file: str
    stem: str
    at: str
    stated: JsonObject = field(repr=False)
    is_bare: bool
    graph: Callable[[], JsonObject] = field(repr=False)

    @property
    def data_at(self) -> str:
        """JSON path of the graph: a bare `{nodes, edges}` has no `data` around it."""
        return self.at if self.is_bare else f"{self.at}.data"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of nodes and edges, in whatever order their keys, wherever it was scrolled to."""
        graph = self.graph()
        text = json.dumps([graph["nodes"], graph["edges"]], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def label(self) -> str:
        """The file, with the place in it when the file holds several flows."""
        return self.file if self.at == "$" else f"{self.file} {self.at}"


def parse(source: Source, store: Store) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """The flows in a source, and what else there is to say about it."""
    findings: list[Finding] = []
    try:
        value, repeated = contents.load(source.data)
    except contents.Refused as fault:
        return (), (shapes.broken(source.path, str(fault)),)
    findings += (
        Finding(
            level="warning",
            code="duplicate-key",
            file=source.path,
            message=f"the key {key!r} stands twice in one object; the last one counts",
            fix="remove one of the two",
        )
        for key in repeated
    )
    documents = tuple(
        _document(source, at, flow, graph, store)
        for at, flow, graph in shapes.flows(source.path, value, findings)
    )
    return documents, tuple(findings)


def _document(
    source: Source, at: str, flow: JsonObject, graph: JsonObject, store: Store
) -> Document:
    kept = {key: graph[key] for key in ("nodes", "edges")}
    if isinstance(graph.get("viewport"), dict):
        kept["viewport"] = graph["viewport"]
    _join_code(kept)
    # Not JSON: what we wrote ourselves a moment ago may be read in the fastest way there is.
    read = store.add(marshal.dumps(kept))

    def load() -> JsonObject:
        value: JsonObject = marshal.loads(read())  # noqa: S302 - written above
        return value

    return Document(
        file=source.path,
        stem=source.stem,
        at=at,
        stated={key: value for key, value in flow.items() if key in STATED},
        is_bare=graph is flow,
        graph=load,
    )


def _join_code(graph: JsonObject) -> None:
    for node in graph["nodes"]:
        component = (node.get("data") or {}).get("node") or {}
        for item in (component.get("template") or {}).values():
            if isinstance(item, dict) and item.get("type") == "code":
                item["value"] = joined(item.get("value"))
        if component.get("flow"):
            _join_code(component["flow"]["data"])
