"""The last look at a flow before anything is written: no secret may stand anywhere in it.

The rules of fields, tables and servers have run before and know what to do with what they find.
Here every text of the flow is read, by its looks and by the name that it stands under.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chartgen.model import Finding, Request
from chartgen.runtimes.langflow import secrets
from chartgen.runtimes.langflow.exemptions import FILE, Exemptions, at, spot
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path, strings, texts

# What an export says of a flow beside its graph, and what the image carries of that.
TEXTS = ("name", "description", "endpoint_name", "action_name", "action_description", "tags")
CONTAINERS = (dict, list)
MOST = 1000
# Where a value stands in an object, and what in it may say what it is.
VALUES = frozenset({"value", "default", "placeholder"})
NAMING = ("key", "name", "header", "display_name")
PAIR = 2
NAMED = "a secret, by its name"
FIX = "remove it, use a global variable in its place, and revoke it"


def check(flow: NormalFlow, exemptions: Exemptions) -> Iterator[Finding]:
    """An error for every text that holds a secret; a thousand of them are enough."""
    errors = 0
    for finding in _finds(flow, exemptions):
        yield finding
        errors += finding.level == "error"
        if errors == MOST:
            return


def _finds(flow: NormalFlow, exemptions: Exemptions) -> Iterator[Finding]:
    stated = {key: flow.document.stated.get(key) for key in TEXTS}
    suspects = {text for text in texts([stated, flow.data]) if any(secrets.kinds(text))}
    if suspects:
        for path, text in (*strings(stated), *strings(flow.data, ("data",))):
            for kind in secrets.kinds(text) if text in suspects else ():
                yield _found(flow, exemptions, path, text, kind)
    for path, text in named(flow.data, ("data",)) if _has_named(flow.data) else ():
        if text not in suspects:
            yield _found(flow, exemptions, path, text, NAMED)


def options(request: Request) -> Iterator[Finding]:
    """An error for every text of chartgen.yaml that would be written and holds a secret."""
    chosen = {"credentials": request.credentials, "parameters": request.parameters}
    given = [("displayName", request.display_name), ("description", request.description)]
    given += [("packages", text) for text in request.packages]
    given += [("modules", text) for pair in request.modules.items() for text in pair]
    given += [(place, one.description) for place, found in chosen.items() for one in found]
    for place, text in given:
        for kind in secrets.kinds(text):
            yield Finding(
                level="error",
                code="literal-secret",
                file=FILE,
                at=place,
                message=f"this text holds what looks like {kind}",
                fix="remove it and revoke it: what stands here is written into the release",
            )


def file_name(path: str) -> Iterator[Finding]:
    """An error for the name of a file that holds a secret: reports have the names of all files."""
    for kind in secrets.kinds(path):
        yield Finding(
            level="error",
            code="literal-secret",
            file=secrets.redacted(path),
            message=f"the file's name holds what looks like {kind}",
            fix="rename it, and revoke the key",
        )


def named(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text whose name says that it is secret: a key's, a field's, a header's, a flag's."""
    waiting: list[tuple[Path, Any]] = [(path, value)]
    while waiting:
        here, item = waiting.pop()
        name = here[-1] if here else ""
        yield from (((*here, step), item[step]) for step in _secret_steps(name, item))
        steps = item.items() if isinstance(item, dict) else enumerate(item)
        waiting += (((*here, step), one) for step, one in steps if _has_more(one))


def _has_named(value: Any) -> bool:
    """Whether there is any such text: many times as fast as with the ways to them."""
    level: list[tuple[object, Any]] = [("", value)]
    while level:
        below: list[tuple[object, Any]] = []
        for name, item in level:
            if any(True for _ in _secret_steps(name, item)):
                return True
            steps = item.items() if isinstance(item, dict) else enumerate(item)
            below += ((step, one) for step, one in steps if _has_more(one))
        level = below
    return False


def _has_more(value: Any) -> bool:
    return bool(value) and isinstance(value, CONTAINERS)


def _secret_steps(name: object, item: Any) -> Iterator[Any]:
    """The keys or the numbers of the texts in an object or a list that a name calls secret."""
    if isinstance(item, dict):
        for key, one in item.items():
            if isinstance(one, str) and one and _names(key, item, name, one):
                yield key
    else:
        for number, one in enumerate(item):
            if isinstance(one, str) and one and _is_listed(name, item, number):
                yield number


def _names(key: str, item: dict[str, Any], around: object, text: str) -> bool:
    """Whether a text is secret by its key or, for a `value`, by what the object around is called.

    A field of a fixed list holds one of its options.
    """
    if key not in VALUES:
        return secrets.said_by(key, text)
    options = item.get("options")
    if isinstance(options, list) and text in options:
        return False
    names = (around, *map(item.get, NAMING))
    return any(isinstance(name, str) and secrets.said_by(name, text) for name in names)


def _is_listed(name: object, item: list[Any], number: int) -> bool:
    """Whether a text in a list is secret by the list's name, by a flag or a name before it."""
    if isinstance(name, str) and secrets.said_by(name, item[number]):
        return True
    before = item[number - 1] if number else None
    return (
        isinstance(before, str)
        and (before.startswith("-") or len(item) == PAIR)
        and secrets.said_by(before, item[number])
    )


def _found(flow: NormalFlow, exemptions: Exemptions, path: Path, text: str, kind: str) -> Finding:
    if exemption := exemptions.excuse(flow, path, text):
        return exemptions.excused(flow, path, exemption)
    place = spot(flow, path)
    return Finding(
        level="error",
        code="literal-secret",
        file=flow.document.file,
        at=at(flow, path),
        flow=flow.name,
        component=place.component,
        field=place.field,
        message=f"this text holds what looks like {kind}",
        fix=FIX + exemptions.way_out(flow, path, text),
    )
