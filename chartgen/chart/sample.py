"""ci/test-values.yaml: dummy values that satisfy a chart's contract, for linters and tests."""

from __future__ import annotations

import math
import re
from typing import Any

from chartgen.model import App, Credential, Parameter, Scalar


def build(app: App) -> dict[str, Any]:
    """Return the content of ci/test-values.yaml."""
    return {
        "credentials": {
            credential.name: {"value": _secret(credential)} for credential in app.credentials
        },
        "parameters": {
            parameter.name: _setting(parameter)
            for parameter in app.parameters
            if parameter.required and parameter.default is None
        },
    }


def _secret(credential: Credential) -> str:
    """Return an obvious dummy; under a pattern the usual shapes of a key are tried first."""
    readable = f"test-{credential.name}".ljust(credential.min_length, "x")
    shapes = ("A" * 43 + "=", "A" * 43, "0" * 64, "0" * 32) if credential.pattern else ()
    fitting = (
        text
        for text in (*shapes, readable)
        if len(text) >= credential.min_length and re.search(credential.pattern, text)
    )
    return next(fitting, readable)


def _setting(parameter: Parameter) -> Scalar | list[str]:
    if parameter.choices:
        return parameter.choices[0]
    if parameter.type == "array":
        return ["test"]
    if parameter.type == "boolean":
        return True
    if parameter.type in {"integer", "number"}:
        lowest = parameter.minimum if parameter.minimum is not None else parameter.maximum
        return math.ceil(lowest) if lowest is not None else 1
    return "test"
