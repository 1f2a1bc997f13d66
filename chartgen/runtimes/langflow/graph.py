"""Walks a flow's graph: its components, the fields of each, and what feeds them.

The shape is that of Langflow 1.0 to 1.13 exports. A group node holds a flow of its own;
its outer fields carry a `proxy` that names the child's field, and at run time the outer
field replaces the child's (lfx 1.13.0, `graph/graph/utils.py`), so the child's copy is
`shadowed`: it never counts, but it must not keep anything secret either.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chartgen.model import Use
from chartgen.runtimes.langflow.paths import Path

JsonObject = dict[str, Any]
SECRET_INPUTS = frozenset({"SecretStrInput", "MultilineSecretInput"})


@dataclass(frozen=True, kw_only=True)
class Component:
    """One node of a graph. `template` is the live dictionary of its fields.

    `path` leads from the flow object to `node`, `flow` is the flow's display name, `fed` names
    the fields that an edge feeds, `shadowed` those that an enclosing group's fields replace.
    """

    flow: str
    id: str
    type: str
    display_name: str
    path: Path
    node: JsonObject = field(repr=False)
    fed: frozenset[str]
    shadowed: frozenset[str]
    children: tuple[Component, ...] = field(repr=False)

    @property
    def template(self) -> JsonObject:
        """Field name → field object, plus `_type` and the like."""
        return self.node.get("template") or {}

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Every field, in the file's order."""
        return tuple(
            Field(component=self, name=name, data=data)
            for name, data in self.template.items()
            if isinstance(data, dict)
        )

    def get(self, name: str) -> Field | None:
        """The field of that name, if there is one."""
        data = self.template.get(name)
        return Field(component=self, name=name, data=data) if isinstance(data, dict) else None

    @property
    def code(self) -> str:
        """The Python source embedded in the node, or ""."""
        code = self.get("code")
        return joined(code.data.get("value")) if code else ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input of a component; `data` is the live JSON object and may be rewritten."""

    component: Component
    name: str
    data: JsonObject = field(repr=False)

    @property
    def path(self) -> Path:
        """The way from the flow object to the field's value."""
        return (*self.component.path, "template", self.name, "value")

    @property
    def value(self) -> Any:
        """The value as stored."""
        return self.data.get("value")

    @property
    def kind(self) -> str:
        """`_input_type`, or "" in exports older than 1.1 that do not have it."""
        return str(self.data.get("_input_type") or "")

    @property
    def is_secret(self) -> bool:
        """Whether the editor hides the value: the marks used by all versions."""
        return self.data.get("password") is True or self.kind in SECRET_INPUTS

    @property
    def is_bound(self) -> bool:
        """Whether the value is the name of a global variable, as far as the export says."""
        return self.data.get("load_from_db") is True

    @property
    def is_fed(self) -> bool:
        """Whether an edge brings the value: then the field's own is never used."""
        return self.name in self.component.fed

    @property
    def is_shadowed(self) -> bool:
        """Whether a group around the component replaces the field."""
        return self.name in self.component.shadowed

    @property
    def is_hidden(self) -> bool:
        """Whether the editor does not show the field: the component works without it."""
        return self.data.get("show") is False

    @property
    def origin(self) -> tuple[Component, str]:
        """The component and field name behind a group's outer field, else its own."""
        component, name, proxy = self.component, self.name, self.data.get("proxy")
        while isinstance(proxy, dict):
            inner = next((c for c in component.children if c.id == proxy.get("id")), None)
            if inner is None:
                break
            component, name = inner, str(proxy.get("field"))
            proxy = (component.template.get(name) or {}).get("proxy")
        return component, name

    @property
    def use(self) -> Use:
        """Where this is, in the words of the editor."""
        component, name = self.origin
        label = (component.template.get(name) or self.data).get("display_name")
        return Use(
            flow=self.component.flow,
            component=component.display_name,
            field=one_line(label or name),
        )


def components(flow_name: str, data: JsonObject) -> Iterator[Component]:
    """Every component of a graph, groups before their children; notes are passed over."""
    for component in _level(flow_name, data, ("data",), {}):
        yield from _with_children(component)


def _with_children(component: Component) -> Iterator[Component]:
    yield component
    for child in component.children:
        yield from _with_children(child)


def _level(
    flow_name: str,
    data: JsonObject,
    path: Path,
    shadows: dict[str, frozenset[str]],
) -> tuple[Component, ...]:
    fed = _fed(data.get("edges") or ())
    return tuple(
        _component(flow_name, node, (*path, "nodes", index, "data", "node"), fed, shadows)
        for index, node in enumerate(data.get("nodes") or ())
        if node.get("type") != "noteNode" and (node.get("data") or {}).get("node")
    )


def _component(
    flow_name: str,
    node: JsonObject,
    path: Path,
    fed: dict[str, frozenset[str]],
    shadows: dict[str, frozenset[str]],
) -> Component:
    inner = node["data"]["node"]
    kind = str(node["data"].get("type") or node.get("type") or "")
    children: tuple[Component, ...] = ()
    if inner.get("flow"):
        children = _level(
            flow_name, inner["flow"]["data"], (*path, "flow", "data"), _shadows(inner)
        )
    return Component(
        flow=flow_name,
        id=node["id"],
        type=kind,
        display_name=one_line(inner.get("display_name") or kind or node["id"]),
        path=path,
        node=inner,
        fed=fed.get(node["id"], frozenset()),
        shadowed=shadows.get(node["id"], frozenset()),
        children=children,
    )


def _shadows(group: JsonObject) -> dict[str, frozenset[str]]:
    replaced: dict[str, set[str]] = {}
    for outer in (group.get("template") or {}).values():
        proxy = outer.get("proxy") if isinstance(outer, dict) else None
        if isinstance(proxy, dict):
            replaced.setdefault(str(proxy.get("id")), set()).add(str(proxy.get("field")))
    return {child: frozenset(names) for child, names in replaced.items()}


def _fed(edges: Any) -> dict[str, frozenset[str]]:
    targets: dict[str, set[str]] = {}
    for edge in edges:
        name = _target_field(edge)
        if name:
            targets.setdefault(edge["target"], set()).add(name)
    return {target: frozenset(names) for target, names in targets.items()}


def _target_field(edge: JsonObject) -> str:
    """The field that an edge ends in; `targetHandle` alone has `œ` in place of `"`."""
    data = edge.get("data")
    handle = data.get("targetHandle") if isinstance(data, dict) else None
    if handle is None:
        handle = edge.get("targetHandle")
    if isinstance(handle, str):
        try:
            handle = json.loads(handle.replace("œ", '"'))
        except ValueError:
            # Before 1.0 a handle was `Type|field|node`.
            return handle.split("|")[1] if handle.count("|") >= 2 else ""
    name = handle.get("fieldName") if isinstance(handle, dict) else None
    return name if isinstance(name, str) else ""


def joined(code: Any) -> str:
    """Component source as one text: backend exports since 1.9 hold a list of lines."""
    if isinstance(code, list):
        return "\n".join(str(line) for line in code)
    return code if isinstance(code, str) else ""


def one_line(text: Any) -> str:
    """Display text without line breaks and control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
