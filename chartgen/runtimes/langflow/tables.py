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


def bind(flow: NormalFlow, field: Field, ledger: Ledger) -> None:
    """Record the variables of a table's cells; a secret in a cell is an error."""
    rows = field.value if isinstance(field.value, list) else []
    columns = _bound_columns(field.data)
    for index, row in enumerate(rows):
        if not isinstance(row, dict):
            continue
        for column, text in row.items():
            place: Path = (*field.path, index, column)
            if not isinstance(text, str) or not text or column == ROW_BINDINGS:
                continue
            if _is_bound_cell(row, column, columns) and names.is_name(text, ledger.facts):
                _bind_cell(flow, field, ledger, row, column, place)
            elif column != "key" and secrets.held_under(row.get("key"), text):
                ledger.report_literal(flow, field, place, "this cell holds a secret")


def _bound_columns(data: JsonObject) -> set[str]:
    schema = data.get("table_schema")
    columns = schema.get("columns") if isinstance(schema, dict) else schema
    return {
        str(column.get("name"))
        for column in columns or ()
        if isinstance(column, dict) and column.get("load_from_db") is True
    }


def _is_bound_cell(row: JsonObject, column: str, columns: set[str]) -> bool:
    own = row.get(ROW_BINDINGS)
    if isinstance(own, dict) and column in own:
        return bool(own[column])
    if isinstance(own, list):
        return column in own
    return column in columns


def _bind_cell(
    flow: NormalFlow, field: Field, ledger: Ledger, row: JsonObject, column: str, place: Path
) -> None:
    name = ledger.name(flow, field, row[column])
    if names.looks_secret(name) or names.looks_secret(str(row.get("key") or "")):
        row[column] = name
        ledger.credential(name, field.use)
        return
    row[column] = ""
    bindings = row.get(ROW_BINDINGS)
    row[ROW_BINDINGS] = {**(bindings if isinstance(bindings, dict) else {}), column: False}
    ledger.parameter(Parameter(name=name, required=True), field.use)
    ledger.substitutions.append(Substitution(parameter=name, file=flow.file_name, path=place))
