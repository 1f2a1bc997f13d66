"""Secret fields: which variable each one reads, and the flow rewritten to read it."""

from __future__ import annotations

from chartgen.runtimes.langflow import names
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.normalise import NormalFlow

BIND_FIX = (
    "bind the field to a global variable in Langflow and export again, "
    "or run with --bind-literals, which cuts the value out; then revoke the key"
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
    text = field.value if isinstance(field.value, str) else ""
    literal = bool(field.value) and not _is_name(field, ledger) and not names.is_placeholder(text)
    if literal:
        _report_literal(flow, field, ledger, bind_literals=bind_literals)
    selection = ledger.selection(flow, field.origin[0], _names(field))
    if not _is_read(field, ledger) and selection is None:
        _write(field, "")
        return
    wanted = selection.name if selection else _wanted(flow, field, ledger)
    name = ledger.name(flow, field, wanted)
    _write(field, name)
    ledger.credential(name, field.use, selection)


def _names(field: Field) -> tuple[str, ...]:
    return field.name, field.origin[1], field.use.field


def _is_name(field: Field, ledger: Ledger) -> bool:
    """Whether the value names a variable. Exports before 1.8 have names without the mark."""
    text = field.value
    if not isinstance(text, str) or not names.is_name(text, ledger.facts):
        return False
    return field.is_bound or ("_" in text and names.looks_secret(text))


def _is_read(field: Field, ledger: Ledger) -> bool:
    """Whether the component will read the field when it runs.

    A connected model brings its own credential (lfx 1.13.0, `graph/vertex/param_handler.py`),
    a component with no model chosen has no provider to ask, and an empty field that the
    editor does not show belongs to an option that is not chosen.
    """
    if field.is_fed or field.is_shadowed:
        return False
    if field.value and not names.is_placeholder(str(field.value)):
        return True
    component, name = field.origin
    models = [other for other in component.fields if other.data.get("type") == "model"]
    if name == "api_key" and models:
        if any(
            model.is_fed or not isinstance(model.value, list) or not model.value for model in models
        ):
            return False
        chosen = names.providers(component, ledger.facts)
        return not chosen or any(provider.secret for provider in chosen)
    return not field.is_hidden


def _wanted(flow: NormalFlow, field: Field, ledger: Ledger) -> str:
    if not _is_name(field, ledger):
        return names.derive(field, ledger.facts)
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


def _report_literal(flow: NormalFlow, field: Field, ledger: Ledger, *, bind_literals: bool) -> None:
    if bind_literals:
        ledger.report(
            flow,
            field,
            "warning",
            "literal-cut",
            "a literal secret was cut out and the field bound to a variable",
            "revoke the key if others could read the file",
        )
    else:
        ledger.report(
            flow,
            field,
            "error",
            "literal-secret",
            "this secret field holds a value instead of a variable's name",
            BIND_FIX,
        )


def _write(field: Field, name: str) -> None:
    field.data["value"] = name
    field.data["load_from_db"] = bool(name)
