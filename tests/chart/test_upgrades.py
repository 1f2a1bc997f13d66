"""From one version to the next, and from one value to another: what changes, and what never may."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

import pytest
import yaml

from chartgen.tree import Tree
from tests import chart_variants, helm
from tests.chart.differences import changes
from tests.chart.test_toggles import replaced
from tests.chart.toggles import MATRIX
from tests.chart_pieces import merged
from tests.chart_variants import VARIANTS
from tests.standards import immutable
from tests.standards.documents import Documents, Engine

# All that a version of the same application with another image and another flow is known by.
NEW = (
    *("* metadata labels app.kubernetes.io/version", "* metadata labels helm.sh/chart"),
    "Deployment* spec template metadata annotations chartgen.dev/flows-sha256",
    *("Deployment* image", "Pod* image"),
)
# Another name is another object; where a claim is kept is chosen once.
ONCE = {
    "nameOverride",
    "persistence.storageClassName",
    "backup.storageClassName",
}
CREDENTIALS = ("LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "OPENAI_API_KEY", "TAVILY_API_KEY")


@cache
def later() -> Engine:
    return Engine(chart_variants.next_files())


def upgraded(name: str) -> Documents:
    variant = VARIANTS[name]
    return later().documents(
        chart_variants.values(variant), api_versions=variant.api_versions, name=variant.release
    )


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_next_version_changes_no_name_and_nothing_that_cannot_be_changed(variant: str) -> None:
    before, after = chart_variants.rendered(variant), upgraded(variant)
    assert before.keys() == after.keys()
    assert immutable.changed(before, after) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_next_version_changes_its_labels_image_and_flows_alone(variant: str) -> None:
    found = changes(chart_variants.rendered(variant), upgraded(variant))
    assert [path for path in found if not any(fnmatchcase(path, each) for each in NEW)] == []
    for each in NEW[:3]:
        assert any(fnmatchcase(path, each) for path in found)


@pytest.mark.parametrize("mode", ["env", "file"])
@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_changed_credential_changes_the_secret_and_rolls_the_pods(name: str, mode: str) -> None:
    engine = chart_variants.engine()
    values = {**chart_variants.given(), "credentialsAs": mode}
    another = merged(values, {"credentials": {name: {"value": "B" * 43}}})
    assert sorted(changes(engine.documents(values), engine.documents(another))) == [
        "Deployment spec template metadata annotations checksum/secret",
        f"Secret data {name}",
    ]


@pytest.mark.parametrize("path", sorted(MATRIX.keys() - ONCE))
def test_a_changed_value_changes_nothing_that_cannot_be_changed(path: str) -> None:
    engine = chart_variants.engine()
    below = merged(chart_variants.given(), MATRIX[path].needs)
    before = engine.documents(below)
    after = engine.documents(replaced(below, path, MATRIX[path].value))
    assert immutable.changed(before, after) == []


def test_a_change_of_what_cannot_be_changed_is_found() -> None:
    before = chart_variants.rendered("persistence")
    values = merged(
        chart_variants.values(VARIANTS["persistence"]),
        {"persistence": {"storageClassName": "fast"}},
    )
    after = chart_variants.engine().documents(values)
    assert immutable.changed(before, after) == [
        "PersistentVolumeClaim/demo-support spec.storageClassName"
    ]


def reusing(less: str = "") -> Tree:
    """The next version as `--reuse-values` renders it: its defaults are the former chart's."""
    former = yaml.safe_load(chart_variants.files()["values.yaml"])
    former.pop(less, None)
    return {**chart_variants.next_files(), "values.yaml": yaml.safe_dump(former).encode()}


@pytest.mark.parametrize("new", ["tracing", "autoscaling", "global", "logLevel"])
def test_values_that_a_former_chart_did_not_know_are_named_with_the_way_out(new: str) -> None:
    said = Engine(reusing(new)).refusal(chart_variants.given())
    assert f"- {new} is null" in said
    assert "use --reset-then-reuse-values" in said


def test_the_notes_warn_of_the_image_of_a_former_release() -> None:
    def notes(files: Tree, **image: str) -> str:
        return helm.texts(files, {**chart_variants.given(), "image": image})["NOTES.txt"]

    words = "another image than the one that this chart was made with"
    assert words in notes(reusing())
    for files in (chart_variants.files(), chart_variants.next_files()):
        assert words not in notes(files)
        assert words not in notes(files, repository="mirror.example.com/support")
        assert words not in notes(files, tag="mine", digest="")
