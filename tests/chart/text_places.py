"""Every place for a text in the values of a chart, with a marker in it that is found again."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from tests.chart.contract import FREE_KEY, Contract, Path, Schema, forbidden, kinds_of
from tests.standards.documents import Document, Documents

# A key in an object of Kubernetes' own, which is handed on as it is.
_INSIDE = "free"


@dataclass(frozen=True)
class Place:
    """A place for a text: where it is, its rule, and a text that is found nowhere else."""

    path: Path
    rule: Schema
    marker: str

    def takes(self, text: str) -> bool:
        """Say whether the schema lets a text stand here."""
        patterns = [self.rule.get("pattern", "")]
        # A pattern that must not be quoted when it is broken stands in a condition.
        for each in self.rule.get("allOf", ()):
            patterns.append(each["if"].get("not", {}).get("pattern", ""))
        shortest, longest = self.rule.get("minLength", 0), self.rule.get("maxLength", 10**9)
        # Go's $ is the end; Python's is the end or the newline before it.
        goes = (re.sub(r"\$$", r"\\Z", pattern) for pattern in patterns)
        fits = all(re.search(pattern, text, re.ASCII) for pattern in goes)
        return fits and shortest <= len(text) <= longest

    def __str__(self) -> str:
        return ".".join(map(str, self.path))


def places(contract: Contract) -> list[Place]:
    """All places whose rule takes a free text, such as a marker."""
    found = []
    for number, (path, rule) in enumerate(_texts(contract)):
        own = tuple(f"key{number:03}" if part == FREE_KEY else part for part in path)
        # A host is told from a Service by its dot.
        ending = ".example" if path[-1] == "host" else ""
        marker = f"mark{number:03}er".ljust(rule.get("minLength", 0), "x") + ending
        found.append(Place(own, rule, marker))
    return [place for place in found if place.takes(place.marker)]


def _texts(contract: Contract) -> Iterator[tuple[Path, Schema]]:
    for path, rule in contract.rules():
        if path[:1] == ("global",) or forbidden(rule) or "enum" in rule:
            continue
        if "string" in kinds_of(rule):
            yield path, rule
        elif kinds_of(rule) == ["object"] and not {"properties", "additionalProperties"} & {*rule}:
            yield (*path, _INSIDE), {"type": "string"}


def replaced(tree: Any, change: Callable[[str], str]) -> Any:
    """Change all texts in a tree, those of keys among them."""
    if isinstance(tree, Mapping):
        return {replaced(key, change): replaced(each, change) for key, each in tree.items()}
    if isinstance(tree, list):
        return [replaced(each, change) for each in tree]
    return change(tree) if isinstance(tree, str) else tree


def readable(documents: Documents, lists: Set[str]) -> Documents:
    """Documents with Secrets decoded, lists in variables read, and checksums left out."""
    return {name: _readable(document, lists) for name, document in documents.items()}


def _readable(document: Document, lists: Set[str]) -> Document:
    found = copy.deepcopy(document)
    if found["kind"] == "Secret":
        found["data"] = {
            name: base64.b64decode(value).decode() for name, value in found["data"].items()
        }
    template = found.get("spec", {}).get("template", {})
    for name in template.get("metadata", {}).get("annotations", {}):
        if name.startswith("checksum/"):
            template["metadata"]["annotations"][name] = "checksum"
    for container in template.get("spec", {}).get("containers", ()):
        for entry in container.get("env", ()):
            if entry["name"] in lists:
                entry["value"] = json.loads(entry["value"])
    return found
