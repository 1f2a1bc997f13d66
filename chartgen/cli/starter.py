"""Starter values: fresh keys for the runtime's own, blanks for what only people know."""

from __future__ import annotations

import base64
import io
import re
import secrets
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from chartgen.cli.output import one_line
from chartgen.errors import InvalidInput

KEY_BYTES = 32
# A name of Kubernetes: RFC 1123, "subdomain".
SECRET_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
# What no YAML comment may hold, beyond what no terminal may see.
UNWRITABLE = re.compile(r"[\ufff9-\uffff]")


def fill(release: Mapping[str, Any]) -> dict[str, Any]:
    """The values: fresh ones for the runtime's own credentials, blanks for all others.

    A blank is "" where something must be written, null where something may be.
    """
    credentials = {item["name"]: _filled(item) for item in release["credentials"]}
    required = {item["name"]: None for item in _required_parameters(release)}
    return {"credentials": credentials, **({"parameters": required} if required else {})}


def render(
    release: Mapping[str, Any], filled: Mapping[str, Any], form: str, secret_name: str | None
) -> str:
    """The text to keep: a values file, a command that makes a Secret, or NAME=value lines."""
    if form == "values":
        return _values(release, filled)
    lines = "".join(f"{line}\n" for line in _lines(release, filled["credentials"]))
    if form == "env":
        return lines
    name = secret_name or f"{release['name']}-credentials"
    if not SECRET_NAME.fullmatch(name):
        raise InvalidInput(f"{name!r} cannot be the name of a Secret")
    # Standard input, because a command's arguments are there for everybody to see.
    return (
        f"# Then: helm install … --set existingSecret={shlex.quote(name)}\n"
        f"kubectl create secret generic {shlex.quote(name)} "
        f"--from-env-file=/dev/stdin <<'EOF'\n{lines}EOF\n"
    )


def _filled(item: Mapping[str, Any]) -> dict[str, str] | None:
    if not item["required"]:
        return None
    return {"value": "" if item["usedBy"] else _fresh(item["pattern"], item["minLength"])}


def _fresh(pattern: str, length: int) -> str:
    """A random text that the credential's rule takes, or a blank when none of ours does."""
    # 32 bytes in URL-safe base64 with its padding are a Fernet key.
    padded = base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    plain = secrets.token_urlsafe(max(KEY_BYTES, length))
    shapes = (padded, plain) if pattern else (plain,)
    try:
        return next((text for text in shapes if re.search(pattern, text)), "")
    except re.error:
        return ""


def _values(release: Mapping[str, Any], filled: Mapping[str, Any]) -> str:
    document = CommentedMap(credentials=CommentedMap())
    for item in release["credentials"]:
        entry = filled["credentials"][item["name"]]
        blank = None if entry is None else {"value": DoubleQuotedScalarString(entry["value"])}
        advice = "" if item["required"] else '(optional: leave it so, or write {value: "…"})'
        _add(document["credentials"], item, blank, advice)
    for item in _required_parameters(release):
        section = document.setdefault("parameters", CommentedMap())
        _add(section, item, None, f"(required, {item['type']})")
    document.yaml_set_start_comment(
        f"Secrets of {release['name']} {release['version']}. Keep this file to yourself.\n"
        "Fill in what is blank."
    )
    buffer = io.StringIO()
    YAML().dump(document, buffer)
    return buffer.getvalue()


def _add(section: CommentedMap, item: Mapping[str, Any], value: Any, advice: str) -> None:
    name = item["name"]
    section[name] = value
    comment = " ".join(part for part in (_note(item), advice) if part)
    section.yaml_set_comment_before_after_key(name, before=comment, indent=2)


def _lines(release: Mapping[str, Any], credentials: Mapping[str, Any]) -> Iterator[str]:
    for item in release["credentials"]:
        entry = credentials[item["name"]]
        yield f"# {_note(item)}{'' if entry else ' (optional)'}"
        yield f"{item['name']}={entry['value']}" if entry else f"# {item['name']}="


def _required_parameters(release: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in release["parameters"] if item["required"] and "default" not in item]


def _note(item: Mapping[str, Any]) -> str:
    """What a value is for, on one line that may stand in a comment."""
    uses = "; ".join(
        " → ".join(part for part in (use["flow"], use["component"], use["field"]) if part)
        for use in item["usedBy"]
    )
    return UNWRITABLE.sub("�", one_line(uses or item.get("description", "")))
