"""Every starter flow of six Langflow releases: packaged, or refused for a reason that is right."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import helm_python
import pytest

from chartgen import pipeline
from chartgen.errors import InvalidInput
from chartgen.model import App, ImageRef, Request
from chartgen.pipeline import Options
from chartgen.release import Release
from chartgen.tree import Tree
from tests import helm
from tests.integration import starters
from tests.integration.command import chartgen
from tests.integration.starters import Starter

pytestmark = [
    pytest.mark.network,
    pytest.mark.parametrize("version", starters.WHEELS),
]
Package = Callable[[Starter], Release]


class Silent:
    def step(self, text: str) -> None:
        pass

    def line(self, text: str) -> None:
        pass

    def progress(self, done: int, total: int) -> None:
        pass


SILENT = Silent()


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Take a flow down the whole road, once: from a file to the release in memory."""
    folder = tmp_path_factory.mktemp("starters")
    return cache(lambda starter: pipeline.package(options(starter, folder), SILENT, build=False))


def options(starter: Starter, folder: Path) -> Options:
    file = folder / starter.file
    file.write_bytes(starter.data)
    return Options(
        paths=(file,),
        request=Request(name="starter", version="1.0.0"),
        image=ImageRef(repository="registry.example.com/team/starter", tag="1.0.0"),
        builder="none",
    )


def chart_of(release: Release) -> Tree:
    assert release.chart is not None
    return release.chart.files


def test_the_wheel_has_the_flows_that_are_counted_on(version: str) -> None:
    assert len(starters.read(version)) == starters.WHEELS[version]


def test_each_flow_packages_or_is_refused_for_its_missing_model_alone(
    version: str, subtests: pytest.Subtests, package: Package, tmp_path: Path
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            missing = starters.empty_models(starter.flow)
            if not missing:
                assert package(starter).chart
                continue
            app = pipeline.inspect(options(starter, tmp_path), SILENT)
            errors = {item for item in app.findings if item.level == "error"}
            assert {(item.code, item.at) for item in errors} == {("no-model", at) for at in missing}
            assert {(item.file, item.flow) for item in errors} == {
                (starter.file, app.flows[0].name)
            }
            with pytest.raises(InvalidInput, match="from being packaged") as caught:
                package(starter)
            assert errors <= set(caught.value.findings)


def test_a_refused_flow_packages_once_its_author_has_chosen_a_model(
    version: str, subtests: pytest.Subtests, package: Package
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            app = package(starters.with_models(starter)).app
            assert len(app.flows) == 1
            if starters.empty_models(starter.flow):
                assert "OPENAI_API_KEY" in {item.name for item in app.credentials}


def test_each_variable_that_a_secret_field_is_bound_to_is_a_credential(
    version: str, subtests: pytest.Subtests, package: Package
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            app = package(starters.with_models(starter)).app
            names = {item.name for item in app.credentials}
            renamed = [item.message for item in app.findings if item.code == "variable-renamed"]
            for name in starters.bound_names(starter.flow):
                assert name in names or any(repr(name) in message for message in renamed)


def test_each_baked_secret_field_is_empty_or_bound_to_a_credential(
    version: str, subtests: pytest.Subtests, package: Package
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            release = package(starters.with_models(starter))
            (context,) = release.folders.values()
            baked = json.loads(context[f"rootfs{release.app.flows[0].file}"])
            names = {item.name for item in release.app.credentials}
            for path, item, _ in starters.fields(baked):
                if starters.is_secret(item):
                    bound = item["load_from_db"] is True and item["value"] in names
                    assert bound or item["value"] == "", path


def test_helm_lints_and_renders_each_chart_with_all_credentials_given(
    version: str, subtests: pytest.Subtests, package: Package, tmp_path: Path
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            release = package(starters.with_models(starter))
            files = chart_of(release)
            values = helm.values_of(files)
            archive = tmp_path / "chart.tgz"
            assert release.chart
            archive.write_bytes(release.chart.archive)
            report = helm_python.lint(archive, values, strict=True)
            assert report["errors"] == []
            assert report["messages"] == []
            rendered = helm.objects(files, values)
            assert {item.name for item in release.app.credentials} <= set(helm.env(rendered))


def test_helm_refuses_each_chart_for_every_single_credential_missing(
    version: str, subtests: pytest.Subtests, package: Package
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            release = package(starters.with_models(starter))
            for files in (chart_of(release), helm.without_schema(chart_of(release))):
                check_missing(release.app, files, helm.values_of(files))


def check_missing(app: App, files: Tree, values: dict[str, Any]) -> None:
    required = [item for item in app.credentials if item.required]
    assert app.runtime.api_key in {item.name for item in required}
    for credential in required:
        given = copy.deepcopy(values)
        del given["credentials"][credential.name]
        words = helm.refusal(files, given)
        assert f"credentials.{credential.name}" in words
        # Helm writes an apostrophe of a JSON Schema's text with a backslash.
        plain = words.replace("\\'", "'")
        assert all(str(use) in plain for use in credential.used_by)
        others = {item.name for item in required} - {credential.name}
        assert not [name for name in others if f"credentials.{name}." in words]


@pytest.mark.parametrize(
    "wrong",
    [{"replicaCount": 0}, {"replicaCount": 6}, {"replicaCounts": 1}, {"displayName": "x" * 64}],
    ids=["no-replicas", "six-replicas", "unknown-key", "64-characters"],
)
def test_helm_refuses_each_chart_for_values_outside_its_contract(
    version: str, wrong: dict[str, Any], subtests: pytest.Subtests, package: Package
) -> None:
    for starter in starters.read(version):
        with subtests.test(flow=starter.file):
            files = chart_of(package(starters.with_models(starter)))
            # Six replicas must be refused for their number, and not for want of a database.
            database = {"database": {"value": "postgresql://db"}}
            words = helm.refusal(files, {**helm.values_of(files), **database, **wrong})
            assert next(iter(wrong)) in words


def test_all_flows_together_are_one_release_on_the_command_line(
    version: str, tmp_path: Path
) -> None:
    folder = tmp_path / "flows"
    folder.mkdir()
    release = ("package", "flows", "--name", "starters", "--version", "1.0.0", "--builder", "none")
    empty = set[tuple[str, str]]()
    for starter in starters.read(version):
        (folder / starter.file).write_bytes(starter.data)
        empty |= {(starter.file, at) for at in starters.empty_models(starter.flow)}
    if empty:
        refused = chartgen(*release, "--output", "json", cwd=tmp_path)
        assert refused.returncode == 1
        errors = [item for item in json.loads(refused.stdout)["findings"] if is_error(item)]
        assert {item["code"] for item in errors} == {"no-model"}
        assert {(item["file"], item["at"]) for item in errors} == empty
        assert not (tmp_path / "dist").exists()
    for starter in starters.read(version):
        (folder / starter.file).write_bytes(starters.with_models(starter).data)
    result = chartgen(*release, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    check_release(tmp_path / "dist", starters.WHEELS[version])


def is_error(item: dict[str, str]) -> bool:
    return item["level"] == "error"


def check_release(dist: Path, count: int) -> None:
    flows = json.loads((dist / "starters-1.0.0.release.json").read_bytes())["flows"]
    assert len(flows) == count
    for key in ("id", "name", "endpoint", "path", "file"):
        # Langflow, a URL and a file system may all take capitals for small letters.
        assert len({flow[key].lower() for flow in flows}) == count, key
    baked = sorted((dist / "starters-1.0.0.context/rootfs/app/flows").iterdir())
    assert [f"/app/flows/{file.name}" for file in baked] == sorted(flow["file"] for flow in flows)
    with helm_python.Chart.load(dist / "starters-1.0.0.tgz") as made:
        assert made.metadata["version"] == "1.0.0"
