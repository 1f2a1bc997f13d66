"""Loads every component of every flow in the image, as Langflow does when a flow is called.

Langflow (1.13.0) starts without complaint where a flow needs a module that is not there, and
answers 500 to whoever calls it first; so the build of the image runs this, and fails instead.
Nothing of a component is called, and no network and no credential is needed.

This file is copied into the image as it is, and imports nothing but the standard library and
Langflow. It reads `contract.json` beside it.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
# Given a component as it stands in a flow, loads what it needs, or raises.
Load = Callable[[Json], None]

NOTE = "noteNode"
HAND_MADE = "CustomComponent"
EXTENSION = "ext:"
NO_SUCH_NAME = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'", re.I)


def main(contract_file: Path) -> None:
    """Print one line for each component that cannot be loaded, and end with 1 if there is any."""
    contract = json.loads(contract_file.read_text("utf-8"))
    lines = list(failures(Path(contract["flows"]), loader()))
    for line in lines:
        print(f"chartgen: {line}", file=sys.stderr)  # noqa: T201 - the build's log
    if lines:
        raise SystemExit(1)


def failures(folder: Path, load: Load) -> Iterator[str]:
    """One sentence for each component of the flows in a folder that cannot be loaded."""
    for file in sorted(folder.iterdir()):
        flow = json.loads(file.read_text("utf-8"))
        for component in components(flow["data"]):
            if fault := attempt(component, load):
                name = component["node"].get("display_name") or component.get("type")
                yield f"{one_line(flow['name'])} → {one_line(name)}: {fault}"


def components(graph: Json) -> Iterator[Json]:
    """The components of a graph, those inside of groups included."""
    for node in graph["nodes"]:
        data = node["data"]
        inner = data.get("node") or {}
        if node.get("type") == NOTE or data.get("type") == NOTE:
            continue
        if group := inner.get("flow"):
            yield from components(group["data"])
        elif inner.get("template", {}).get("code", {}).get("value"):
            yield data


def attempt(component: Json, load: Load) -> str:
    """Load a component: "" when that works, else the reason without a word of the flow's own."""
    said = io.StringIO()
    try:
        # What code prints while it is loaded would hide the lines that count.
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            load(component)
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # a component may even call sys.exit()
        return reason(fault)
    return ""


def reason(fault: BaseException) -> str:
    """What is missing. Langflow wraps the fault that counts, and its words may quote a flow."""
    chain: list[BaseException] = [fault]
    while (inner := chain[-1].__cause__ or chain[-1].__context__) and inner not in chain:
        chain.append(inner)
    for one in chain:
        if isinstance(one, ModuleNotFoundError) and one.name:
            return f"the module {one.name} is missing"
        if isinstance(one, ImportError) and (found := NO_SUCH_NAME.search(str(one))):
            return f"the module {found['module']} has no {found['name']}"
        if isinstance(one, ImportError) and one.name:
            return f"the module {one.name} cannot be imported"
    return f"its code cannot be loaded ({type(chain[-1]).__name__})"


def loader() -> Load:
    """How the Langflow of this image loads a component."""
    evaluate = importlib.import_module("lfx.custom.eval").eval_custom_component_code

    def load(component: Json) -> None:
        template = component["node"]["template"]
        evaluate(template["code"]["value"], class_name=class_name(component))
        for field in template.values():
            if isinstance(field, dict) and field.get("type") == "model":
                for chosen in models(field.get("value")):
                    _load_model(chosen)

    return load


def class_name(component: Json) -> str:
    """Which class of its code a component is (lfx 1.13.0, interface/initialize/loading.py)."""
    kind = str(component.get("type") or "")
    if kind == HAND_MADE:
        kind = str((component["node"].get("metadata") or {}).get("component_class_name") or kind)
    if kind.startswith(EXTENSION):
        kind = kind.rpartition(":")[2].partition("@")[0]
    return kind


def models(value: Any) -> Iterator[Json]:
    """The models that a field has chosen."""
    for one in value if isinstance(value, list) else ():
        if isinstance(one, dict) and one.get("provider"):
            yield one


def _load_model(chosen: Json) -> None:
    """Load the class of a provider, which Langflow looks up when a flow runs."""
    unified = importlib.import_module("lfx.base.models.unified_models")
    provider = str(chosen["provider"])
    if (chosen.get("metadata") or {}).get("model_type") in {"embedding", "embeddings"}:
        registry = importlib.import_module("lfx.base.models.unified_models.class_registry")
        if name := registry.EMBEDDING_PROVIDER_CLASS_MAPPING.get(provider):
            unified.get_embedding_class(name)
        return
    metadata = importlib.import_module("lfx.base.models.model_metadata")
    if name := metadata.get_provider_param_mapping(provider).get("model_class"):
        unified.get_model_class(name)


def one_line(text: Any) -> str:
    """A name without what would break the line."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        # Langflow makes files where it thinks that its home is: none of them is to stay.
        os.environ.update(HOME=scratch, TMPDIR=scratch, LANGFLOW_CONFIG_DIR=scratch)
        os.environ.update(DO_NOT_TRACK="true", LANGFLOW_LOG_LEVEL="critical")
        main(Path(__file__).with_name("contract.json"))
