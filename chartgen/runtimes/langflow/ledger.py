"""Collects what the flows of a release use, so that one name is one credential."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from chartgen.model import Credential, Finding, Level, Parameter, Selection, Use
from chartgen.runtimes.langflow import names
from chartgen.runtimes.langflow.exemptions import Exemptions
from chartgen.runtimes.langflow.facts import Facts
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.normalise import NormalFlow
from chartgen.runtimes.langflow.paths import Path

MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Substitution:
    """A place in a baked flow that takes a parameter's value when the container starts."""

    parameter: str
    file: str
    path: Path


@dataclass(kw_only=True)
class Ledger:
    """Credentials, parameters and findings, as they are met. Local to one run.

    `imported` names the variables that Langflow resolves from its database alone, so that
    it must import them from the environment when it starts.
    """

    facts: Facts
    selections: tuple[Selection, ...] = ()
    credentials: dict[str, Credential] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    substitutions: list[Substitution] = field(default_factory=list)
    imported: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    errors: int = 0
    used: set[Selection] = field(default_factory=set)
    originals: dict[str, str] = field(default_factory=dict)
    literals: dict[str, str] = field(default_factory=dict, repr=False)
    exemptions: Exemptions = field(default_factory=Exemptions)

    def selection(
        self, flow: NormalFlow, field: Field, among: Iterable[Selection] | None = None
    ) -> Selection | None:
        """What `chartgen.yaml` says about a field, by any of its names; the first one counts.

        A group's field goes by the names of the component behind it, too.
        """
        component, name = field.origin
        flows = {"", flow.name, flow.endpoint, flow.id}
        components = {"", *_labels(component), *_labels(field.component)}
        fields = {name, field.name, field.use.field}
        found = None
        for selection in self.selections if among is None else among:
            if (
                selection.field in fields
                and selection.component in components
                and selection.flow in flows
            ):
                self.used.add(selection)
                found = found or selection
        return found

    def name(self, flow: NormalFlow, field: Field, wanted: str) -> str:
        """The name under which a wanted variable works; a change of name is a finding."""
        final = names.usable(wanted, self.facts)
        first = self.originals.setdefault(final, wanted)
        if first != wanted and final not in (wanted, first):
            self.report(
                flow,
                field,
                "error",
                "name-clash",
                f"the variables {first!r} and {wanted!r} would both become {final}",
                "give one of them another name under `credentials:` in chartgen.yaml",
            )
        elif final != wanted:
            self.report(
                flow,
                field,
                "warning",
                "variable-renamed",
                f"Langflow cannot take {wanted!r} from the environment; it becomes {final}",
            )
        return final

    def name_for(self, literal: str, wanted: str) -> str:
        """A name for a literal that is cut out: two different ones never share a name."""
        name, number = wanted, 1
        while self.literals.setdefault(name, literal) != literal:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def credential(self, name: str, use: Use, selection: Selection | None = None) -> None:
        """Record one use of a credential; it is required as soon as one use requires it."""
        required = selection.required if selection else True
        known = self.credentials.get(name)
        if known is None:
            known = Credential(name=name, required=required)
        text = known.description or (selection.description if selection else "")
        self.credentials[name] = replace(
            known,
            used_by=_with(known.used_by, use),
            required=known.required or required,
            description=text,
        )

    def parameter(self, parameter: Parameter, use: Use) -> None:
        """Record one use of a parameter; the first one says what it is."""
        known = self.parameters.get(parameter.name, parameter)
        self.parameters[parameter.name] = replace(
            known, used_by=_with(known.used_by, use), required=known.required or parameter.required
        )

    def report(
        self,
        flow: NormalFlow,
        field: Field,
        level: Level,
        code: str,
        message: str,
        fix: str = "",
        path: Path | None = None,
    ) -> None:
        """A finding at a field's place; of errors, a thousand are enough."""
        self.errors += level == "error"
        if level == "error" and self.errors > MOST:
            return
        use = field.use
        self.findings.append(
            Finding(
                level=level,
                code=code,
                message=message,
                fix=fix,
                file=flow.document.file,
                at=flow.place(path or field.path),
                flow=use.flow,
                component=use.component,
                field=use.field,
            )
        )

    def excuse(self, flow: NormalFlow, path: Path, text: str) -> bool:
        """Whether a reviewed exception lets a secret stay; that is said then."""
        exemption = self.exemptions.excuse(flow, path, text)
        if exemption:
            self.findings.append(self.exemptions.excused(flow, path, exemption))
        return exemption is not None

    def report_literal(
        self, flow: NormalFlow, field: Field, path: Path, text: str, message: str
    ) -> None:
        """A secret where a variable's name should be, and no way to bind one in its place."""
        fix = "put a global variable's name in its place in Langflow and export again"
        self.report(
            flow,
            field,
            "error",
            "literal-secret",
            f"{message} instead of a variable's name",
            fix + self.exemptions.way_out(flow, path, text),
            path,
        )

    def report_cut(self, flow: NormalFlow, field: Field, path: Path, name: str) -> None:
        """A secret that `--bind-literals` has replaced by a variable's name, or by nothing."""
        self.report(
            flow,
            field,
            "warning",
            "literal-cut",
            f"a literal secret was cut out; {name or 'nothing'} stands in its place",
            "revoke the key if others could read the file",
            path,
        )

    def report_confused(self) -> None:
        """An error for every name that is a credential and a parameter of a type of its own."""
        for name in sorted(self.parameters.keys() & self.credentials.keys()):
            parameter, credential = self.parameters[name], self.credentials[name]
            if parameter.type != "string" or parameter.default is not None:
                uses = f"{parameter.used_by[0]} and {credential.used_by[0]}"
                self.findings.append(
                    Finding(
                        level="error",
                        code="name-clash",
                        file="chartgen.yaml",
                        message=f"{name} is a parameter and a credential: {uses}",
                        fix="give the parameter another name",
                    )
                )

    def report_unused(self, selections: Iterable[Selection], known: Iterable[str]) -> None:
        """An error for every selection that meets no field, with the nearest field there is."""
        fields = sorted(set(known))
        for selection in selections:
            if selection in self.used:
                continue
            near = difflib.get_close_matches(str(selection), fields, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else "see `chartgen inspect` for the fields"
            self.findings.append(
                Finding(
                    level="error",
                    code="no-such-field",
                    file="chartgen.yaml",
                    message=f"{selection.name}: no flow has the field {selection}",
                    fix=hint,
                )
            )


def _labels(component: Component) -> tuple[str, str, str]:
    return component.display_name, component.id, component.type


def _with(uses: tuple[Use, ...], use: Use) -> tuple[Use, ...]:
    return uses if use in uses else (*uses, use)
