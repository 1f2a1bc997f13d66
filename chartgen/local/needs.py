"""What a container needs of its owner: found in a file, in the environment, or asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chartgen.errors import InvalidInput
from chartgen.local import variables
from chartgen.local.pod import Pod
from chartgen.local.variables import Variable
from chartgen.model import Finding

FIX = "write NAME=value into .env, or another --env-file, or export it"


@dataclass(frozen=True, kw_only=True)
class Given:
    """Where values come from, the first that has one wins; an empty one is none.

    `ask` asks a person for what is missing still, None where nobody is there to be asked.
    """

    environment: Mapping[str, str] = field(repr=False)
    file: Mapping[str, str] = field(repr=False)
    fresh: Mapping[str, str] = field(repr=False)
    ask: Callable[[Variable], str] | None = None

    def look(self, variable: Variable) -> str:
        """The value of a variable, or nothing."""
        name = variable.name
        found = self.environment.get(name) or self.file.get(name) or self.fresh.get(name) or ""
        if not found and variable.required and self.ask:
            found = self.ask(variable)
        return found


def environment(pod: Pod, given: Given) -> dict[str, str]:
    """All variables of a lone container. Raises InvalidInput that lists what is missing."""
    asked = [*variables.parameters(pod), *variables.credentials(pod)]
    values = {item.name: given.look(item) for item in asked}
    findings = [*_missing(asked, values), *_unusable(pod, values)]
    if findings:
        raise InvalidInput(f"{pod.name} {pod.version} cannot start", findings)
    return {**pod.environment, **{name: value for name, value in values.items() if value}}


def _missing(asked: list[Variable], values: Mapping[str, str]) -> Iterator[Finding]:
    for item in asked:
        if item.required and not values[item.name].strip():
            yield Finding(
                level="error",
                code="value-missing",
                message=f"{item.name} is not set: {item.why}",
                fix=FIX,
            )


def _unusable(pod: Pod, values: Mapping[str, str]) -> Iterator[Finding]:
    """What the runtime would refuse late, or never. The value itself stays unsaid."""
    for item in pod.release["credentials"]:
        value = values[item["name"]]
        if value.strip() and (fault := _fault(item, value)):
            yield Finding(
                level="error", code="value-unusable", message=f"{item['name']} {fault}", fix=FIX
            )


def _fault(item: Mapping[str, Any], value: str) -> str:
    if len(value) < item["minLength"]:
        return f"has to have {item['minLength']} characters or more"
    if item["pattern"] and not re.search(item["pattern"], value):
        return f"has another form: {item['description']}"
    return ""
