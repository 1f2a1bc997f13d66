"""A piece of a Kubernetes object, read to its last field: what nobody asked for is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Unknown(Exception):
    """A field, or a value of one, whose meaning the tests do not know."""


class Fields:
    """The fields of one object. Each is taken once."""

    def __init__(self, content: Mapping[str, Any], where: str) -> None:
        self.where = where
        self._left = dict(content)

    def take(self, name: str, default: Any = None) -> Any:
        """The value of a field, or what Kubernetes has in its place."""
        return self._left.pop(name, default)

    def expect(self, name: str, *meanings: Any) -> None:
        """Accept a field only with a value that changes nothing here; `None` is for its absence."""
        value = self.take(name)
        if value not in meanings:
            raise Unknown(f"{self.where}.{name}: {value!r}")

    def left(self) -> list[str]:
        """The fields that nobody has taken yet."""
        return sorted(self._left)


@contextmanager
def reading(content: Mapping[str, Any] | None, where: str) -> Iterator[Fields]:
    """Read an object; a field that is left at the end is unknown."""
    fields = Fields(content or {}, where)
    yield fields
    if fields.left():
        raise Unknown(f"{where}: {', '.join(fields.left())}")
