"""Plain fields that hold a secret, and nothing else: it can be bound as in a secret field.

Langflow puts a variable's value in place of its name in every field of these kinds (lfx 1.13.0,
`interface/initialize/loading.py`). A secret inside of a longer text stays an error.
"""

from __future__ import annotations

from chartgen.runtimes.langflow import names, secrets
from chartgen.runtimes.langflow.graph import Field
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.normalise import NormalFlow

KINDS = frozenset({"StrInput", "MessageTextInput", "MultilineInput", "LinkInput"})


def is_literal(field: Field) -> bool:
    """Whether a field can be bound, and its whole value is a secret: a key, a URL with one."""
    text = field.value
    if not isinstance(text, str) or not text or field.data.get("list") is True:
        return False
    if field.kind not in KINDS or names.is_name(text) or any(map(str.isspace, text)):
        return False
    called = (field.name, str(field.data.get("display_name") or ""))
    return any(secrets.said_by(name, text) for name in called) or any(secrets.kinds(text))


def cut(flow: NormalFlow, field: Field, ledger: Ledger) -> None:
    """Put a variable's name in place of the secret, and record the credential."""
    text = field.value
    opened = any(s.path == field.path and s.file == flow.file_name for s in ledger.substitutions)
    # A parameter's default is written into the chart: the gate has the last word on that.
    if opened or ledger.excuse(flow, field.path, text):
        return
    selection = ledger.selection(flow, field)
    wanted = ledger.name_for(text, names.derive(field, ledger.facts))
    name = ledger.name(flow, field, selection.name if selection else wanted)
    field.data["value"], field.data["load_from_db"] = name, True
    ledger.credential(name, field.use, selection)
    ledger.report_cut(flow, field, field.path, name)
