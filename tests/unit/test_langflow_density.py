"""Files whose values would take far more memory than the file."""

from __future__ import annotations

import json

import pytest

from tests.flows_factory import codes, component, field, flow, found, load

MIB = 1024 * 1024
PLACE = b'"here"'
AROUND = json.dumps(flow(component(text=field("here")))).encode()


@pytest.mark.parametrize("item", [b"[]", b"{}", b'{"a":"bcd"}', b"[[[]]]"])
def test_a_file_that_would_take_far_more_than_its_size_is_refused_before_it_is_parsed(
    item: bytes,
) -> None:
    dense = b"[" + b",".join([item] * (4 * MIB // len(item))) + b"]"
    app = load(AROUND.replace(PLACE, dense))
    assert "holds more objects, lists and values than any" in found(app, "broken-flow").message


def test_long_texts_many_numbers_and_small_files_are_taken() -> None:
    numbers = b"[" + b",".join([b"0.012345678"] * (4 * MIB // 12)) + b"]"
    small = b"[" + b",".join([b"[]"] * 20_000) + b"]"
    for value in (numbers, small, b'"' + b"x, {y} [z] " * 50_000 + b'"'):
        assert "broken-flow" not in codes(load(AROUND.replace(PLACE, value)))
