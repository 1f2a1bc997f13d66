"""The Langflow runtime: from exported flows to an `App`. The only room that knows Langflow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

from chartgen.model import App, Credential, Finding, Flow, Input, Parameter, Request
from chartgen.runtimes.langflow import (
    checks,
    documents,
    facts,
    gate,
    holes,
    hosts,
    normalise,
    packages,
    reading,
    releases,
    settings,
)
from chartgen.runtimes.langflow.exemptions import Exemptions
from chartgen.runtimes.langflow.holes import outdated, stale
from chartgen.runtimes.langflow.ledger import Ledger
from chartgen.runtimes.langflow.reading import Reading
from chartgen.runtimes.langflow.secrets import redacted
from chartgen.runtimes.langflow.weak import guards, is_secret, weakens
from chartgen.sources import Source
from chartgen.store import Store
from chartgen.tree import Lazy, Reader

__all__ = [
    "LAUNCHER",
    "guards",
    "is_secret",
    "load",
    "on_base",
    "outdated",
    "stale",
    "weakens",
]

# What of this folder goes into the image as it is.
LAUNCHER = (
    "check.py",
    "codes.py",
    "guard.py",
    "mounted.py",
    "start.py",
    "turn.py",
    "verify.py",
)


def load(sources: Iterable[Source], request: Request) -> App:
    """Everything about the application that the sources hold.

    Nothing is raised for bad input: what is wrong is in `App.findings`, with level error,
    and an `App` with such a finding must not be packaged. Of the sources and flows only one at
    a time is in memory; the files of the `App` are read from disk.
    """
    known, store = packages.known(facts.load(), request.modules), Store()
    inputs, claims, findings = _claims(sources, store)
    exemptions = Exemptions(given=request.exceptions, today=request.today)
    ledger = Ledger(facts=known, selections=request.credentials, exemptions=exemptions)
    readings = [reading.read(claim, ledger, request, known, store) for claim in claims]
    ledger.report_confused()
    ledger.report_unused(
        (*request.credentials, *request.parameters), (f for one in readings for f in one.fields)
    )
    needs = packages.choose(
        (wanted for one in readings for wanted in one.wanted),
        known,
        base=request.base,
        extra=request.packages,
    )
    named = hosts.merge(host for one in readings for host in one.hosts)
    findings += ledger.findings
    findings += (said for one in readings for said in one.findings)
    findings += (*exemptions.report(), *gate.options(request))
    findings += (*checks.network(named), *packages.check(needs.packages))
    runtime = settings.runtime(
        known.version,
        imported=ledger.imported,
        only_official_code=not any(one.custom or one.interprets_code for one in readings),
        profile=needs.base.profile,
    )
    findings += checks.memory(needs.base, runtime.memory_request)
    findings += holes.judge(needs.base.reference, needs.base.version, known.version, request)
    return App(
        name=request.name,
        version=request.version,
        description=request.description or _description([one.flow.name for one in readings]),
        runtime=runtime,
        base=needs.base,
        flows=tuple(one.flow for one in readings),
        credentials=_credentials(ledger),
        parameters=_parameters(ledger),
        packages=needs.packages,
        constraints=needs.constraints,
        modules=needs.modules,
        hosts=named,
        inputs=inputs,
        findings=_distinct([*findings, *_custom_code(readings, known)]),
        files=_files(readings, ledger),
    )


def on_base(app: App, distributions: Mapping[str, str], request: Request) -> App:
    """The application, once its base was looked at: which release it holds, and what of it.

    `distributions` are those of `Runtime.distributions` that were found, name → version.
    """
    if app.base.version:
        return app
    version = releases.held(distributions)
    reference = app.base.reference
    said = (
        holes.judge(reference, version, app.runtime.version, request)
        if version
        else (holes.unknown(reference),)
    )
    return replace(
        app,
        base=replace(app.base, version=version),
        findings=(*app.findings, *said),
    )


def _claims(
    sources: Iterable[Source], store: Store
) -> tuple[tuple[Input, ...], tuple[normalise.Claim, ...], list[Finding]]:
    inputs: list[Input] = []
    found: list[documents.Document] = []
    findings: list[Finding] = []
    for source in sources:
        findings += gate.file_name(source.path)
        source = replace(source, path=redacted(source.path))
        inputs.append(Input(path=source.path, sha256=source.sha256))
        more, said = documents.parse(source, store)
        found += more
        findings += said
    claims, said = normalise.claim(sorted(found, key=lambda document: document.file))
    findings += said
    if not claims:
        findings.append(
            Finding(
                level="error",
                code="no-flows",
                message="there is no flow to package",
                fix="export flows from Langflow as JSON and name their folder",
            )
        )
    return tuple(sorted(inputs, key=lambda item: item.path)), claims, findings


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


def _custom_code(readings: Sequence[Reading], known: facts.Facts) -> list[Finding]:
    """One finding a flow: whose code is not the runtime's own runs with the pod's rights."""
    return [
        Finding(
            level="info",
            code="custom-code",
            file=one.flow.source,
            flow=one.flow.name,
            message=f"code that is not Langflow {known.version}'s own: {', '.join(one.custom)}",
            fix="read it: it runs in the pod, where no code runs but what is packaged",
        )
        for one in readings
        if one.custom
    ]


def _description(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"Langflow flows: {shown}"


def _files(readings: Sequence[Reading], ledger: Ledger) -> Lazy:
    """What goes into the image: the flows, the launcher, and what the launcher goes by."""
    flows = [one.flow for one in readings]
    told = {**_contract(flows, ledger), "codes": sorted({c for one in readings for c in one.codes})}
    contract = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    files: dict[str, Reader] = {one.flow.file.removeprefix("/"): one.content for one in readings}
    for name in LAUNCHER:
        launcher = resources.files(__package__).joinpath(name)
        files[f"{settings.LAUNCHER}/{name}"] = launcher.read_bytes
    files[f"{settings.LAUNCHER}/contract.json"] = contract.encode
    return Lazy(files)


def _contract(flows: Sequence[Flow], ledger: Ledger) -> dict[str, Any]:
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
        "credentials_folder": settings.CREDENTIALS_FOLDER,
        "parameters": {name: p.type for name, p in sorted(ledger.parameters.items())},
        "requests": settings.requests(flows),
        "served": [
            {
                "id": flow.id,
                "name": flow.name,
                "endpoint": flow.endpoint,
                "file": flow.file.rpartition("/")[2],
            }
            for flow in flows
        ],
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
