"""Flows for tests of releases that follow one another, made from the examples."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.integration import starters
from tests.integration.command import EXAMPLES

Json = dict[str, Any]
OPTIONS = "name: support-bots\nversion: {version}\nimage: registry.example.com/team/support-bots\n"

# What was said in this conversation, from the table of messages that all replicas share.
RECALL = """
from lfx.custom.custom_component.component import Component
from lfx.io import MessageTextInput, Output
from lfx.memory import aget_messages
from lfx.schema.message import Message

class Recall(Component):
    inputs = [MessageTextInput(name="input_value", display_name="Message")]
    outputs = [Output(name="signature", display_name="Said", method="answer")]

    async def answer(self) -> Message:
        said = await aget_messages(session_id=self.graph.session_id, sender="User", order="ASC")
        return Message(text=", ".join(message.text for message in said))
"""
PATIENCE = 4
SLOW = f"""
import asyncio
from lfx.custom.custom_component.component import Component
from lfx.io import MessageTextInput, Output
from lfx.schema.message import Message

class Slow(Component):
    inputs = [MessageTextInput(name="input_value", display_name="Message")]
    outputs = [Output(name="signature", display_name="Said", method="answer")]

    async def answer(self) -> Message:
        await asyncio.sleep({PATIENCE})
        return Message(text="at last")
"""


def echo(template: str = "You said: {message}") -> Json:
    """The example that repeats what it is told, with these words."""
    flow = _example("echo.json")
    flow["data"]["nodes"][1]["data"]["node"]["template"]["template"]["value"] = template
    return flow


def signed_webhook(identity: str = "") -> Json:
    """The example with a credential; `identity` gives it another id, as an export anew does."""
    flow = _example("signed-webhook.json")
    return {**flow, "id": _id(identity)} if identity else flow


def official(name: str, *edits: tuple[str, str]) -> Json:
    """The example that repeats what it is told, with Langflow's own code, but for edits."""
    flow = echo()
    for node in flow["data"]["nodes"]:
        code = official_code(node["data"]["type"])
        for old, new in edits:
            code = code.replace(old, new)
        node["data"]["node"]["template"]["code"]["value"] = code
    return flow | {"name": name, "endpoint_name": name.lower(), "id": _id(name)}


@cache
def official_code(kind: str) -> str:
    """The code of a component, as Langflow's own starter flows have it."""
    nodes = (n for starter in starters.read("1.13.0") for n in starter.flow["data"]["nodes"])
    code: str = next(
        node["data"]["node"]["template"]["code"]["value"]
        for node in nodes
        if node["data"].get("type") == kind
    )
    return code


def coded(name: str, code: str, kind: str = "") -> Json:
    """A flow around a component of our own, which may be of a type of Langflow's."""
    flow = _example("signed-webhook.json")
    data = flow["data"]["nodes"][1]["data"]
    data["type"] = kind or data["type"]
    node = data["node"]
    del node["template"]["signing_key"]
    node["template"]["code"]["value"] = code.strip()
    node["outputs"][0]["method"] = "answer"
    node |= {"display_name": name, "field_order": ["input_value"], "metadata": {}}
    flow |= {"name": name, "endpoint_name": name.lower(), "id": _id(name), "description": name}
    return flow


def write(folder: Path, version: str, *flows: Mapping[str, Any]) -> Path:
    """Write a folder that chartgen packages."""
    folder.mkdir()
    (folder / "chartgen.yaml").write_text(OPTIONS.format(version=version))
    for flow in flows:
        (folder / f"{flow['endpoint_name']}.json").write_text(json.dumps(flow))
    return folder


def _example(name: str) -> Json:
    flow: Json = json.loads((EXAMPLES / name).read_bytes())
    return flow


def _id(name: str) -> str:
    return str(uuid.uuid3(uuid.NAMESPACE_DNS, name))
