"""Secret fields: which variable each one reads, and the flow rewritten to read it."""

from __future__ import annotations

import json

from chartgen.model import Selection
from chartgen.runtimes.langflow import names, secrets
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.normalise import NormalFlow

BIND_FIX = (
    "bind the field to a global variable, named in capitals like ACME_API_KEY, in Langflow and "
    "export again, or run with --bind-literals, which cuts the value out; then revoke the key"
)


def bind(flow: NormalFlow, component: Component, ledger: Ledger, *, bind_literals: bool) -> None:
    """Rewrite every secret field of a component to `value: NAME, load_from_db: true`.

    The names go into the ledger. A literal secret is a finding of level error, unless
    `bind_literals` allows to cut it out. A field that an edge feeds, or that a group's
    field replaces, is emptied: nothing reads it.
    """
    for field in component.fields:
        if field.is_secret:
            _bind_field(flow, field, ledger, bind_literals=bind_literals)


def _bind_field(flow: NormalFlow, field: Field, ledger: Ledger, *, bind_literals: bool) -> None:
    selection = ledger.selection(flow, field)
    is_name = _is_name(field, selection, ledger)
    is_literal = not is_name and not _is_blank(field)
    replaced = field.is_fed or field.is_shadowed
    name = ""
    if selection or (not replaced and (is_name or is_literal or _is_read(field, ledger))):
        if selection:
            wanted = selection.name
        elif is_name:
            wanted = _stated_name(flow, field, ledger)
        else:
            wanted = names.derive(field, ledger.facts)
        if is_literal and not selection:
            wanted = ledger.name_for(json.dumps(field.value), wanted)
        name = ledger.name(flow, field, wanted)
        ledger.credential(name, field.use, selection)
    if is_literal:
        _report_literal(flow, field, ledger, name if bind_literals else None)
    field.data["value"] = name
    field.data["load_from_db"] = bool(name)


def _is_blank(field: Field) -> bool:
    """Whether the value is none, or stands where a secret is to come."""
    text = field.value
    return secrets.is_placeholder(text) if isinstance(text, str) else not text


def _is_name(field: Field, selection: Selection | None, ledger: Ledger) -> bool:
    """Whether the value names a variable. Exports before 1.8 have names without the mark."""
    text = field.value
    if not isinstance(text, str):
        return False
    if selection and text == selection.name:
        return True
    if not names.is_name(text):
        return False
    known = ledger.facts.known_variables | ledger.facts.imported_variables
    if field.is_bound or text in known:
        return True
    return "_" in text and secrets.looks_secret(text) and not secrets.is_placeholder(text)


def _is_read(field: Field, ledger: Ledger) -> bool:
    """Whether the component will read an empty field when it runs.

    A connected model brings its own credential (lfx 1.13.0, `graph/vertex/param_handler.py`),
    a component with no model chosen has no provider to ask, and an empty field that the
    editor does not show belongs to an option that is not chosen.
    """
    component, name = field.origin
    models = [other for other in component.effective if other.data.get("type") == "model"]
    if name == "api_key" and models:
        if not all(map(_is_chosen, models)):
            return False
        chosen = names.providers(component, ledger.facts)
        return not chosen or any(provider.secret for provider in chosen)
    return not field.is_hidden


def _is_chosen(model: Field) -> bool:
    connected = model.is_fed or bool(model.data.get("_connection_mode"))
    return not connected and isinstance(model.value, list) and bool(model.value)


def _stated_name(flow: NormalFlow, field: Field, ledger: Ledger) -> str:
    if not field.is_bound:
        ledger.report(
            flow,
            field,
            "warning",
            "name-as-text",
            f"the field held the text {field.value}, which would have been sent as the key "
            "itself; it is bound to the variable of that name",
        )
    return str(field.value)


def _report_literal(flow: NormalFlow, field: Field, ledger: Ledger, cut: str | None) -> None:
    """Tell of a literal: an error, unless it was cut out and replaced by the name given."""
    if cut is not None:
        ledger.report_cut(flow, field, field.path, cut)
        return
    # No exception counts here: such a field can always be bound.
    ledger.report(
        flow,
        field,
        "error",
        "literal-secret",
        "this secret field holds a value instead of a variable's name",
        BIND_FIX,
    )
