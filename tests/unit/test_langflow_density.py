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


def test_a_small_file_of_nothing_but_lists_is_refused_too() -> None:
    lists = b"[" + b",".join([b"[]"] * 200_000) + b"]"
    assert "broken-flow" in codes(load(AROUND.replace(PLACE, lists)), "error")


def test_an_embedding_that_a_node_has_cached_is_taken() -> None:
    numbers = b"[" + b", ".join([b"-0.012345"] * 400_000) + b"]"
    assert "broken-flow" not in codes(load(AROUND.replace(PLACE, numbers)))


def test_long_texts_many_numbers_and_small_files_are_taken() -> None:
    numbers = b"[" + b",".join([b"0.012345678"] * (4 * MIB // 12)) + b"]"
    small = b"[" + b",".join([b"[]"] * 20_000) + b"]"
    for value in (numbers, small, b'"' + b"x, {y} [z] " * 50_000 + b'"'):
        assert "broken-flow" not in codes(load(AROUND.replace(PLACE, value)))


@pytest.mark.parametrize("emoji", ["🦄", "\\ud83e\\udd84"])
def test_a_text_of_megabytes_that_one_emoji_makes_four_times_as_large_is_refused(
    emoji: str,
) -> None:
    long = f'"{"a text of some words, " * (6 * MIB // 22)}{emoji}"'.encode()
    app = load(AROUND.replace(PLACE, long))
    assert "a text of megabytes with an emoji" in found(app, "broken-flow").message


def test_emoji_are_taken_in_texts_of_some_megabytes_and_beside_longer_ones() -> None:
    words = "a text of some words, "
    for text in (
        f'"🦄 {words * (4 * MIB // 22)}"',
        f'["🦄", "{words * (12 * MIB // 22)}"]',
        f'"{"🦄" * (3 * MIB)}"',
    ):
        assert "broken-flow" not in codes(load(AROUND.replace(PLACE, text.encode())))
