"""values.schema.json: the contract between a chart and whoever installs it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from chartgen.model import App, Credential, Parameter
from chartgen.render import one_line

Schema = dict[str, Any]


def build(template: Schema, app: App, values: Mapping[str, Any]) -> Schema:
    """Return the template's schema with the rules of one application and its defaults."""
    schema = copy.deepcopy(template)
    properties = schema["properties"]
    properties["credentials"] = _credentials(app.credentials)
    properties["parameters"] = _parameters(app.parameters)
    # Only one Secret that holds them all makes up for credentials that are not named.
    schema["else"] = _required_credentials(app.credentials)
    if any(parameter.required for parameter in app.parameters):
        schema["required"] = ["parameters"]
    _add_defaults(schema, values)
    return schema


def _sentence(condition: Schema, sentence: str) -> Schema:
    """Make Helm print `sentence` when `condition` holds: JSON Schema has no other way to say it."""
    return {"if": condition, "then": {"enum": [sentence]}}


def _absent(name: str) -> Schema:
    """Match an object without a key; Helm hands on a null where the chart has no default."""
    return {"not": {"required": [name], "properties": {name: {"not": {"type": "null"}}}}}


def _credentials(credentials: tuple[Credential, ...]) -> Schema:
    return {
        "description": "Credentials by name, each by value or from an existing Secret.",
        "type": "object",
        "additionalProperties": False,
        "properties": {credential.name: _credential(credential) for credential in credentials},
    }


def _credential(credential: Credential) -> Schema:
    shortest = max(1, credential.min_length)
    value: Schema = {
        "description": "The credential itself; kept in a Secret of the release.",
        "type": "string",
        "minLength": shortest,
        "allOf": [_sentence({"maxLength": shortest - 1}, _unusable(credential))],
    }
    if credential.pattern:
        # A bare pattern would make Helm print the value that breaks it, and that is a secret.
        value["allOf"] = [
            _sentence({"not": {"pattern": credential.pattern}}, _unusable(credential))
        ]
    return {
        "description": purpose(credential),
        "type": "object" if credential.required else ["object", "null"],
        "additionalProperties": False,
        "properties": {
            "value": value,
            "existingSecret": {
                "description": "An existing Secret that holds it (wins over value).",
                "$ref": "#/definitions/secretKey",
            },
        },
    }


def _required_credentials(credentials: tuple[Credential, ...]) -> Schema:
    required = [credential for credential in credentials if credential.required]
    given = {"anyOf": [{"required": ["value"]}, {"required": ["existingSecret"]}]}
    rule: Schema = {
        "properties": {
            credential.name: _sentence({"not": given}, _missing(credential))
            for credential in credentials
        },
        "required": [credential.name for credential in required],
        "allOf": [
            _sentence(_absent(credential.name), _missing(credential)) for credential in required
        ],
    }
    if not required:
        return {"properties": {"credentials": {"properties": rule["properties"]}}}
    return {"required": ["credentials"], "properties": {"credentials": rule}}


def _unusable(credential: Credential) -> str:
    length = credential.min_length
    fault = f"has to have {length} characters or more" if length > 1 else "is empty"
    if credential.pattern:
        fault = "has another form"
    return f"credentials.{credential.name}.value {fault}: {purpose(credential)}"


def _missing(credential: Credential) -> str:
    name = credential.name
    why = purpose(credential)
    return f"set credentials.{name}.value or credentials.{name}.existingSecret: {why}"


def _parameters(parameters: tuple[Parameter, ...]) -> Schema:
    schema: Schema = {
        "description": "Settings of the flows, given to them as environment variables.",
        "type": "object",
        "additionalProperties": False,
        "properties": {parameter.name: _parameter(parameter) for parameter in parameters},
    }
    required = [parameter for parameter in parameters if parameter.required]
    if required:
        schema["required"] = [parameter.name for parameter in required]
        schema["allOf"] = [
            _sentence(
                _absent(parameter.name),
                f"set parameters.{parameter.name}: {purpose(parameter)}",
            )
            for parameter in required
        ]
    return schema


def _parameter(parameter: Parameter) -> Schema:
    schema: Schema = {
        "description": purpose(parameter),
        "type": parameter.type if parameter.required else [parameter.type, "null"],
    }
    if parameter.type == "array":
        schema["items"] = {"type": "string"}
    if parameter.choices:
        schema["enum"] = [*parameter.choices, *([] if parameter.required else [None])]
    if parameter.minimum is not None:
        schema["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        schema["maximum"] = parameter.maximum
    if parameter.required and parameter.type == "string":
        schema["minLength"] = 1
    return schema


def purpose(item: Credential | Parameter) -> str:
    """Say what a credential or parameter is for: its description and the fields that use it."""
    uses = "; ".join(str(use) for use in item.used_by)
    parts = (one_line(item.description), one_line(uses))
    return " — ".join(part for part in parts if part) or "used by the runtime"


def _add_defaults(schema: Schema, values: Mapping[str, Any]) -> None:
    """Write the defaults of values.yaml into the schema, so that they are kept in one place."""
    for name, rule in schema["properties"].items():
        if name not in values:
            continue
        if isinstance(values[name], Mapping) and "properties" in rule:
            _add_defaults(rule, values[name])
        else:
            rule["default"] = values[name]
