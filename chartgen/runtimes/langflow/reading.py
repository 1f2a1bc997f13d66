"""One flow at a time: all that a release needs to know of it, and its file for the image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from chartgen.model import Finding, Flow, Host, Request, Selection
from chartgen.runtimes.langflow import (
    checks,
    codes,
    credentials,
    gate,
    graph,
    hosts,
    normalise,
    packages,
    parameters,
    settings,
    variables,
)
from chartgen.runtimes.langflow.facts import Facts
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.store import Store
from chartgen.tree import Reader


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What stays of a flow once it is read.

    `content` reads its file, `fields` are what chartgen.yaml may select, `custom` the components
    whose code is not the runtime's own, `codes` the hashes of all code, `wanted` the packages that
    it asks for.
    """

    flow: Flow
    content: Reader = field(repr=False)
    wanted: tuple[packages.Wanted, ...]
    hosts: tuple[Host, ...]
    findings: tuple[Finding, ...]
    fields: tuple[str, ...]
    custom: tuple[str, ...]
    codes: frozenset[str]
    interprets_code: bool


def read(
    claim: normalise.Claim, ledger: Ledger, request: Request, known: Facts, store: Store
) -> Reading:
    """Read a flow, bind what it needs in the ledger, and put its file into the store."""
    flow = normalise.flow(claim)
    components = tuple(graph.components(flow.name, flow.data))
    # The editor's state decides what is needed, so it is read before any field is rewritten.
    wanted = tuple(w for component in components for w in packages.wanted(component, known))
    for component in components:
        # Parameters first: a field that chartgen.yaml opens is no longer a variable's.
        parameters.open_selected(flow, component, ledger, request.parameters)
        credentials.bind(flow, component, ledger, bind_literals=request.bind_literals)
        variables.bind(flow, component, ledger, bind_literals=request.bind_literals)
    content = flow.content()
    return Reading(
        flow=_flow(flow, content),
        content=store.add(content),
        wanted=wanted,
        hosts=hosts.find(components),
        findings=(*checks.check(flow, components), *gate.check(flow, ledger.exemptions)),
        fields=_fields(flow, components) if request.credentials or request.parameters else (),
        custom=_custom(components, known),
        codes=frozenset(codes.digest(c.code) for c in components if c.code),
        interprets_code=any(checks.interprets_code(c, known) for c in components),
    )


def _flow(flow: normalise.NormalFlow, content: bytes) -> Flow:
    return Flow(
        id=flow.id,
        name=flow.name,
        endpoint=flow.endpoint,
        description=flow.description,
        path=f"/api/v1/run/{flow.endpoint}",
        file=f"/{settings.FLOWS}/{flow.file_name}",
        sha256=hashlib.sha256(content).hexdigest(),
        source=flow.document.file,
    )


def _fields(flow: normalise.NormalFlow, components: tuple[graph.Component, ...]) -> tuple[str, ...]:
    return tuple(
        str(Selection(flow=flow.name, component=c.display_name, field=f.name, name=""))
        for c in components
        for f in c.fields
    )


def _custom(components: tuple[graph.Component, ...], known: Facts) -> tuple[str, ...]:
    return tuple(sorted({c.display_name for c in components if not checks.is_official(c, known)}))
