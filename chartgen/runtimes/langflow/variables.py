"""Variables outside secret fields: bound plain fields, model providers, tables, MCP servers."""

from __future__ import annotations

import re

from chartgen.model import Parameter
from chartgen.runtimes.langflow import mcp, names, plain, secrets, tables
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.parameters import open_field

# Where the value is not secret, a name may be in small letters.
SMALL_NAME = re.compile(r"[A-Za-z]+(?:_[A-Za-z0-9]+)+")


def bind(flow: NormalFlow, component: Component, ledger: Ledger, *, bind_literals: bool) -> None:
    """Record what a component's plain fields read; literals in headers and the like are errors."""
    is_client = any(_is_server(field) for field in component.fields)
    for field in component.fields:
        if field.is_secret or field.is_fed or field.is_shadowed:
            continue
        kind = field.data.get("type")
        if _is_server(field):
            mcp.Server(flow, field, ledger, bind_literals=bind_literals).bind()
        elif kind == "table":
            tables.bind(flow, field, ledger, bind_literals=bind_literals)
        elif kind in ("dict", "NestedDict"):
            server = mcp.Server(flow, field, ledger, bind_literals=bind_literals)
            if is_client and field.name == "headers":
                server.bind_pairs(field.value, field.path)
            else:
                server.refuse_literals(field.value, field.path)
        elif bind_literals and plain.is_literal(field):
            plain.cut(flow, field, ledger)
        elif field.is_bound and field.value:
            _bind_plain(flow, field, ledger)
    _bind_providers(component, ledger)


def _is_server(field: Field) -> bool:
    return field.data.get("type") == "mcp" or field.kind == "McpInput"


def _bind_plain(flow: NormalFlow, field: Field, ledger: Ledger) -> None:
    text = str(field.value)
    if not names.is_name(text) and not SMALL_NAME.fullmatch(text):
        # Langflow would look for a variable of that name, find none and use nothing.
        field.data["load_from_db"] = False
        ledger.report(
            flow,
            field,
            "info",
            "literal-behind-binding",
            "the field claims to hold a variable's name but holds a plain value, "
            "which is now used as it is",
        )
        return
    selection = ledger.selection(flow, field)
    wanted = selection.name if selection else text
    if secrets.looks_secret(wanted):
        name = ledger.name(flow, field, wanted)
        field.data["value"] = name
        ledger.credential(name, field.use, selection)
    else:
        open_field(flow, field, ledger, wanted, keeps_value=False)
        field.data["value"] = ""


def _bind_providers(component: Component, ledger: Ledger) -> None:
    """The variables that a chosen model's provider reads by itself."""
    models = [field for field in component.effective if field.data.get("type") == "model"]
    if component.children or not models or models[0].is_fed:
        return
    for provider in names.providers(component, ledger.facts):
        for variable in provider.variables:
            own = component.get(variable.field) if variable.field else None
            if own is not None and (own.is_secret or own.value):
                continue
            if variable.secret:
                ledger.credential(variable.name, models[0].use)
            else:
                ledger.parameter(
                    Parameter(
                        name=variable.name,
                        required=variable.required,
                        description=f"Read by the models of {provider.name}",
                    ),
                    models[0].use,
                )
