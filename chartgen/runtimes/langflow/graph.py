"""Walks a flow's graph: its components, the fields of each, and what feeds them.

The shape is that of Langflow 1.0 to 1.13 exports. A group node holds a flow of its own;
its outer fields carry a `proxy` that names the child's field, and at run time the outer
field replaces the child's (lfx 1.13.0, `graph/graph/utils.py`), so the child's copy is
`shadowed`: it never counts, but it must not keep anything secret either.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chartgen.model import Use
from chartgen.runtimes.langflow import edges
from chartgen.runtimes.langflow.paths import Path
from chartgen.runtimes.langflow.secrets import redacted

JsonObject = dict[str, Any]
SECRET_INPUTS = frozenset({"SecretStrInput", "MultilineSecretInput"})
LINE_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class Component:
    """One node of a graph. `template` is the live dictionary of its fields.

    `path` leads from the flow object to `node`, `flow` is the flow's display name, `fed` names
    the fields that an edge feeds, `shadowed` those that an enclosing group's fields replace,
    with what replaces them.
    """

    flow: str
    id: str
    type: str
    display_name: str
    path: Path
    node: JsonObject = field(repr=False)
    fed: frozenset[str]
    shadowed: Mapping[str, JsonObject] = field(repr=False)
    children: tuple[Component, ...] = field(default=(), repr=False)

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

    @property
    def effective(self) -> tuple[Field, ...]:
        """Every field as it counts at run time: an enclosing group's in place of the own."""
        return tuple(
            Field(component=self, name=own.name, data=self.shadowed.get(own.name, own.data))
            for own in self.fields
        )

    def data(self, name: str) -> JsonObject:
        """The field object of that name, empty if there is none."""
        data = self.template.get(name)
        return data if isinstance(data, dict) else {}

    def get(self, name: str) -> Field | None:
        """The field of that name, if there is one."""
        data = self.data(name)
        return Field(component=self, name=name, data=data) if data else None

    @property
    def code(self) -> str:
        """The Python source of the node as it counts at run time, or ""."""
        code = self.shadowed.get("code", self.data("code"))
        return joined(code.get("value"))


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
        """Whether the editor hides the value: the marks used by all versions.

        A group's outer field is as secret as the field that it stands for.
        """
        component, name = self.origin
        return any(
            data.get("password") is True or str(data.get("_input_type")) in SECRET_INPUTS
            for data in (self.data, component.data(name))
        )

    @property
    def is_bound(self) -> bool:
        """Whether the value is the name of a global variable, as far as the export says."""
        return self.data.get("load_from_db") is True

    @property
    def is_fed(self) -> bool:
        """Whether an edge brings the value: then the field's own is never used."""
        component, name = self.origin
        return name in component.fed

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
            proxy = component.data(name).get("proxy")
        return component, name

    @property
    def use(self) -> Use:
        """Where this is, in the words of the editor."""
        component, name = self.origin
        label = (component.data(name) or self.data).get("display_name")
        return Use(
            flow=self.component.flow,
            component=component.display_name,
            field=one_line(label or name),
        )


def components(flow_name: str, data: JsonObject) -> Iterator[Component]:
    """Every component of a graph, groups before their children; notes are passed over."""
    for component in _level(flow_name, data, ("data",)):
        yield from _with_children(component)


def _with_children(component: Component) -> Iterator[Component]:
    yield component
    for child in component.children:
        yield from _with_children(child)


def _level(
    flow_name: str, data: JsonObject, path: Path, group: Component | None = None
) -> tuple[Component, ...]:
    fed = edges.fed(data["edges"])
    return tuple(
        _component(flow_name, node, (*path, "nodes", index, "data", "node"), fed, group)
        for index, node in enumerate(data["nodes"])
        if node.get("type") != "noteNode"
    )


def _component(
    flow_name: str,
    node: JsonObject,
    path: Path,
    fed: dict[str, frozenset[str]],
    group: Component | None,
) -> Component:
    inner = node["data"]["node"]
    kind = str(node["data"].get("type") or node.get("type") or "")
    shadows = _shadows(group, node["id"]) if group else {}
    component = Component(
        flow=flow_name,
        id=node["id"],
        type=kind,
        display_name=one_line(inner.get("display_name") or kind or node["id"]),
        path=path,
        node=inner,
        fed=fed.get(node["id"], frozenset()) | {f for f, (_, is_fed) in shadows.items() if is_fed},
        shadowed={f: outer for f, (outer, _) in shadows.items()},
    )
    if not inner.get("flow"):
        return component
    children = _level(flow_name, inner["flow"]["data"], (*path, "flow", "data"), component)
    return replace(component, children=children)


def _shadows(group: Component, child: str) -> dict[str, tuple[JsonObject, bool]]:
    """A child's fields that a group's fields replace: by what, and whether an edge feeds it."""
    found: dict[str, tuple[JsonObject, bool]] = {}
    for outer in group.effective:
        proxy = group.data(outer.name).get("proxy")
        if isinstance(proxy, dict) and proxy.get("id") == child:
            found[str(proxy.get("field"))] = (outer.data, outer.name in group.fed)
    return found


def joined(code: Any) -> str:
    """Component source as one text: backend exports since 1.9 hold a list of lines."""
    if isinstance(code, list):
        return "\n".join(str(line) for line in code)
    return code if isinstance(code, str) else ""


def one_line(text: Any, length: int = LINE_LENGTH) -> str:
    """Display text without line breaks and control characters, and with no known secret in it."""
    # What is cut is never looked at: a text of a megabyte is no name.
    start = redacted(str(text)[: 2 * length])
    if not start.isprintable():
        start = "".join(c if c.isprintable() else " " for c in start)
    line = " ".join(start.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
