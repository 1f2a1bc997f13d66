"""A packaged release, as far as values for it can be judged: its report, and parts of its chart."""

from __future__ import annotations

import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from chartgen import report
from chartgen.chart import beside
from chartgen.errors import InvalidInput

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
    archive = beside.archive(told, file.parent)
    try:
        found = dict(_files(archive, told["name"]))
        made = Packaged(
            report=told,
            app=json.loads(found["app.json"]),
            values=_yaml(found["values.yaml"]),
            schema=json.loads(found["values.schema.json"]),
            examples=_yaml(found["ci/test-values.yaml"]),
        )
    except (tarfile.TarError, OSError, EOFError, zlib.error, KeyError, ValueError) as fault:
        raise InvalidInput(f"{file} tells of a chart that chartgen has not made") from fault
    return made


def _files(archive: bytes, folder: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as entries:
        for name in FILES:
            content = entries.extractfile(f"{folder}/{name}")
            if content:
                yield name, content.read()


def _yaml(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(data)
    return found
