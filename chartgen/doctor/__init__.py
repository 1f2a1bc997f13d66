"""Which values of a user weaken a release, and what time has done to it.

Nothing is rendered and no cluster is asked: a finding follows from the release's report, the chart
beside it and the values. Errors are what the chart would refuse, warnings what weakens, and infos
what is worth knowing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chartgen import runtimes, schema
from chartgen.doctor import environment, network, pods, release, secrets, settings, traffic
from chartgen.doctor.release import Packaged
from chartgen.doctor.settings import Settings
from chartgen.errors import InvalidInput
from chartgen.model import Finding

NAME = re.compile(r"\.([^.\[]+)")
LEVELS = ("error", "warning", "info")


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was found about a release of that name and version."""

    name: str
    version: str
    findings: tuple[Finding, ...]

    @property
    def weaknesses(self) -> int:
        """How many of the findings are more than worth knowing."""
        return sum(item.level != "info" for item in self.findings)


def examine(file: Path, values: Sequence[Path], today: str) -> Examination:
    """Examine a release by its report, with files of values as Helm takes them, on a day.

    Raises InvalidInput for what is no report, no chart or no values.
    """
    packaged = release.read(file)
    name = packaged.report["runtime"]["name"]
    runtime = runtimes.kind(name)
    if runtime is None:
        raise InvalidInput(f"{file} is of a runtime that this chartgen does not know: {name!r}")
    chosen = settings.lay(packaged.values, [(str(one), settings.read(one)) for one in values])
    findings = [
        *_refused(packaged, chosen),
        *environment.look(chosen, packaged, runtime),
        *secrets.look(chosen, packaged),
        *traffic.look(chosen, packaged),
        *network.look(chosen),
        *pods.look(chosen),
        *_aged(packaged, runtime, today),
    ]
    return Examination(
        name=packaged.report["name"],
        version=packaged.report["version"],
        findings=tuple(
            sorted(
                dict.fromkeys(findings),
                key=lambda one: (LEVELS.index(one.level), one.file, one.at, one),
            )
        ),
    )


def _refused(packaged: Packaged, chosen: Settings) -> Iterator[Finding]:
    """What the chart's schema refuses. What is only missing may be set when it is installed."""
    for fault in schema.against(packaged.schema, chosen.values, file="", whole=False):
        names = NAME.findall(fault.at)
        yield replace(fault, code="bad-value", file=chosen.file(tuple(names)))


def _aged(packaged: Packaged, runtime: runtimes.Kind, today: str) -> Iterator[Finding]:
    """What is to be said of the release itself, by what is known today."""
    base = packaged.report["base"]
    yield from runtime.outdated(base["reference"], base.get("version", ""))
    # That nobody has looked for long weakens nothing by itself.
    yield from (replace(one, level="info") for one in runtime.stale(today))
    flows = [one["flow"] for one in packaged.report["findings"] if one["code"] == "custom-code"]
    if flows:
        count = f"{len(flows)} flow{'s hold' if len(flows) > 1 else ' holds'}"
        yield Finding(
            level="info",
            code="custom-code",
            message=f"{count} code that is not the runtime's own",
            fix="read it: it runs in the pod with all of its credentials, as it is packaged",
        )
