"""The values of an installation: those of the chart, and files over them, as Helm lays them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from chartgen import config
from chartgen.errors import InvalidInput
from chartgen.model import Finding, Level

Values = dict[str, Any]
Place = tuple[str | int, ...]
# No value of a chart lies deeper, and what does would exhaust those who read it.
DEEPEST = 40
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(kw_only=True)
class Origin:
    """Which file decided a value, "" when none did as a whole; `inner` is by the keys in it."""

    name: str = ""
    inner: dict[str, Origin] = field(default_factory=dict)

    def names(self) -> Iterator[str]:
        """Every file that decided something in it."""
        for one in self.inner.values():
            if one.name:
                yield one.name
            yield from one.names()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Merged values, and where each is from."""

    values: Mapping[str, Any] = field(repr=False)
    origin: Origin = field(repr=False)

    def get(self, *place: str | int) -> Any:
        """The value at a place; None where there is nothing."""
        found: Any = self.values
        for step in place:
            if isinstance(found, dict):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int) and step < len(found):
                found = found[step]
            else:
                return None
        return found

    def text(self, *place: str | int) -> str:
        """The text at a place, "" where there is none."""
        found = self.get(*place)
        return found if isinstance(found, str) else ""

    def mapping(self, *place: str | int) -> Values:
        """The mapping at a place, an empty one where there is none."""
        found = self.get(*place)
        return found if isinstance(found, dict) else {}

    def items(self, *place: str | int) -> Iterator[tuple[int, Values]]:
        """The mappings in the list at a place, with their numbers in it."""
        found = self.get(*place)
        for number, item in enumerate(found if isinstance(found, list) else ()):
            if isinstance(item, dict):
                yield number, item

    def is_on(self, *place: str | int) -> bool:
        """Whether the value at a place is true."""
        return self.get(*place) is True

    def file(self, place: Place) -> str:
        """The file that decided the value at a place, or "" when the chart itself did."""
        node, found = self.origin, ""
        for step in place:
            if not isinstance(step, str) or step not in node.inner:
                return found
            node = node.inner[step]
            found = node.name or found
        return found or next(node.names(), "")

    def said(
        self, code: str, place: Place, message: str, fix: str, *, level: Level = "warning"
    ) -> Iterator[Finding]:
        """A finding about a place, if it was a file that decided its value."""
        if file := self.file(place):
            yield Finding(
                level=level, code=code, file=file, at=path(place), message=message, fix=fix
            )


def read(file: Path) -> Values:
    """The values in a file. Raises InvalidInput for what Helm would not take for values."""
    data = _plain(config.read(file, as_helm=True), file, 0)
    if not isinstance(data, dict):
        raise InvalidInput(f"{file} holds no values: at its top there must be a mapping")
    return data


def lay(chart: Values, files: Iterable[tuple[str, Values]]) -> Settings:
    """Lay files (name and values) over the values of a chart, the later over the former.

    Mappings are merged, a null takes a value away, and all else is replaced (helm.sh, "Values
    Files").
    """
    values, origin = chart, Origin()
    for name, above in files:
        values = _merged(values, above, name, origin)
    return Settings(values=values, origin=origin)


def path(place: Place) -> str:
    """A place as a JSON path."""
    steps = (
        f"[{step}]"
        if isinstance(step, int)
        else f".{step}"
        if PLAIN.fullmatch(step)
        else f"[{step!r}]"
        for step in place
    )
    return "$" + "".join(steps)


def _merged(below: Values, above: Values, name: str, origin: Origin) -> Values:
    result = dict(below)
    for key, value in above.items():
        former = result.get(key)
        if isinstance(value, dict):
            if not isinstance(former, dict):
                former, origin.inner[key] = {}, Origin(name=name)
            result[key] = _merged(former, value, name, origin.inner.setdefault(key, Origin()))
            continue
        origin.inner[key] = Origin(name=name)
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def _plain(value: Any, file: Path, depth: int) -> Any:
    """A value as JSON has it: Helm makes that of YAML before it looks."""
    if depth > DEEPEST:
        raise InvalidInput(f"{file} is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        return {_key(key): _plain(item, file, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, file, depth + 1) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _key(key: Any) -> str:
    if isinstance(key, bool) or key is None:
        return "null" if key is None else str(key).lower()
    return str(key)
