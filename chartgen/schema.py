"""Checks data against the schemas that chartgen ships, with errors a person understands."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chartgen import resources
from chartgen.model import Finding

KINDS: Mapping[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a mapping",
}
WANTED: Mapping[str, str] = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "a text",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}
# A value may be a secret in the wrong place, so no sentence ever quotes one.
SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "type": lambda fault: f"this is {kind(fault.instance)}, and must be {_wanted(fault)}",
    "enum": lambda fault: (
        fault.validator_value[0]
        if _is_sentence(fault)
        else f"this must be one of {', '.join(map(str, fault.validator_value))}"
    ),
    "const": lambda fault: f"this must be {fault.validator_value}",
    "required": lambda fault: f"{fault.message.split(' is a required')[0]} is missing",
    "minLength": lambda fault: (
        f"this has less than {fault.validator_value} characters"
        if fault.instance
        else "this is empty"
    ),
    "minItems": lambda fault: "this is empty",
    "maxLength": lambda fault: (
        f"this has {len(fault.instance)} characters, at most {fault.validator_value} fit"
    ),
    "minimum": lambda fault: f"this is less than {fault.validator_value}",
    "maximum": lambda fault: f"this is more than {fault.validator_value}",
    "pattern": lambda fault: "this has another form",
}


def check(data: Any, name: str, *, file: str, part: str = "") -> tuple[Finding, ...]:
    """One error for every place where the data breaks the schema of that name.

    `part` names one of the schema's definitions, to check against that alone.
    """
    schema = json.loads(resources.schema(name))
    if part:
        schema = {"$ref": f"#/definitions/{part}", "definitions": schema["definitions"]}
    return against(schema, data, file=file)


def against(schema: Any, data: Any, *, file: str, whole: bool = True) -> tuple[Finding, ...]:
    """One error for every place where the data breaks a schema (JSON Schema, draft 7).

    Data that is not `whole` may lack what is required, or what a sentence of the schema asks for,
    and have blanks to fill in.
    """
    # It takes a tenth of a second to import, which --help need not wait for.
    from jsonschema import Draft7Validator

    faults = sorted(
        Draft7Validator(schema).iter_errors(data),
        key=lambda fault: (fault.json_path, fault.message),
    )
    return tuple(
        finding
        for fault in faults
        if whole or not _is_missing(fault)
        for finding in _findings(fault, file)
    )


def _is_missing(fault: Any) -> bool:
    """Whether something must be added, and nothing that is there is wrong."""
    is_blank = fault.validator in ("minLength", "minItems") and not fault.instance
    return is_blank or fault.validator == "required" or _is_sentence(fault)


def _is_sentence(fault: Any) -> bool:
    """Whether the only value that would do is a sentence: a chart's schema has them for Helm."""
    values = fault.validator_value
    return fault.validator == "enum" and len(values) == 1 and " " in str(values[0])


def kind(value: Any) -> str:
    """What a value is, in plain words: "a list"."""
    return "empty" if value is None else KINDS.get(type(value), f"a {type(value).__name__}")


def _wanted(fault: Any) -> str:
    types = fault.validator_value
    return " or ".join(WANTED[name] for name in ([types] if isinstance(types, str) else types))


def _findings(fault: Any, file: str) -> Iterator[Finding]:
    at = "" if fault.json_path == "$" else fault.json_path
    if fault.validator != "additionalProperties":
        sentence = SENTENCES.get(fault.validator, lambda fault: "this is not right")
        yield _finding(file, at, sentence(fault), _advice(fault))
        return
    known = sorted(fault.schema["properties"])
    for key in sorted(str(key) for key in fault.instance if key not in known):
        near = difflib.get_close_matches(key, known, n=1)
        fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        yield _finding(file, at, f"there is no key {key!r}", fix)


def _advice(fault: Any) -> str:
    """What to do: the nearest known word, else what the schema says about the place."""
    if fault.validator == "enum":
        known = [str(value) for value in fault.validator_value]
        near = difflib.get_close_matches(str(fault.instance), known, n=1)
        if near:
            return f"did you mean {near[0]!r}?"
    if fault.validator == "required":
        return ""
    return str(fault.schema.get("description", ""))


def _finding(file: str, at: str, message: str, fix: str) -> Finding:
    return Finding(level="error", code="bad-option", file=file, at=at, message=message, fix=fix)
