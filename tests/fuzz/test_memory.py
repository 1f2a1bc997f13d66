"""How many times its size a large flow takes of memory, by what the system counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows_factory import component, field, flow
from tests.integration.test_memory import MIB, peak

SIZE = 16 * MIB
TIMES = 10


def reading(folder: Path, data: bytes, code: int = 0) -> int:
    """Peak of a run that reads one flow, and ends with that exit code."""
    (folder / "flow.json").write_bytes(data)
    return peak("inspect", "flow.json", "--name", "bots", cwd=folder, code=code)


@pytest.mark.parametrize(
    "item",
    [
        *("a text of some words, ", "0.0123456789, ", "é, {ü} [ß] ", "ordinary words, and 語, "),
        *("🦄", "İ", "key ", "{{A_KEY}} "),
    ],
)
def test_a_large_flow_takes_at_most_ten_times_its_size(item: str, tmp_path: Path) -> None:
    at_rest = reading(tmp_path, json.dumps(flow()).encode())
    large = flow(component(text=field(item * (SIZE // len(item.encode())))))
    data = json.dumps(large, ensure_ascii=False).encode()
    taken = reading(tmp_path, data) - at_rest
    print(f"{taken / len(data):.1f} times")  # noqa: T201 - with -s
    assert taken < TIMES * len(data)


@pytest.mark.parametrize("item", ["a text with 🦄 in it, ", '", "'])
def test_a_large_flow_that_would_take_more_is_refused_and_takes_less(
    item: str, tmp_path: Path
) -> None:
    at_rest = reading(tmp_path, json.dumps(flow()).encode())
    large = json.dumps(flow(component(text=field(["here"]))), ensure_ascii=False)
    data = large.replace("here", item * (SIZE // len(item.encode()))).encode()
    taken = reading(tmp_path, data, code=1) - at_rest
    print(f"{taken / len(data):.1f} times")  # noqa: T201 - with -s
    assert taken < TIMES * len(data)


@pytest.mark.parametrize(("number", "code"), [(251, 1), (250, 0)])
def test_components_that_import_by_the_hundred_take_at_most_ten_times_their_size(
    number: int, code: int, tmp_path: Path
) -> None:
    at_rest = reading(tmp_path, json.dumps(flow()).encode())
    components = []
    for place in range(2000):
        # Below a condition that never holds: nothing has to be there.
        lines = [f"    import m{place:04}.n{one:05}" for one in range(number)]
        source = "\n".join(["class A: pass", "def never():", *lines])
        components.append(component(text=field(""), code=field(source)))
    data = json.dumps(flow(*components)).encode()
    taken = reading(tmp_path, data, code=code) - at_rest
    print(f"{taken / len(data):.1f} times")  # noqa: T201 - with -s
    assert taken < TIMES * len(data)
