"""Tells what a JSON value is, a flow, several, a component or nothing of ours, and its faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chartgen.model import Finding

JsonObject = dict[str, Any]


def flows(
    file: str, value: Any, findings: list[Finding]
) -> Iterator[tuple[str, JsonObject, JsonObject]]:
    """The flows in a JSON value: where each one is, the flow itself, and its graph."""
    members = value.get("flows") if isinstance(value, dict) else value
    if isinstance(members, list) and not _graph_of(value):
        place = "$.flows" if isinstance(value, dict) else "$"
        for index, member in enumerate(members):
            yield from _flow(file, f"{place}[{index}]", member, findings)
        if not members:
            findings.append(_no_flow(file, "$", "it holds an empty list"))
    else:
        yield from _flow(file, "$", value, findings)


def _graph_of(value: Any) -> Any:
    """The part that should be a graph: `data` of a flow, or a bare `{nodes, edges}`."""
    if not isinstance(value, dict):
        return None
    data = value.get("data")
    if isinstance(data, dict) and ("nodes" in data or "edges" in data):
        return data
    return value if "nodes" in value and "edges" in value else None


def _flow(
    file: str, at: str, value: Any, findings: list[Finding]
) -> Iterator[tuple[str, JsonObject, JsonObject]]:
    graph = _graph_of(value)
    if graph is None:
        findings.append(_no_flow(file, at, "it is JSON, but not a flow"))
    elif value.get("is_component") is True:
        findings.append(_no_flow(file, at, "it is a saved component, not a flow"))
    elif fault := _malformed(graph, at if graph is value else f"{at}.data"):
        findings.append(broken(file, fault))
    elif not graph["nodes"]:
        findings.append(_no_flow(file, at, "it is a flow with no component in it"))
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


def broken(file: str, message: str) -> Finding:
    """What is said of a file that cannot be read as the flow that it should be."""
    return Finding(
        level="error",
        code="broken-flow",
        file=file,
        message=message,
        fix="export the flow from Langflow again, or remove the file",
    )


def _no_flow(file: str, at: str, message: str) -> Finding:
    return Finding(
        level="warning",
        code="not-a-flow",
        file=file,
        at=at,
        message=f"{message}; it is left out",
        fix="remove it, or ignore this",
    )
