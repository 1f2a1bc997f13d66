"""From bytes to flow documents: parse strictly, tell what each JSON value is, split exports.

Langflow itself reads flow files with plain `json.loads` on UTF-8 text (lfx 1.13.0,
`initial_setup/setup.py`), so whatever Python's parser would let through but a pod would
choke on later (NaN, lone surrogates, NUL, a byte order mark) is settled here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chartgen.model import Finding
from chartgen.runtimes.langflow.paths import Path, path_text
from chartgen.sources import Source

JsonObject = dict[str, Any]
DEPTH_LIMIT = 100


@dataclass(frozen=True, kw_only=True)
class Document:
    """One flow as found: which file, where in it, and the JSON object (not yet normalised)."""

    source: Source
    at: str
    flow: JsonObject = field(repr=False)
    is_bare: bool = False

    @property
    def data_at(self) -> str:
        """JSON path of the graph: a bare `{nodes, edges}` has no `data` around it."""
        return self.at if self.is_bare else f"{self.at}.data"

    @property
    def label(self) -> str:
        """The file, with the place in it when the file holds several flows."""
        return self.source.path if self.at == "$" else f"{self.source.path} {self.at}"


class _Refused(ValueError):
    """Something Python's JSON parser accepts and we do not."""


def parse(source: Source) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """The flows in a source, and what else there is to say about it."""
    findings: list[Finding] = []
    try:
        value = _load(source, findings)
        _inspect(value)
    except _Refused as fault:
        return (), (*findings, _broken(source, str(fault)))
    documents = tuple(
        Document(
            source=source,
            at=at,
            flow={**flow, "data": graph},
            is_bare=graph is flow,
        )
        for at, flow, graph in _split(source, value, findings)
    )
    return documents, tuple(findings)


def _load(source: Source, findings: list[Finding]) -> Any:
    repeated: set[str] = set()

    def pairs(items: list[tuple[str, Any]]) -> JsonObject:
        result = dict(items)
        if len(result) < len(items):
            counts = Counter(key for key, _ in items)
            repeated.update(key for key, count in counts.items() if count > 1)
        return result

    def constant(text: str) -> Any:
        raise _Refused(f"{text} is not JSON")

    try:
        text = source.data.decode(json.detect_encoding(source.data))
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except UnicodeDecodeError as fault:
        raise _Refused(f"byte {fault.start} is not {fault.encoding.upper()} text") from fault
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise _Refused(f"this is not JSON: {fault.msg} at {place}") from fault
    except RecursionError as fault:
        raise _Refused(f"this is nested more than {DEPTH_LIMIT} levels deep") from fault
    except _Refused:
        raise
    except ValueError as fault:
        raise _Refused("this holds a whole number of thousands of digits") from fault
    findings.extend(
        Finding(
            level="warning",
            code="duplicate-key",
            file=source.path,
            message=f"the key {key!r} stands twice in one object; the last one counts",
            fix="remove one of the two",
        )
        for key in sorted(repeated)
    )
    return value


def _inspect(value: Any) -> None:
    """Refuse what cannot be written back: too deep, infinite, no text."""
    waiting: list[tuple[Any, Path]] = [(value, ())]
    while waiting:
        item, path = waiting.pop()
        if len(path) > DEPTH_LIMIT:
            raise _Refused(f"this is nested more than {DEPTH_LIMIT} levels deep")
        if isinstance(item, dict):
            for key, child in item.items():
                _inspect_text(key, path)
                waiting.append((child, (*path, key)))
        elif isinstance(item, list):
            waiting.extend((child, (*path, i)) for i, child in enumerate(item))
        elif isinstance(item, str):
            _inspect_text(item, path)
        elif isinstance(item, float) and item in (float("inf"), float("-inf")):
            raise _Refused(f"the number at {path_text('$', path)} is too large")


def _inspect_text(text: str, path: Path) -> None:
    if "\0" in text:
        raise _Refused(f"the text at {path_text('$', path)} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        at = path_text("$", path)
        raise _Refused(f"the text at {at} holds half a surrogate pair") from fault


def _split(
    source: Source, value: Any, findings: list[Finding]
) -> Iterator[tuple[str, JsonObject, JsonObject]]:
    """The flows in a JSON value: where each one is, the flow itself, and its graph."""
    members = value.get("flows") if isinstance(value, dict) else value
    if isinstance(members, list) and not _graph_of(value):
        place = "$.flows" if isinstance(value, dict) else "$"
        for index, member in enumerate(members):
            yield from _flow(source, f"{place}[{index}]", member, findings)
        if not members:
            findings.append(_no_flow(source, "$", "it holds an empty list"))
    else:
        yield from _flow(source, "$", value, findings)


def _graph_of(value: Any) -> Any:
    """The part that should be a graph: `data` of a flow, or a bare `{nodes, edges}`."""
    if not isinstance(value, dict):
        return None
    data = value.get("data")
    if isinstance(data, dict) and ("nodes" in data or "edges" in data):
        return data
    return value if "nodes" in value and "edges" in value else None


def _flow(
    source: Source, at: str, value: Any, findings: list[Finding]
) -> Iterator[tuple[str, JsonObject, JsonObject]]:
    graph = _graph_of(value)
    if graph is None:
        findings.append(_no_flow(source, at, "it is JSON, but not a flow"))
    elif value.get("is_component") is True:
        findings.append(_no_flow(source, at, "it is a saved component, not a flow"))
    elif fault := _malformed(graph, at if graph is value else f"{at}.data"):
        findings.append(_broken(source, fault))
    elif not graph["nodes"]:
        findings.append(_no_flow(source, at, "it is a flow with no component in it"))
    else:
        yield at, value, graph


def _malformed(graph: JsonObject, at: str) -> str:
    """What is wrong with the shape of a graph, or ""."""
    for key in ("nodes", "edges"):
        if not isinstance(graph.get(key), list):
            return f"{at}.{key} is not a list"
    for index, node in enumerate(graph["nodes"]):
        place = f"{at}.nodes[{index}]"
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            return f"{place} is not a node with an id"
        data = node.get("data")
        if not isinstance(data, dict):
            return f"{place}.data is not an object"
        component = data.get("node")
        if node.get("type") == "noteNode" and not component:
            continue
        if not isinstance(component, dict):
            return f"{place}.data.node is not an object"
        if not isinstance(component.get("template") or {}, dict):
            return f"{place}.data.node.template is not an object"
        inner = component.get("flow")
        if inner and (fault := _malformed_group(inner, f"{place}.data.node.flow")):
            return fault
    return _malformed_edges(graph["edges"], at)


def _malformed_group(flow: Any, at: str) -> str:
    data = flow.get("data") if isinstance(flow, dict) else None
    return _malformed(data, f"{at}.data") if isinstance(data, dict) else f"{at}.data is no object"


def _malformed_edges(edges: list[Any], at: str) -> str:
    for index, edge in enumerate(edges):
        if not isinstance(edge, dict) or not all(
            isinstance(edge.get(end), str) for end in ("source", "target")
        ):
            return f"{at}.edges[{index}] is not an edge with a source and a target"
    return ""


def _broken(source: Source, message: str) -> Finding:
    return Finding(
        level="error",
        code="broken-flow",
        file=source.path,
        message=message,
        fix="export the flow from Langflow again, or remove the file",
    )


def _no_flow(source: Source, at: str, message: str) -> Finding:
    return Finding(
        level="warning",
        code="not-a-flow",
        file=source.path,
        at=at,
        message=f"{message}; it is left out",
        fix="remove it, or ignore this",
    )
