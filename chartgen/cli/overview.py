"""What `inspect` shows: flows, credentials, parameters, packages, hosts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from chartgen.cli.output import one_line
from chartgen.model import App, Credential, Parameter, Use

Row = tuple[str, ...]
WIDEST = 48
SHOWN_USES = 3


def lines(app: App) -> list[str]:
    """The overview, line by line."""
    flows = [(flow.name, flow.path, flow.source) for flow in app.flows]
    hosts = [(f"{host.name}:{host.port}", _uses(host.used_by)) for host in app.hosts]
    return [
        one_line(f"Base image {app.base.reference}: {app.base.reason}"),
        *_table("FLOWS", flows),
        *_table("CREDENTIALS", [_credential(item) for item in app.credentials]),
        *_table("PARAMETERS", [_parameter(item) for item in app.parameters]),
        *_table("PACKAGES", [(name,) for name in app.packages]),
        *_table("HOSTS", hosts),
    ]


def _credential(item: Credential) -> Row:
    need = "required" if item.required else "optional"
    return item.name, need, _uses(item.used_by) or item.description


def _parameter(item: Parameter) -> Row:
    kind = item.type + (", required" if item.required else "")
    default = "" if item.default is None else json.dumps(item.default, ensure_ascii=False)
    return item.name, kind, default, _uses(item.used_by)


def _uses(uses: Sequence[Use]) -> str:
    shown = "; ".join(map(str, uses[:SHOWN_USES]))
    return shown + (f"; and {len(uses) - SHOWN_USES} more" if len(uses) > SHOWN_USES else "")


def _table(title: str, rows: Sequence[Row]) -> list[str]:
    """A heading with the number of rows, and the rows in columns; the last one is not cut."""
    if not rows:
        return []
    cells = [[*(_cut(one_line(text)) for text in row[:-1]), one_line(row[-1])] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    padded = (
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        for row in cells
    )
    return ["", f"{title} ({len(rows)})", *(f"  {line}".rstrip() for line in padded)]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
