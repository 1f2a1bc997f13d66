"""`chartgen.yaml`: the options of a release, kept beside its flows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from chartgen import schema
from chartgen.errors import InvalidInput
from chartgen.model import Finding

FILE = "chartgen.yaml"
BYTES = 1024 * 1024
VALUES = 10_000
DEEPEST = 100
MANY = f"this has more than {VALUES} values, or some that are nested deeper than {DEEPEST}"


def find(paths: Sequence[Path]) -> Path | None:
    """The file in the first folder that is given, or beside what is given, if there is one."""
    for path in paths:
        folder = path if path.is_dir() else path.parent
        for place in (folder, folder.resolve().parent):
            if (place / FILE).is_file():
                return place / FILE
    return None


def load(file: Path) -> Mapping[str, Any]:
    """The options in a file, checked against its schema; paths in them made usable from here.

    Raises InvalidInput with every problem at once: broken YAML, unknown keys, wrong types.
    """
    options = read(file)
    if not isinstance(options, dict):
        raise _invalid(
            file, "", f"this is {schema.kind(options)}, and must be a mapping", "name: my-bots"
        )
    _write_days(options)
    if findings := schema.check(options, "config.schema.json", file=str(file)):
        raise InvalidInput(f"{file} is not right", findings)
    for key in ("flows", "destination"):
        if key in options:
            options[key] = _beside(file, options[key])
    return dict(options)


def _write_days(options: dict[str, Any]) -> None:
    """Write the last days of exceptions as texts: YAML takes 2027-01-31 for a date."""
    for given in (options.get("exceptions"), options.get("allowOldBase")):
        for item in given if isinstance(given, list) else ():
            if isinstance(item, dict) and type(item.get("expires")) is date:
                item["expires"] = item["expires"].isoformat()


def read(file: Path, *, as_helm: bool = False) -> Any:
    """The YAML in a file; `as_helm` takes `no` and `off` for false, as Helm's parser does.

    Raises InvalidInput for what is no YAML, too large, or has a key twice.
    """
    # Slow to import, and most folders have no such file.
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        text = _text(file)
        with warnings.catch_warnings():
            # Of an anchor that is given twice, which would quote the file, and of a number that
            # YAML 1.1 and 1.2 read otherwise, which is no news to whoever gave it.
            warnings.simplefilter("ignore")
            data = _values(text, (1, 1) if as_helm else None)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise _invalid(file, place, _problem(fault)) from fault
    except _TooMany as fault:
        raise _invalid(file, "", str(fault)) from fault
    except (YAMLError, LookupError, RecursionError, ValueError) as fault:
        raise _invalid(file, "", "this is not YAML") from fault
    try:
        data = _joined(data)
    except UnicodeError as fault:
        raise _invalid(file, "", "this holds half of a surrogate pair", "write it whole") from fault
    return {} if data is None else data


class _TooMany(Exception):
    """A file holds more values than anybody writes."""


def _values(text: str, version: tuple[int, int] | None) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent

    def parser() -> YAML:
        made = YAML(typ="safe", pure=True)
        made.version = version
        return made

    # Values are made far slower than they are counted: keys, ends and all.
    depth = 0
    for count, event in enumerate(parser().parse(text)):
        depth += isinstance(event, CollectionStartEvent)
        depth -= isinstance(event, CollectionEndEvent)
        if count > 4 * VALUES or depth > DEEPEST:
            raise _TooMany(MANY)
    yaml = parser()
    node = yaml.compose(text)
    # Before anything is made of it: keys that are merged are copied as it is made.
    if _is_large(node):
        raise _TooMany(f"this has more than {VALUES} values, anchors counted each time")
    return None if node is None else yaml.constructor.construct_document(node)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(BYTES + 1)
    except OSError as fault:
        reason = (fault.strerror or "unknown reason").lower()
        raise _invalid(file, "", f"this cannot be read: {reason}") from fault
    if len(data) > BYTES:
        raise _invalid(file, "", "this is larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise _invalid(file, f"line {line}", "this is not UTF-8") from fault


def _problem(fault: Any) -> str:
    """What is wrong, in the parser's words, as far as they quote no value."""
    words = str(fault.problem or "this is not YAML")
    if twice := re.match(r'found duplicate key "([^"]*)"', words):
        return f"the key {twice[1]!r} stands here twice"
    # An unquoted password that begins with `*`, `&` or `!` is one of these to YAML.
    if re.search(r"\b(alias|anchor|tag)\b", words):
        return re.split(r"['\"]", words)[0].strip() + "; put the text in quotes"
    return words


def _joined(data: Any) -> Any:
    """Data whose texts have their surrogate pairs joined: JSON escapes an emoji as two halves."""
    if isinstance(data, dict):
        return {_joined(key): _joined(item) for key, item in data.items()}
    if isinstance(data, list):
        return [_joined(item) for item in data]
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16")
    return data


def _is_large(node: Any) -> bool:
    """Whether YAML holds too many values: few anchors can stand for billions, or for themselves."""
    waiting, count = [node], 0
    while waiting and count <= VALUES:
        content = getattr(waiting.pop(), "value", None)
        count += 1
        for item in content if isinstance(content, list) else ():
            # A mapping's items are pairs of nodes; a key that is a text does not count.
            pair = item if isinstance(item, tuple) else (item,)
            waiting += [one for one in pair if one is pair[-1] or isinstance(one.value, list)]
    return count > VALUES


def _beside(file: Path, value: Any) -> Any:
    if isinstance(value, list):
        return [_beside(file, item) for item in value]
    return str(file.parent / value)


def _invalid(file: Path, at: str, message: str, fix: str = "") -> InvalidInput:
    finding = Finding(
        level="error", code="bad-option", file=str(file), at=at, message=message, fix=fix
    )
    return InvalidInput(f"{file} cannot be used", [finding])
