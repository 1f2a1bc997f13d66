"""Settings that may change at deploy time, typed as Langflow's inputs type them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chartgen.model import Parameter, ParameterType, Scalar, Selection
from chartgen.runtimes.langflow.graph import Component, Field, one_line
from chartgen.runtimes.langflow.ledger import Ledger, Substitution
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.secrets import redacted

# lfx 1.13.0, inputs/inputs.py: the input classes whose value is one plain value.
TYPES: Mapping[str, ParameterType] = {
    "IntInput": "integer",
    "FloatInput": "number",
    "SliderInput": "number",
    "BoolInput": "boolean",
    "DropdownInput": "string",
    "TabInput": "string",
    "MultiselectInput": "array",
    "ActionPickerInput": "array",
    "StrInput": "string",
    "TextInput": "string",
    "MessageInput": "string",
    "MessageTextInput": "string",
    "MultilineInput": "string",
    "PromptInput": "string",
    "MustachePromptInput": "string",
    "QueryInput": "string",
    "LinkInput": "string",
    "DefaultPromptField": "string",
}
# Exports older than 1.1 have only `type`.
OLD_TYPES: Mapping[str, ParameterType] = {
    "int": "integer",
    "float": "number",
    "slider": "number",
    "bool": "boolean",
    "str": "string",
    "prompt": "string",
    "query": "string",
    "tab": "string",
}
INFO_LENGTH = 500


def open_selected(
    flow: NormalFlow, component: Component, ledger: Ledger, selections: tuple[Selection, ...]
) -> None:
    """Turn every field that `parameters:` in chartgen.yaml selects into a parameter."""
    for field in component.fields:
        if field.is_shadowed:
            continue
        selection = ledger.selection(flow, field, selections)
        if selection is None:
            continue
        if field.is_secret:
            _refuse(
                flow, field, ledger, "it is a secret field", "name it under `credentials:` instead"
            )
        elif field.is_fed:
            _refuse(
                flow,
                field,
                ledger,
                "another component feeds it",
                "open a field of that component instead",
            )
        elif field.origin[1] == "code":
            _refuse(flow, field, ledger, "it is the component's code", "open another field")
        elif type_of(field) is None:
            _refuse(
                flow,
                field,
                ledger,
                f"a {field.kind or field.data.get('type')} has no plain value",
                "open a text, number, switch or list field",
            )
        else:
            open_field(flow, field, ledger, selection.name, description=selection.description)


def _refuse(flow: NormalFlow, field: Field, ledger: Ledger, reason: str, fix: str) -> None:
    ledger.report(
        flow, field, "error", "no-parameter", f"this field cannot be a parameter: {reason}", fix
    )


def open_field(
    flow: NormalFlow,
    field: Field,
    ledger: Ledger,
    wanted: str,
    *,
    keeps_value: bool = True,
    description: str = "",
) -> None:
    """Make a field a parameter whose value is written into the flow when a container starts.

    Written, because Langflow resolves variables in text fields only, and there as text
    (`"false"` is then true). With `keeps_value` the flow's own value is the default.
    """
    name = ledger.name(flow, field, wanted)
    kind = type_of(field) or "string"
    default = _default(field.value, kind) if keeps_value else None
    minimum, maximum = _range(field, default) if kind in ("integer", "number") else (None, None)
    parameter = Parameter(
        name=name,
        type=kind,
        default=default,
        required=not keeps_value,
        choices=_choices(field, default) if kind == "string" else (),
        minimum=minimum,
        maximum=maximum,
        description=description or one_line(field.data.get("info") or "", INFO_LENGTH),
    )
    known = ledger.parameters.get(name)
    if known and _differ(known, parameter):
        message = f"the parameter {name} has another type, default or choice at {known.used_by[0]}"
        fix = "give this field another name under `parameters:` in chartgen.yaml"
        ledger.report(flow, field, "error", "parameter-clash", message, fix)
    ledger.parameter(parameter, field.use)
    field.data["load_from_db"] = False
    ledger.substitutions.append(Substitution(parameter=name, file=flow.file_name, path=field.path))


def _differ(one: Parameter, other: Parameter) -> bool:
    """Whether no value would be right for both; what must be set has no default to differ in."""
    defaults = one.default != other.default and not (one.required or other.required)
    return one.type != other.type or one.choices != other.choices or defaults


def type_of(field: Field) -> ParameterType | None:
    """The parameter type of a field, or None when its value is not a plain one."""
    kind = TYPES.get(field.kind)
    if kind is None and field.kind in {"", "FieldTypes"}:
        kind = OLD_TYPES.get(str(field.data.get("type")))
    if field.data.get("list") is True and kind not in (None, "array"):
        return "array" if kind == "string" else None
    return kind


def _choices(field: Field, default: Any) -> tuple[Scalar, ...]:
    """The options of a closed list, and what the flow has; a combobox takes any text."""
    options = field.data.get("options")
    if not isinstance(options, list) or not options or field.data.get("combobox"):
        return ()
    if not all(isinstance(option, str) for option in options):
        return ()
    return tuple(dict.fromkeys([*options, *([default] if isinstance(default, str) else [])]))


def _range(field: Field, default: Any) -> tuple[float | None, float | None]:
    """The bounds of the field, wide enough for what the flow has."""
    bounds = field.data.get("range_spec")
    if not isinstance(bounds, dict):
        return None, None
    low, high = _number(bounds.get("min")), _number(bounds.get("max"))
    if low is not None and high is not None and low > high:
        return None, None
    if default is not None:
        low = low if low is None else min(low, default)
        high = high if high is None else max(high, default)
    return low, high


def _default(value: Any, kind: ParameterType) -> Scalar | tuple[Scalar, ...] | None:
    if kind == "array":
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return tuple(map(redacted, value)) if texts else None
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if kind == "string":
        return redacted(value) if isinstance(value, str) else None
    number = _number(value)
    if number is None or kind == "number":
        return number
    return int(number) if number == int(number) else None


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    if number != number or number in (float("inf"), float("-inf")):
        return None
    return value if isinstance(value, int | float) else number
