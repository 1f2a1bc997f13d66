"""The Langflow runtime: from exported flows to an `App`. The only room that knows Langflow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from chartgen.model import App, Credential, Finding, Flow, Input, Parameter, Request, Selection
from chartgen.runtimes.langflow import (
    checks,
    credentials,
    documents,
    facts,
    graph,
    hosts,
    normalise,
    packages,
    parameters,
    settings,
    variables,
)
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.sources import Source


@dataclass(frozen=True)
class _Read:
    flow: normalise.NormalFlow
    components: tuple[graph.Component, ...]


def load(sources: Sequence[Source], request: Request) -> App:
    """Everything about the application that the sources hold.

    Nothing is raised for bad input: what is wrong is in `App.findings`, with level error,
    and an `App` with such a finding must not be packaged.
    """
    known = facts.load()
    sources = sorted(sources, key=lambda source: source.path)
    flows, findings = _flows(sources)
    reads = [_Read(flow, tuple(graph.components(flow.name, flow.data))) for flow in flows]
    everything = [c for read in reads for c in read.components]
    # The editor's state decides what is needed, so it is read before any field is rewritten.
    needs = packages.choose(everything, known, base=request.base, extra=request.packages)
    ledger = _bind(reads, request, known)
    named = hosts.find(everything)
    files = _files(reads, ledger)
    findings += ledger.findings
    findings += (said for read in reads for said in checks.check(read.flow, read.components))
    findings += (*checks.network(named), *packages.check(needs.packages))
    return App(
        name=request.name,
        version=request.version,
        description=request.description or _description(flows),
        runtime=settings.runtime(
            known.version,
            imported=ledger.imported,
            only_official_code=_only_official(everything, known),
        ),
        base=needs.base,
        flows=tuple(_flow(flow, files) for flow in flows),
        credentials=_credentials(ledger),
        parameters=_parameters(ledger),
        packages=needs.packages,
        constraints=needs.constraints,
        hosts=named,
        inputs=tuple(Input(path=s.path, sha256=s.sha256) for s in sources),
        findings=_distinct([*findings, *_custom_code(reads, known)]),
        files=files,
    )


def _flows(
    sources: Sequence[Source],
) -> tuple[tuple[normalise.NormalFlow, ...], list[Finding]]:
    found: list[documents.Document] = []
    findings: list[Finding] = []
    for source in sources:
        more, said = documents.parse(source)
        found += more
        findings += said
    flows, said = normalise.normalise(found)
    findings += said
    if not flows:
        findings.append(
            Finding(
                level="error",
                code="no-flows",
                message="there is no flow to package",
                fix="export flows from Langflow as JSON and name their folder",
            )
        )
    return flows, findings


def _bind(reads: Sequence[_Read], request: Request, known: facts.Facts) -> Ledger:
    ledger = Ledger(facts=known, selections=request.credentials)
    for read in reads:
        for component in read.components:
            # Parameters first: a field that chartgen.yaml opens is no longer a variable's.
            parameters.open_selected(read.flow, component, ledger, request.parameters)
            credentials.bind(read.flow, component, ledger, bind_literals=request.bind_literals)
            variables.bind(read.flow, component, ledger, bind_literals=request.bind_literals)
    ledger.report_confused()
    ledger.report_unused((*request.credentials, *request.parameters), _field_names(reads))
    return ledger


def _field_names(reads: Sequence[_Read]) -> list[str]:
    return [
        str(Selection(flow=read.flow.name, component=c.display_name, field=f.name, name=""))
        for read in reads
        for c in read.components
        for f in c.fields
    ]


def _credentials(ledger: Ledger) -> tuple[Credential, ...]:
    every = {**ledger.credentials, **{c.name: c for c in settings.CREDENTIALS}}
    return tuple(every[name] for name in sorted(every))


def _parameters(ledger: Ledger) -> tuple[Parameter, ...]:
    """What may be set beside the credentials: one name is never both."""
    return tuple(
        parameter
        for name, parameter in sorted(ledger.parameters.items())
        if name not in ledger.credentials
    )


def _only_official(components: Sequence[graph.Component], known: facts.Facts) -> bool:
    return all(
        checks.is_official(c, known) and not checks.interprets_code(c, known) for c in components
    )


def _custom_code(reads: Sequence[_Read], known: facts.Facts) -> list[Finding]:
    """One finding a flow: whose code is not the runtime's own runs with the pod's rights."""
    findings = []
    for read in reads:
        names = sorted(
            {c.display_name for c in read.components if not checks.is_official(c, known)}
        )
        if names:
            findings.append(
                Finding(
                    level="info",
                    code="custom-code",
                    file=read.flow.document.source.path,
                    flow=read.flow.name,
                    message=f"code that is not Langflow {known.version}'s own: {', '.join(names)}",
                    fix="read it: it runs in the pod, and custom components stay allowed there",
                )
            )
    return findings


def _flow(flow: normalise.NormalFlow, files: dict[str, bytes]) -> Flow:
    path = f"{settings.FLOWS}/{flow.file_name}"
    return Flow(
        id=flow.id,
        name=flow.name,
        endpoint=flow.endpoint,
        description=flow.description,
        path=f"/api/v1/run/{flow.endpoint}",
        file=f"/{path}",
        sha256=hashlib.sha256(files[path]).hexdigest(),
        source=flow.document.source.path,
    )


def _description(flows: Sequence[normalise.NormalFlow]) -> str:
    names = [flow.name for flow in flows]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"Langflow flows: {shown}"


def _files(reads: Sequence[_Read], ledger: Ledger) -> dict[str, bytes]:
    """What goes into the image: the flows, the launcher, and what the launcher checks."""
    files = {f"{settings.FLOWS}/{read.flow.file_name}": read.flow.content() for read in reads}
    start = resources.files(__package__).joinpath("start.py").read_bytes()
    contract = json.dumps(_contract(ledger), ensure_ascii=False, indent=1) + "\n"
    return {
        **files,
        f"{settings.LAUNCHER}/start.py": start,
        f"{settings.LAUNCHER}/contract.json": contract.encode(),
    }


def _contract(ledger: Ledger) -> dict[str, Any]:
    needed: list[Credential | Parameter] = [
        *(c for c in _credentials(ledger) if c.required),
        *(p for p in ledger.parameters.values() if p.required),
    ]
    return {
        "command": list(settings.SERVER),
        "required": {
            item.name: "; ".join(map(str, item.used_by)) or item.description
            for item in sorted(needed, key=lambda item: item.name)
        },
        "parameters": {name: p.type for name, p in sorted(ledger.parameters.items())},
        "flows_variable": "LANGFLOW_LOAD_FLOWS_PATH",
        "flows": f"/{settings.FLOWS}",
        "written_flows": f"{settings.DATA}/flows",
        "substitutions": [
            {"parameter": s.parameter, "file": s.file, "path": list(s.path)}
            for s in ledger.substitutions
        ],
    }


def _distinct(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors first, in the order of the files; a place that two rules find is said once."""
    order = {"error": 0, "warning": 1, "info": 2}
    seen: dict[tuple[str, str, str], Finding] = {}
    for finding in findings:
        key = (finding.code, finding.file, finding.at or str(finding))
        seen.setdefault(key, finding)
    return tuple(sorted(seen.values(), key=lambda f: (order[f.level], f)))
