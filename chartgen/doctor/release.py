"""A packaged release, as far as values for it can be judged: its report, and parts of its chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chartgen import report
from chartgen.chart import beside

FILES = ("app.json", "values.yaml", "values.schema.json", "ci/test-values.yaml")


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """A release's report, and of its chart: app.json, the values, their schema, the examples."""

    report: Mapping[str, Any] = field(repr=False)
    app: Mapping[str, Any] = field(repr=False)
    values: dict[str, Any] = field(repr=False)
    schema: Mapping[str, Any] = field(repr=False)
    examples: Mapping[str, Any] = field(repr=False)

    @property
    def environment(self) -> Mapping[str, str]:
        """What the chart itself tells the runtime: name → text."""
        found: Mapping[str, str] = self.app["environment"]
        return found

    @property
    def own(self) -> frozenset[str]:
        """The names of the runtime's own credentials, which no flow uses."""
        return frozenset(item["name"] for item in self.report["credentials"] if not item["usedBy"])


def read(file: Path) -> Packaged:
    """The release whose report is given; its chart lies beside the report.

    Raises InvalidInput when one of them is missing, or not what the report says.
    """
    told = report.read(file)
    found = beside.data(told, file.parent, FILES)
    return Packaged(
        report=told,
        app=found["app.json"],
        values=found["values.yaml"],
        schema=found["values.schema.json"],
        examples=found["ci/test-values.yaml"],
    )
