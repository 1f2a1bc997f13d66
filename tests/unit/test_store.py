from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chartgen import tree
from chartgen.store import Store
from chartgen.tree import Lazy


def handles(folder: Path) -> list[str]:
    """Return the open files that lie in a folder, those without a name too."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.append(str(link.readlink()))
    return [place for place in found if place.startswith(f"{folder}/")]


def test_what_was_added_is_read_again_in_any_order_and_any_number_of_times() -> None:
    store = Store()
    readers = [store.add(bytes([number]) * number * 1000) for number in range(50)]
    for number, read in reversed([*enumerate(readers)]):
        assert read() == read() == bytes([number]) * number * 1000


def test_many_threads_read_at_once() -> None:
    store = Store()
    readers = [store.add(str(number).encode() * 5000) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda read: read(), readers))
    assert found == [str(number).encode() * 5000 for number in range(200)]


def test_everything_is_read_as_one_stream() -> None:
    store = Store()
    for part in (b"one ", b"two ", b"three"):
        store.write(part)
    stream = store.open()
    assert [stream.read(5), stream.read(), stream.read(), stream.read(5)] == [
        b"one t",
        b"wo three",
        b"",
        b"",
    ]
    stream.close()


def test_a_store_leaves_no_file_and_no_handle_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = Store()
    read = store.add(b"content")
    assert handles(tmp_path)
    assert not [*tmp_path.iterdir()]
    del store
    assert read() == b"content"
    del read
    assert not handles(tmp_path)


def test_asking_whether_a_lazy_tree_has_a_file_does_not_read_it() -> None:
    def refuse() -> bytes:
        raise AssertionError

    lazy = Lazy({"a.json": refuse, "b.json": refuse})
    assert "a.json" in lazy
    assert "c.json" not in lazy
    assert [*lazy] == ["a.json", "b.json"]
    assert [*tree.merge(lazy, {"c.json": b""})] == ["a.json", "b.json", "c.json"]
