"""What keeps a flow from answering once it is deployed, seen before it is packaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chartgen.model import Base, Finding, Host, Level
from chartgen.runtimes.langflow import codes, hosts
from chartgen.runtimes.langflow.facts import Facts
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.imports import parse
from chartgen.runtimes.langflow.normalise import NormalFlow

# Digits of a code's hash in Langflow's index of its components.
CODE_HASH = 12
LOCAL_DATA_TYPES = frozenset(
    {
        "Chroma",
        "FAISS",
        "Knowledge",
        "KnowledgeRetrieval",
        "KnowledgeIngestion",
        "MemoryBase",
        "LocalDB",
    }
)


def check(flow: NormalFlow, components: Iterable[Component]) -> Iterator[Finding]:
    """Findings of level error for what can never answer, warnings for what may not."""
    for component in components:
        yield from _model(flow, component)
        yield from _code(flow, component)
        yield from _local_data(flow, component)


def is_official(component: Component, facts: Facts) -> bool:
    """Whether a component's code is, letter for letter, the runtime's own for its type.

    Langflow with custom components locked out looks at both.
    """
    hashed = codes.digest(component.code)[:CODE_HASH]
    return not component.code or component.type in facts.code_types.get(hashed, ())


def interprets_code(component: Component, facts: Facts) -> bool:
    """Whether a component runs code that a model or a caller writes, or is taken for such a one.

    Langflow goes by the type, by the name that it has in the editor, and by the code's own names.
    """
    kinds = facts.code_interpreter_types
    named = not kinds.isdisjoint((component.type, component.display_name))
    return named or any(kind in component.code for kind in kinds)


def _model(flow: NormalFlow, component: Component) -> Iterator[Finding]:
    """Langflow 1.13 answers every call with "A model selection is required"."""
    for field in component.fields:
        if field.data.get("type") != "model" or field.data.get("required") is not True:
            continue
        chosen = isinstance(field.value, list) and field.value
        if not chosen and not field.is_fed and not field.is_shadowed:
            yield _finding(
                flow,
                field,
                "error",
                "no-model",
                "no model is chosen, so every call would be answered with an error",
                "choose a model in Langflow, or connect one, and export the flow again",
            )


def _code(flow: NormalFlow, component: Component) -> Iterator[Finding]:
    field = component.get("code")
    if field is None or not component.code:
        return
    _, fault = parse(component.code)
    if fault:
        yield _finding(
            flow,
            field,
            "error",
            "broken-code",
            f"the code cannot run: {fault}",
            "mend the component in Langflow and export the flow again",
        )


def _local_data(flow: NormalFlow, component: Component) -> Iterator[Finding]:
    for field in component.fields:
        unused = field.is_hidden or field.is_fed or field.is_shadowed
        if field.data.get("type") == "file" and field.value and not unused:
            yield _finding(
                flow,
                field,
                "warning",
                "local-file",
                "the field names a file that an image does not carry",
                "read it from a URL, or from a store that the pods can reach",
            )
    if component.type in LOCAL_DATA_TYPES:
        yield Finding(
            level="warning",
            code="local-data",
            file=flow.document.file,
            at=flow.place(component.path),
            flow=flow.name,
            component=component.display_name,
            message="the component's data is stored beside Langflow and is no part of an export",
            fix="use a vector database that the pods can reach",
        )


def network(found: Iterable[Host]) -> Iterator[Finding]:
    """Hosts that a pod cannot reach, those for which the chart opens a port, and too many."""
    found = tuple(found)
    if len(found) > hosts.MOST:
        yield Finding(
            level="error",
            code="too-many-hosts",
            message=f"the flows name more than {hosts.MOST} hosts",
            fix="keep long lists of addresses in a file or a database that the flow reads",
        )
    for host in found:
        use = host.used_by[0]
        if host.name in hosts.LOCAL:
            yield _host(
                host,
                "local-host",
                f"{use} names {host.name}, which is the pod itself",
                "make the field a parameter and set the service's address",
            )
        elif host.port != hosts.HTTPS:
            yield _host(
                host,
                "opened-port",
                f"{use} names port {host.port} of {host.name}, which the network policy opens",
                "take it out of networkPolicy.egress in the values where that is not wanted",
            )


def memory(base: Base, request: str) -> Iterator[Finding]:
    """A word on a base that needs more memory than the chart's default requests."""
    if request:
        yield Finding(
            level="info",
            code="more-memory",
            message=f"{base.reference} needs more memory than most: the chart requests {request}",
            fix="set resources.requests.memory in the values where that is not right",
        )


def _host(host: Host, code: str, message: str, fix: str) -> Finding:
    use = host.used_by[0]
    return Finding(
        level="warning",
        code=code,
        message=message,
        fix=fix,
        flow=use.flow,
        component=use.component,
        field=use.field,
    )


def _finding(
    flow: NormalFlow, field: Field, level: Level, code: str, message: str, fix: str
) -> Finding:
    use = field.use
    return Finding(
        level=level,
        code=code,
        message=message,
        fix=fix,
        file=flow.document.file,
        at=flow.place(field.path),
        flow=use.flow,
        component=use.component,
        field=use.field,
    )
