"""Flows that ask a model: Chat Input → model → Chat Output, with the official components."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.flows_factory import Json, field, flow, model, secret
from tests.integration.command import EXAMPLES

# Each node's code only imports the official component.
CODE = """from {module} import {name} as OfficialComponent


class {name}(OfficialComponent):
    pass
"""
OPENAI = "lfx.components.openai.openai_chat_model", "OpenAIModelComponent"
UNIFIED = "lfx.components.models_and_agents.language_model", "LanguageModelComponent"
# Flow → endpoint.
DIRECT, STREAMED, CHOSEN = "Ask OpenAI", "Ask OpenAI, streamed", "Ask any model"
KEY, UNIFIED_KEY = "DESK_OPENAI_KEY", "OPENAI_API_KEY"
URL, UNIFIED_URL = "MODEL_URL", "OPENAI_BASE_URL"
MODEL = "some-model"


def write(folder: Path, *, any_model: bool = True) -> Path:
    """Write the flows and their chartgen.yaml into a new folder; CHOSEN may be left out."""
    folder.mkdir()
    flows = {DIRECT: direct(stream=False), STREAMED: direct(stream=True)}
    if any_model:
        flows[CHOSEN] = chosen()
    for number, (name, node) in enumerate(flows.items()):
        (folder / f"{number}.json").write_text(json.dumps(between_chat(node, name)))
    opened = {"component": "OpenAI", "field": "openai_api_base", "name": URL}
    settings = {"name": "models", "version": "1.0.0", "parameters": [opened]}
    (folder / "chartgen.yaml").write_text(yaml.safe_dump(settings))
    return folder


def parameters(url: str, *, any_model: bool = True) -> dict[str, str]:
    """The values of the flows' parameters."""
    return {URL: url, **({UNIFIED_URL: url} if any_model else {})}


def direct(*, stream: bool) -> Json:
    """The plain OpenAI component; two attempts, and no patience."""
    fields = {
        "api_key": secret(KEY),
        "openai_api_base": field("https://api.openai.com/v1"),
        "model_name": field(MODEL),
        "stream": field(stream, "BoolInput", type="bool"),
        "max_retries": field(1, "IntInput", type="int"),
        "timeout": field(3, "IntInput", type="int"),
    }
    return _model("OpenAIModel", "OpenAI", OPENAI, fields)


def chosen() -> Json:
    """The component for any provider, with a model of OpenAI chosen."""
    fields = {"model": model("OpenAI"), "api_key": secret(UNIFIED_KEY)}
    return _model("LanguageModelComponent", "Language Model", UNIFIED, fields)


def between_chat(node: Json, name: str) -> Json:
    """A flow of the example's Chat Input, this model, and the example's Chat Output."""
    echo = json.loads((EXAMPLES / "echo.json").read_bytes())
    first, _, last = echo["data"]["nodes"]
    into = [field["data"]["targetHandle"] for field in echo["data"]["edges"]][1]
    edges = [
        _edge(first["id"], "ChatInput", "message", node["id"], "input_value", ["Message"], "str"),
        _edge(
            node["id"],
            node["data"]["type"],
            "text_output",
            last["id"],
            "input_value",
            into["inputTypes"],
            into["type"],
        ),
    ]
    return flow(first, node, last, edges=edges, name=name)


def _model(kind: str, name: str, code: tuple[str, str], fields: Mapping[str, Json]) -> Json:
    written = CODE.format(module=code[0], name=code[1])
    template = {
        "_type": "Component",
        "code": {"type": "code", "name": "code", "show": True, "value": written},
        "input_value": {**field("", "MessageInput"), "input_types": ["Message"]},
        **fields,
    }
    for key, value in template.items():
        if isinstance(value, dict):
            value.update(name=key, show=True)
    output = {
        "name": "text_output",
        "display_name": "Model Response",
        "method": "text_response",
        "types": ["Message"],
        "selected": "Message",
        "cache": True,
        "value": "__UNDEFINED__",
    }
    node = {
        "display_name": name,
        "template": template,
        "outputs": [output],
        "base_classes": ["LanguageModel", "Message"],
    }
    data = {"id": f"{kind}-Mo1aA", "type": kind, "node": node}
    return {"id": data["id"], "type": "genericNode", "position": {"x": 0, "y": 0}, "data": data}


def _edge(
    source: str, kind: str, output: str, target: str, name: str, types: list[str], form: str
) -> dict[str, Any]:
    handles = {
        "sourceHandle": {
            "dataType": kind,
            "id": source,
            "name": output,
            "output_types": ["Message"],
        },
        "targetHandle": {"fieldName": name, "id": target, "inputTypes": types, "type": form},
    }
    texts = {key: json.dumps(one).replace('"', "œ") for key, one in handles.items()}
    return {
        "id": f"{source}-{target}",
        "source": source,
        "target": target,
        "data": handles,
        **texts,
    }
