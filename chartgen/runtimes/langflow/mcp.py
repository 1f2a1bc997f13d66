"""MCP servers: the variables and the secrets in their configuration.

Langflow resolves these variables from its database only, never from the environment
(lfx 1.13.0, `base/mcp/util.py`), so their names must be imported when the pod starts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chartgen.model import Parameter, Use
from chartgen.runtimes.langflow import names, secrets
from chartgen.runtimes.langflow.graph import Field
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path

SECRET_FLAG = re.compile(r"--?[\w-]*(?:key|token|secret|password|auth)[\w-]*", re.IGNORECASE)


class Server:
    """The configuration of one MCP server, or a component's table of headers for one."""

    def __init__(
        self, flow: NormalFlow, field: Field, ledger: Ledger, *, bind_literals: bool
    ) -> None:
        self.flow, self.field, self.ledger = flow, field, ledger
        self.bind_literals = bind_literals
        value = field.value if isinstance(field.value, dict) else {}
        self.name = str(value.get("name") or field.component.display_name)

    def bind(self) -> None:
        """Record every variable of the configuration; a literal secret in it is an error."""
        value = self.field.value
        config = value.get("config") if isinstance(value, dict) else None
        if not isinstance(config, dict):
            return
        place = (*self.field.path, "config")
        for key in ("headers", "env"):
            self.bind_pairs(config.get(key), (*place, key))
        if isinstance(config.get("url"), str):
            config["url"] = secrets.VARIABLE.sub(
                lambda match: f"{{{{{self._variable(match[1], 'url')}}}}}", config["url"]
            )
        if isinstance(config.get("args"), list):
            self._inspect_arguments(config["args"], (*place, "args"))

    def bind_pairs(self, pairs: Any, place: Path) -> None:
        """Headers or variables, as `{key: value}` or as rows of `key` and `value`."""
        for key, holder, slot, at in _pairs(pairs, place):
            text = holder[slot]
            if not isinstance(text, str) or not text:
                continue
            match = secrets.VARIABLE.fullmatch(text)
            if match:
                holder[slot] = f"{{{{{self._variable(match[1], key)}}}}}"
            elif names.is_name(text, self.ledger.facts):
                holder[slot] = self._variable(text, key)
            elif secrets.held_under(key, text):
                self._literal(holder, slot, key, at)

    def _literal(self, holder: Any, slot: Any, key: str, at: Path) -> None:
        if not self.bind_literals:
            message = f"{key!r} of an MCP server holds a secret"
            self.ledger.report_literal(self.flow, self.field, at, message)
            return
        holder[slot] = self._variable(f"MCP_{self.name}_{key}", key)
        self.ledger.report(
            self.flow, self.field, "warning", "literal-cut",
            f"the secret in {key!r} was cut out and bound to {holder[slot]}",
            "revoke it if others could read the file", at,
        )  # fmt: skip

    def _inspect_arguments(self, arguments: list[Any], place: Path) -> None:
        """Arguments cannot be variables: a secret among them can only be taken out."""
        previous = ""
        for index, text in enumerate(arguments):
            if not isinstance(text, str):
                continue
            flag, _, inline = text.partition("=")
            if inline and SECRET_FLAG.fullmatch(flag):
                value = inline
            elif not text.startswith("-") and _announces_secret(previous):
                value = text
            else:
                value = ""
            if value and secrets.held_under("key", value):
                self.ledger.report_literal(
                    self.flow, self.field, (*place, index),
                    "an argument of an MCP server holds a secret",
                )  # fmt: skip
            previous = text

    def _variable(self, wanted: str, key: str) -> str:
        component = self.field.component
        use = Use(flow=component.flow, component=component.display_name, field=f"{self.name} {key}")
        name = self.ledger.name(self.flow, self.field, wanted)
        self.ledger.imported.add(name)
        if names.looks_secret(name) or names.looks_secret(key):
            self.ledger.credential(name, use)
        else:
            self.ledger.parameter(Parameter(name=name, required=True), use)
        return name


def _announces_secret(text: str) -> bool:
    return bool(SECRET_FLAG.fullmatch(text)) or names.looks_secret(text)


def _pairs(pairs: Any, place: Path) -> Iterator[tuple[str, Any, Any, Path]]:
    """Each pair's key, and where its value is stored: the holder, the slot in it, the way."""
    if isinstance(pairs, dict):
        for key in pairs:
            yield str(key), pairs, key, (*place, key)
    elif isinstance(pairs, list):
        for index, row in enumerate(pairs):
            if isinstance(row, dict) and "value" in row:
                yield str(row.get("key") or ""), row, "value", (*place, index, "value")
