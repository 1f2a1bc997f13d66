"""How many times its size a large flow takes of memory, by what the system counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows_factory import component, field, flow
from tests.integration.test_memory import MIB, peak

SIZE = 24 * MIB
TIMES = 10


def reading(folder: Path, data: bytes) -> int:
    """Peak of a run that reads one flow."""
    (folder / "flow.json").write_bytes(data)
    return peak("inspect", "flow.json", "--name", "bots", cwd=folder)


@pytest.mark.parametrize("item", ["a text of some words, ", "0.0123456789, ", "é, {ü} [ß] "])
def test_a_large_flow_takes_at_most_ten_times_its_size(item: str, tmp_path: Path) -> None:
    at_rest = reading(tmp_path, json.dumps(flow()).encode())
    large = flow(component(text=field(item * (SIZE // len(item)))))
    data = json.dumps(large, ensure_ascii=False).encode()
    taken = reading(tmp_path, data) - at_rest
    print(f"{taken / len(data):.1f} times")  # noqa: T201 - with -s
    assert taken < TIMES * len(data)
