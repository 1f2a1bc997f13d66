"""Reads the edges of a graph: which fields they feed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

JsonObject = dict[str, Any]


def fed(edges: Iterable[JsonObject]) -> dict[str, frozenset[str]]:
    """The fields that edges end in, by the id of their node."""
    targets: dict[str, set[str]] = {}
    for edge in edges:
        name = _target_field(edge)
        if name:
            targets.setdefault(edge["target"], set()).add(name)
    return {target: frozenset(names) for target, names in targets.items()}


def _target_field(edge: JsonObject) -> str:
    """The field that an edge ends in; `targetHandle` alone has `œ` in place of `"`."""
    data = edge.get("data")
    handle = data.get("targetHandle") if isinstance(data, dict) else None
    if handle is None:
        handle = edge.get("targetHandle")
    if isinstance(handle, str):
        try:
            handle = json.loads(handle.replace("œ", '"'))
        except (ValueError, RecursionError):
            # Before 1.0 a handle was `Type|field|node`.
            return handle.split("|")[1] if handle.count("|") >= 2 else ""
    name = handle.get("fieldName") if isinstance(handle, dict) else None
    return name if isinstance(name, str) else ""
