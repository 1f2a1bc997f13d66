"""Tables: cells that name variables, and cells that hold what they should not."""

from __future__ import annotations

from chartgen.model import Parameter
from chartgen.runtimes.langflow import names, secrets
from chartgen.runtimes.langflow.graph import Field, JsonObject
from chartgen.runtimes.langflow.ledger import Ledger, Substitution
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path

# The name of the key under which a table's row says which of its cells are variables
# (lfx 1.13.0, interface/initialize/loading.py).
ROW_BINDINGS = "__load_from_db_fields"
# Columns that say what a row is about.
NAMING = ("key", "name", "header")


def bind(flow: NormalFlow, field: Field, ledger: Ledger, *, bind_literals: bool) -> None:
    """Record the variables of a table's cells; a secret in a cell is an error, or cut out."""
    rows = field.value if isinstance(field.value, list) else []
    columns = _bound_columns(field.data)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            continue
        for column, text in [*row.items()]:
            place: Path = (*field.path, index, column)
            if not isinstance(text, str) or not text or column == ROW_BINDINGS:
                continue
            if column in columns and _is_variable(row, column, text, ledger):
                _bind_cell(flow, field, ledger, row, column, place)
            elif _is_secret(row, column, text) and not ledger.excuse(flow, place, text):
                if bind_literals and column in columns:
                    _cut_cell(flow, field, ledger, row, column, place)
                else:
                    ledger.report_literal(flow, field, place, text, "this cell holds a secret")


def _is_secret(row: JsonObject, column: str, text: str) -> bool:
    """Whether a cell is secret by its row's name, by its column's, or by its looks."""
    if column in NAMING or names.is_name(text):
        return False
    return any(secrets.held_under(name, text) for name in (column, *map(row.get, NAMING)))


def _bound_columns(data: JsonObject) -> set[str]:
    schema = data.get("table_schema")
    columns = schema.get("columns") if isinstance(schema, dict) else schema
    return {
        str(column.get("name"))
        for column in (columns if isinstance(columns, list) else ())
        if isinstance(column, dict) and column.get("load_from_db") is True
    }


def _is_variable(row: JsonObject, column: str, text: str, ledger: Ledger) -> bool:
    """Whether Langflow takes a cell of a bound column for a variable's name.

    A row may say so, for each cell; where it says nothing, a text that is no variable's name
    stands for itself.
    """
    marks = row.get(ROW_BINDINGS)
    if isinstance(marks, list):
        marked = column in marks
    elif isinstance(marks, dict) and column in marks:
        marked = bool(marks[column])
    else:
        return names.is_variable(text, str(row.get("key") or ""), ledger.facts)
    return marked and names.is_name(text)


def _bind_cell(
    flow: NormalFlow, field: Field, ledger: Ledger, row: JsonObject, column: str, place: Path
) -> None:
    name = ledger.name(flow, field, row[column])
    if secrets.looks_secret(name) or secrets.looks_secret(str(row.get("key") or "")):
        _mark(row, column, bound=True)
        row[column] = name
        ledger.credential(name, field.use)
        return
    row[column] = ""
    _mark(row, column, bound=False)
    ledger.parameter(Parameter(name=name, required=True), field.use)
    ledger.substitutions.append(Substitution(parameter=name, file=flow.file_name, path=place))


def _cut_cell(
    flow: NormalFlow, field: Field, ledger: Ledger, row: JsonObject, column: str, place: Path
) -> None:
    component = field.origin[0]
    words = secrets.words(component.display_name) + secrets.words(str(row.get("key") or column))
    name = ledger.name(flow, field, ledger.name_for(row[column], "_".join(words)))
    _mark(row, column, bound=True)
    row[column] = name
    ledger.credential(name, field.use)
    ledger.report_cut(flow, field, place, name)


def _mark(row: JsonObject, column: str, *, bound: bool) -> None:
    marks = row.get(ROW_BINDINGS)
    known = dict.fromkeys(map(str, marks), True) if isinstance(marks, list) else marks
    row[ROW_BINDINGS] = {**(known if isinstance(known, dict) else {}), column: bound}
