"""The starter flows inside `langflow-base` wheels, read by rules that chartgen has no part in."""

from __future__ import annotations

import copy
import json
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.integration.command import CACHE, run

# Version → number of flows: langflow 1.0.19, 1.3, 1.7, 1.10, 1.12 and 1.13.
WHEELS = {"0.0.99": 10, "0.3.4": 33, "0.7.3": 33, "0.10.3": 33, "1.12.0": 27, "1.13.0": 27}
FOLDER = "langflow/initial_setup/starter_projects/"
NAME = re.compile(r"[A-Z][A-Z0-9_]*")
# What the editor of Langflow writes when somebody chooses a model.
MODEL = {"name": "gpt-4o-mini", "provider": "OpenAI", "icon": "OpenAI", "metadata": {}}


@dataclass(frozen=True, kw_only=True)
class Starter:
    """One flow of a wheel: the file's name, its bytes, and its content as JSON."""

    file: str
    data: bytes = field(repr=False)

    @property
    def flow(self) -> Any:
        """The parsed file."""
        return json.loads(self.data)


@cache
def read(version: str) -> tuple[Starter, ...]:
    """All starter flows of a wheel, by file name."""
    with zipfile.ZipFile(_wheel(version)) as archive:
        return tuple(
            Starter(file=name.removeprefix(FOLDER), data=archive.read(name))
            for name in sorted(archive.namelist())
            if name.startswith(FOLDER) and name.endswith(".json")
        )


def _wheel(version: str) -> Path:
    folder = CACHE / "wheels"
    file = folder / f"langflow_base-{version}-py3-none-any.whl"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    # A download that is cut off, or made twice at once, must never be taken for the wheel.
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        what = ("--no-deps", "--only-binary", ":all:", "--dest", fresh)
        result = run(*pip, *what, f"langflow-base=={version}", cwd=folder)
        if result.returncode:
            pytest.skip(f"langflow-base {version} cannot be downloaded: {result.stderr[-300:]}")
        return (Path(fresh) / file.name).replace(file)


def fields(flow: Any) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Every field: its JSON path, its object, and whether an edge feeds it."""
    fed = {(edge["target"], _field_of(edge)) for edge in flow["data"]["edges"]}
    for index, node in enumerate(flow["data"]["nodes"]):
        component = node["data"]["node"]
        assert not component.get("flow"), "a group: look into it here too"
        if node.get("type") == "noteNode":
            continue
        for name, item in component["template"].items():
            if isinstance(item, dict):
                path = f"$.data.nodes[{index}].data.node.template.{name}.value"
                yield path, item, (node["id"], name) in fed


def _field_of(edge: dict[str, Any]) -> str:
    handle = (edge.get("data") or {}).get("targetHandle") or edge["targetHandle"]
    decoded = handle if isinstance(handle, dict) else json.loads(handle.replace("œ", '"'))
    # The edge that closes a loop ends in an output, and feeds no field.
    return str(decoded.get("fieldName", ""))


def is_secret(item: dict[str, Any]) -> bool:
    """Whether the editor hides a field's value."""
    return item.get("password") is True or "Secret" in str(item.get("_input_type"))


def empty_models(flow: Any) -> set[str]:
    """JSON paths of the model fields that Langflow requires and nobody has filled."""
    return {
        path
        for path, item, fed in fields(flow)
        if item.get("type") == "model" and item.get("required") and not item.get("value")
        if not fed
    }


def bound_names(flow: Any) -> set[str]:
    """Names of the variables that the flow's secret fields are bound to."""
    return {
        item["value"]
        for _, item, fed in fields(flow)
        if is_secret(item) and item.get("load_from_db") is True and not fed
        if isinstance(item.get("value"), str) and NAME.fullmatch(item["value"])
    }


def with_models(starter: Starter) -> Starter:
    """The flow after its author has chosen a model wherever one is needed."""
    flow = starter.flow
    empty = empty_models(flow)
    if not empty:
        return starter
    for path, item, _ in fields(flow):
        if path in empty:
            item["value"] = [copy.deepcopy(MODEL)]
    return Starter(file=starter.file, data=json.dumps(flow, ensure_ascii=False).encode())
