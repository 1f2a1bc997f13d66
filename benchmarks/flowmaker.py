"""Flows as Langflow exports them, of about 200 KB each, made from the standard library's source.

Source code is most of what a flow weighs, and compresses as source does: about four times.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import sys
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FLOW_BYTES = 200 * 1024
EXAMPLE = Path(__file__).parents[1] / "examples" / "flows" / "echo.json"
SMALLEST, LARGEST = 3_000, 24_000
# Stands in every file, and gives way to another text in every repetition.
STAMP = "@stamp-of-twenty-two@"


def modules() -> tuple[str, ...]:
    """Source of the standard library, in pieces of the size that Langflow's components have."""
    library = Path(sysconfig.get_path("stdlib"))
    folders = (library, *(library / name for name in ("asyncio", "email", "http", "json")))
    found = [file for folder in folders for file in sorted(folder.glob("*.py"))]
    sized = [file for file in found if SMALLEST < file.stat().st_size < LARGEST]
    return tuple(text for file in sized if _is_plain(text := file.read_text("utf-8", "replace")))


def _is_plain(text: str) -> bool:
    """Whether a module imports nothing but the library: the others would ask for packages."""
    wanted: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            wanted |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            wanted.add(node.module.partition(".")[0])
    return wanted <= {*sys.stdlib_module_names} - {"__main__"}


def templates(count: int) -> Iterator[str]:
    """So many flows, all different, with the stamp in them; the same ones on every run."""
    flow = json.loads(EXAMPLE.read_text("utf-8"))
    sources = modules()
    for number in range(count):
        dice = random.Random(number)  # noqa: S311 - a shuffle that is the same every time
        yield json.dumps(_flow(flow, number, dice.sample(sources, len(sources))), indent=2)


def _flow(example: dict[str, Any], number: int, sources: list[str]) -> dict[str, Any]:
    flow = copy.deepcopy(example)
    flow["id"] = str(uuid.UUID(int=number + 1, version=4))
    flow["name"], flow["endpoint_name"] = f"Flow {number}", f"flow-{number}"
    flow["description"] = f"Flow {number} of {STAMP}"
    node, size = flow["data"]["nodes"][0], 0
    while sources:
        code = sources.pop()
        # Of one component the code is changed too, as when somebody has worked on the flow.
        added = _component(node, len(sources), code if size else f"{code}\n# {STAMP}\n")
        weight = len(json.dumps(added, indent=2))
        if size + weight <= FLOW_BYTES:
            flow["data"]["nodes"].append(added)
            size += weight
        elif size > FLOW_BYTES - SMALLEST:
            break
    return flow


def _component(node: dict[str, Any], number: int, code: str) -> dict[str, Any]:
    made = copy.deepcopy(node)
    made["id"] = made["data"]["id"] = f"Custom-{number:05}"
    made["data"]["type"] = "CustomComponent"
    inner = made["data"]["node"]
    inner["display_name"], inner["metadata"] = f"Custom {number}", {}
    inner["template"]["code"]["value"] = code
    return made


class Shelf:
    """Folders of flows; every one that is taken differs from the others in each file."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._taken = folder, 0
        self._templates = folder / "templates"
        self._templates.mkdir(parents=True)
        for number, text in enumerate(templates(count)):
            (self._templates / f"flow-{number}.json").write_text(text, "utf-8")

    def take(self) -> Path:
        """A folder of flows that nobody has seen; the one before is overwritten."""
        target = self._folder / "flows"
        target.mkdir(exist_ok=True)
        self._taken += 1
        stamp = f"{self._folder.name}-{self._taken}-{uuid.uuid4().hex}"[: len(STAMP)]
        for file in self._templates.iterdir():
            text = file.read_text("utf-8").replace(STAMP, stamp)
            (target / file.name).write_text(text, "utf-8")
        return target
