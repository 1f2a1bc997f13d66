"""A real release on the runtime base: packaged, published, and in the engine by its digest."""

from __future__ import annotations

import json
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chartgen.tree import Tree
from tests import helm
from tests.helm import Objects
from tests.integration import registries
from tests.integration.command import EXAMPLES, chartgen
from tests.integration.engine import Engine

# A value of every type that a flow's field can have, and none that is a default.
PARAMETERS = {
    "MAX_TICKETS": 2,
    "URGENCY_THRESHOLD": 0.25,
    "REDACT_EMAILS": False,
    "TONE": "formal",
    "TEAM_NAME": 'the "A" team: $(HOME) $$ {{ co }} é',
}


@dataclass(frozen=True, kw_only=True)
class Release:
    """What a user has after `chartgen push`: the report, the chart and its values."""

    report: dict[str, Any]
    chart: Tree = field(repr=False)
    values: dict[str, Any] = field(repr=False)

    @property
    def app(self) -> dict[str, Any]:
        """What the chart's templates know of the application."""
        found: dict[str, Any] = json.loads(self.chart["app.json"])
        return found

    @property
    def image(self) -> str:
        """What the engine calls the image."""
        repository, _, _ = self.report["image"]["reference"].rpartition(":")
        return f"{repository}@{self.report['image']['digest']}"

    @property
    def key(self) -> str:
        """The API key that the chart's notes tell a caller to send."""
        return self.secret(self.app["authentication"]["credential"])

    def secret(self, name: str) -> str:
        """The value of a credential."""
        return str(self.values["credentials"][name]["value"])

    def render(self, **changes: Any) -> Objects:
        """The chart's objects; `changes` replace values."""
        return helm.objects(self.chart, {**self.values, **changes})


@contextmanager
def release(
    base: str,
    engine: Engine,
    folder: Path,
    flows: Path = EXAMPLES,
    parameters: Mapping[str, Any] = PARAMETERS,
) -> Iterator[Release]:
    """Package the flows; for this long the engine has the image, by way of a registry.

    Flows that are not the examples are locked first, in case that they need packages.
    """
    with registries.registry(folder / "registry") as host:
        if flows != EXAMPLES:
            _chartgen("lock", flows, "--base", base, folder=folder)
        _chartgen(
            *("package", flows, "--base", base, "--builder", "oci"),
            *("--image", f"{host}/team/support-bots"),
            folder=folder,
        )
        (file,) = (folder / "dist").glob("*.release.json")
        report = json.loads(file.read_bytes())
        made = Release(
            report=report,
            chart=_files(folder / "dist" / report["chart"]["file"]),
            values=_filled(
                yaml.safe_load(_chartgen("credentials", file, folder=folder)), parameters
            ),
        )
        _chartgen("push", file, folder=folder)
        engine.client.images.pull(made.image)
    shutil.rmtree(folder / "registry")
    try:
        yield made
    finally:
        engine.client.images.remove(made.image, force=True)


def _filled(values: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what only the user knows."""
    credentials = {
        name: {"value": given["value"] or secrets.token_urlsafe()}
        for name, given in values["credentials"].items()
    }
    return {**values, "credentials": credentials, "parameters": {**parameters}}


def _chartgen(*arguments: str | Path, folder: Path) -> str:
    done = chartgen(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _files(archive: Path) -> Tree:
    found = {}
    with tarfile.open(archive) as opened:
        for entry in opened:
            content = opened.extractfile(entry)
            assert content is not None
            found[entry.name.partition("/")[2]] = content.read()
    return found
