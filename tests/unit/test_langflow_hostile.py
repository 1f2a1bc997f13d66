"""Flows with holes torn into them at random: whatever comes, there is an answer, and soon."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chartgen.model import Selection
from tests.flows_factory import component, edge, field, flow, group, load, model, secret

EXAMPLES = Path(__file__).parents[2] / "examples" / "flows"
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 3.5, 10**300, "", "x", "true", [], {}, ["x"], [None], [[]],
    {"a": 1}, {"id": "x", "field": "y"}, {"id": [], "field": {}}, [{"key": "k", "value": "A_KEY"}],
    [{"name": "m", "provider": "OpenAI"}], [{"provider": {}}], {"dependencies": [{"name": "a b"}]},
    {"columns": [{"name": [], "load_from_db": True}]}, "SOME_API_KEY", "{{" + " " * 5000,
    "[" * 5000, "a+" * 5000, "a." * 5000, "œ" * 50, "a|b|c", "-" * 20_000 + "1",
)  # fmt: skip
OPENED = tuple(
    Selection(field=name, name=f"P{number}")
    for number, name in enumerate(("knob", "pick", "url", "model", "code", "table", "tone"))
)


def everything() -> Any:
    """One flow with every kind of place that is looked at."""
    table = {
        "_input_type": "TableInput",
        "type": "table",
        "table_schema": [{"name": "key"}, {"name": "value", "load_from_db": True}],
        "value": [
            {"key": "k", "value": "ACME_TOKEN"},
            {"key": "x", "value": "ACME_REGION", "__load_from_db_fields": ["value"]},
            {"key": "y", "value": "ACME_HOST", "__load_from_db_fields": {"value": True}},
        ],
    }
    config = {
        "url": "https://crm.example/{{CRM_HOST}}",
        "headers": {"Authorization": "{{CRM_TOKEN}}"},
        "env": [{"key": "A_KEY", "value": "A_KEY"}],
        "args": ["--token", "hunter2-hunter2"],
    }
    server = {"_input_type": "McpInput", "type": "mcp", "value": {"name": "x", "config": config}}
    child = component(
        "OpenAI", "OpenAI-1", key=secret("X_KEY"), knob=field(0.5, "SliderInput", type="slider")
    )
    outer = secret("Y_KEY", proxy={"id": "OpenAI-1", "field": "key"})
    node = component(
        key=secret(),
        table=table,
        server=server,
        model=model(),
        code={"type": "code", "value": ["import yfinance", "class A: pass"]},
        pick=field("a", "DropdownInput", options=["a", "b"]),
        knob=field(1, "IntInput", type="int", range_spec={"min": 0, "max": 2}, info="How many"),
        url=field("http://x:99/y", load_from_db=True),
    )
    node["data"]["node"]["metadata"] = {"dependencies": {"dependencies": [{"name": "yfinance"}]}}
    agent = component("Agent", "Agent-1", agent_llm=field("OpenAI"), api_key=secret())
    nodes = [node, group(child, edges=[edge("OpenAI-1", "knob")], outer=outer), agent]
    return flow(*nodes, edges=[edge("Acme-1", "pick")], endpoint_name="x", tags=["a"])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, child in items:
        yield (*path, step)
        if isinstance(child, dict | list):
            yield from places(child, (*path, step))


def torn(value: Any, chance: random.Random) -> Any:
    value = copy.deepcopy(value)
    for _ in range(chance.choice((1, 2, 4, 12))):
        every = [*places(value)]
        if not every:
            break
        *way, last = chance.choice(every)
        item = value
        for step in way:
            item = item[step]
        if chance.random() < 0.15:
            del item[last]
        else:
            item[last] = copy.deepcopy(chance.choice(STRANGE))
    return value


def originals() -> dict[str, Any]:
    examples = {file.name: json.loads(file.read_bytes()) for file in EXAMPLES.rglob("*.json")}
    return {"everything": everything(), **examples}


@pytest.mark.parametrize("name", originals())
@pytest.mark.parametrize("bind_literals", [True, False])
def test_a_torn_flow_gives_findings_and_no_traceback(name: str, bind_literals: bool) -> None:
    original, chance = originals()[name], random.Random(f"{name} {bind_literals}")  # noqa: S311
    for _ in range(150 if name == "everything" else 40):
        value = torn(original, chance)
        start = time.process_time()
        app = load(value, parameters=OPENED, bind_literals=bind_literals)
        assert time.process_time() - start < 2
        assert app.flows or any(finding.level == "error" for finding in app.findings)
        for data in app.files.values():
            data.decode()
        # The same holes give the same answer.
        assert load(value, parameters=OPENED, bind_literals=bind_literals) == app


def test_sixty_flows_of_200_kilobytes_are_read_in_seconds() -> None:
    nodes = [component(f"C{n}", f"C{n}-1", text=field(f"line {n}\n" * 250)) for n in range(90)]
    code = "\n".join(f"def f{n}(x):\n    return x + {n}" for n in range(400))
    own = component("Own", code={"type": "code", "value": code}, key=secret())
    flows = [flow(own, *nodes, name=f"Flow {n}") for n in range(60)]
    assert len(json.dumps(flows[0])) > 200_000
    start = time.process_time()
    assert len(load(*flows).flows) == 60
    assert time.process_time() - start < 10
