"""Flows to start from: Langflow's own, the examples, one of everything, and bad ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.integration import starters
from tests.unit.test_langflow_hostile import everything

ROOT = Path(__file__).parents[2]
# One wheel of each way to export that Langflow has had.
WHEELS = ("0.0.99", "0.7.3", "1.13.0")
# Mutants of short flows are many more in the same time, and reach the same lines.
LARGEST = 130_000
NODES = 3


@cache
def flows() -> Sequence[bytes]:
    """Those that are sound, as files' contents."""
    own = [file.read_bytes() for file in sorted((ROOT / "examples" / "flows").rglob("*.json"))]
    short = [data for data in _starters() if len(data) <= LARGEST]
    return (json.dumps(everything()).encode(), *own, *short)


@cache
def parts() -> Sequence[bytes]:
    """The same flows in parts of a few nodes."""
    found = []
    for data in dict.fromkeys((*flows(), *_starters())):
        flow = json.loads(data)
        graph = flow["data"]
        for start in range(0, len(graph["nodes"]), NODES):
            nodes = graph["nodes"][start : start + NODES]
            kept = {node["id"] for node in nodes}
            edges = [edge for edge in graph["edges"] if {edge["source"], edge["target"]} & kept]
            part = {**flow, "data": {**graph, "nodes": nodes, "edges": edges}}
            found.append(json.dumps(part, ensure_ascii=False).encode())
    return found


@cache
def bad() -> Sequence[bytes]:
    """Those that are not."""
    return [file.read_bytes() for file in sorted((ROOT / "tests" / "flows" / "bad").iterdir())]


@cache
def _starters() -> Sequence[bytes]:
    """Starter flows with a model chosen, so that they are not refused before all else."""
    return [starters.with_models(one).data for wheel in WHEELS for one in starters.read(wheel)]
