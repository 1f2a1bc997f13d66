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
from chartgen.runtimes.langflow.graph import Field, one_line
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
        self.name = one_line(value.get("name") or field.component.display_name)

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
            config["url"] = self._renamed(config["url"], "url")
        if isinstance(config.get("args"), list):
            self._inspect_arguments(config["args"], (*place, "args"))

    def bind_pairs(self, pairs: Any, place: Path) -> None:
        """Headers or variables, as `{key: value}` or as rows of `key` and `value`."""
        for key, holder, slot, at in _pairs(pairs, place):
            text = holder[slot]
            if not isinstance(text, str) or not text:
                continue
            if names.is_variable(text, key, self.ledger.facts):
                holder[slot] = self._variable(text, key)
            elif secrets.held_under(key, text):
                if not self.ledger.excuse(self.flow, at, text):
                    self._literal(holder, slot, key, at)
            else:
                holder[slot] = self._renamed(text, key)

    def refuse_literals(self, pairs: Any, place: Path) -> None:
        """The same for a field in which Langflow resolves nothing: a secret is an error."""
        for key, holder, slot, at in _pairs(pairs, place):
            text = holder[slot]
            if isinstance(text, str) and secrets.held_under(key, text):
                self._refuse(at, text, "this value of the field is a secret")

    def _renamed(self, text: str, key: str) -> str:
        """A text with its variables, `{{NAME}}`, recorded and under the names that work."""
        return secrets.VARIABLE.sub(lambda match: self._placeholder(match, key), text)

    def _placeholder(self, match: re.Match[str], key: str) -> str:
        if not names.is_name(match[1].upper()):
            # Unknown to Langflow it stays as it is, and so it does here.
            return match[0]
        return f"{{{{{self._variable(match[1], key)}}}}}"

    def _literal(self, holder: Any, slot: Any, key: str, at: Path) -> None:
        if not self.bind_literals:
            message = f"{one_line(key)!r} of an MCP server holds a secret"
            self.ledger.report_literal(self.flow, self.field, at, holder[slot], message)
            return
        words = ["MCP", *secrets.words(self.name), *secrets.words(key)]
        wanted = self.ledger.name_for(holder[slot], "_".join(words))
        holder[slot] = self._variable(wanted, key)
        self.ledger.report_cut(self.flow, self.field, at, holder[slot])

    def _inspect_arguments(self, arguments: list[Any], place: Path) -> None:
        """Arguments cannot be variables: a secret among them can only be taken out."""
        previous = ""
        for index, text in enumerate(arguments):
            if not isinstance(text, str):
                continue
            value = _argument(text, previous)
            if value and secrets.held_under("api_key", value):
                self._refuse((*place, index), text, "an argument of an MCP server holds a secret")
            previous = text

    def _refuse(self, at: Path, text: str, message: str) -> None:
        if not self.ledger.excuse(self.flow, at, text):
            self.ledger.report_literal(self.flow, self.field, at, text, message)

    def _variable(self, wanted: str, key: str) -> str:
        component = self.field.component
        label = one_line(f"{self.name} {key}")
        use = Use(flow=component.flow, component=component.display_name, field=label)
        name = self.ledger.name(self.flow, self.field, wanted)
        self.ledger.imported.add(name)
        if secrets.looks_secret(name) or secrets.looks_secret(key):
            self.ledger.credential(name, use)
        else:
            self.ledger.parameter(Parameter(name=name, required=True), use)
        return name


def _argument(text: str, previous: str) -> str:
    """What may be a secret in an argument: `--key=…`, `KEY=…`, `Name: …`, or all of it."""
    flag, _, inline = text.removeprefix("--env=").removeprefix("-e=").partition("=")
    header, _, value = text.partition(": ")
    if inline and (SECRET_FLAG.fullmatch(flag) or secrets.held_under(flag, inline)):
        return inline
    if value and secrets.announces(header):
        return value
    return text if not text.startswith("-") and _announces_secret(previous) else ""


def _announces_secret(text: str) -> bool:
    return bool(SECRET_FLAG.fullmatch(text)) or secrets.looks_secret(text)


def _pairs(pairs: Any, place: Path) -> Iterator[tuple[str, Any, Any, Path]]:
    """Each pair's key, and where its value is stored: the holder, the slot in it, the way."""
    if isinstance(pairs, dict):
        for key in pairs:
            yield str(key), pairs, key, (*place, key)
    elif isinstance(pairs, list):
        for index, row in enumerate(pairs):
            if isinstance(row, dict) and "value" in row:
                yield str(row.get("key") or ""), row, "value", (*place, index, "value")
