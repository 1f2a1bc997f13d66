"""README.md of a chart: for people, from the same data as the contract."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from chartgen import render, resources
from chartgen.chart import text
from chartgen.chart.appdata import url_path
from chartgen.chart.schema import purpose
from chartgen.model import App, ImageRef, Parameter

# Two with tables of their own, and one that is there to be refused.
_ELSEWHERE = frozenset({"credentials", "parameters", "downloadFlows"})


class Row(NamedTuple):
    """One line of the table of values."""

    key: str
    default: str
    description: str


def build(app: App, image: ImageRef, schema: Mapping[str, Any], display_name: str) -> bytes:
    """Return the README.md."""
    source = resources.text_template("README.md.j2")
    filled = render.render(
        source,
        {
            "app": app,
            "display_name": display_name,
            "image": str(image),
            "purpose": purpose,
            "request": json.dumps(dict(app.runtime.request)),
            "rows": list(_rows(schema)),
            "shown": _shown,
            "url_path": url_path,
        },
    )
    return text.to_bytes(filled)


def _shown(parameter: Parameter) -> str:
    if parameter.default is None:
        return "required" if parameter.required else ""
    return render.code(json.dumps(parameter.default, ensure_ascii=False))


def _rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[Row]:
    for name, rule in schema["properties"].items():
        key = f"{prefix}{name}"
        if key in _ELSEWHERE:
            continue
        if "properties" in rule and "default" not in rule:
            yield from _rows(rule, f"{key}.")
        else:
            default = json.dumps(rule["default"], ensure_ascii=False) if "default" in rule else ""
            yield Row(key, default, rule["description"])
