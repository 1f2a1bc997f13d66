"""The last look at a flow before anything is written: no secret may stand anywhere in it.

The rules of fields, tables and servers have run before and know what to do with what they find.
Here every text of the flow is read, by its looks and by the name that it stands under.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chartgen.model import Finding
from chartgen.runtimes.langflow import secrets
from chartgen.runtimes.langflow.exemptions import Exemptions, at, spot
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path, strings, texts

# What an export says of a flow beside its graph, and what the image carries of that.
TEXTS = ("name", "description", "endpoint_name", "action_name", "action_description", "tags")
CONTAINERS = (dict, list)
MOST = 1000
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


def named(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text whose name says that it is secret: a key's, a field's, a header's."""
    waiting: list[tuple[Path, Any]] = [(path, value)]
    while waiting:
        here, item = waiting.pop()
        if isinstance(item, list):
            waiting += (((*here, i), one) for i, one in enumerate(item) if _has_more(one))
        elif isinstance(item, dict):
            for key, one in item.items():
                if isinstance(one, str):
                    if one and _names(key, item, here[-1] if here else "", one):
                        yield (*here, key), one
                elif _has_more(one):
                    waiting.append(((*here, key), one))


def _has_more(value: Any) -> bool:
    return isinstance(value, CONTAINERS)


def _has_named(value: Any) -> bool:
    """Whether there is any such text: many times as fast as with the ways to them."""
    level: list[tuple[str, Any]] = [("", value)]
    while level:
        below: list[tuple[str, Any]] = []
        for name, item in level:
            if isinstance(item, list):
                below += (("", one) for one in item if isinstance(one, CONTAINERS))
                continue
            for key, one in item.items():
                if isinstance(one, str):
                    if one and _names(key, item, name, one):
                        return True
                elif isinstance(one, CONTAINERS):
                    below.append((key, one))
        level = below
    return False


def _names(key: str, item: dict[str, Any], around: object, text: str) -> bool:
    """Whether a text is secret by its key or, for a `value`, by what the object around is called.

    A field of a fixed list holds one of its options.
    """
    if key != "value":
        return secrets.said_by(key, text)
    options = item.get("options")
    if isinstance(options, list) and text in options:
        return False
    names = (around, item.get("key"), item.get("name"), item.get("header"))
    return any(isinstance(name, str) and secrets.said_by(name, text) for name in names)


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
