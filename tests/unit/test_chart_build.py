"""What a chart is made of: data files, archive, digest."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import helm_python
import pytest

from chartgen import chart, tree
from chartgen.errors import InvalidInput
from chartgen.model import App, Credential, Host, ImageRef, Parameter, Use
from chartgen.render import one_line
from chartgen.tree import Tree
from tests import helm
from tests.hostile import HOSTILE
from tests.sample import DIGEST, sample_app, sample_flow, sample_image


def built(app: App | None = None, image: ImageRef | None = None, *, display_name: str = "") -> Tree:
    release = chart.build(app or sample_app(), image or sample_image(), display_name=display_name)
    return release.files


def test_the_sample_gives_the_golden_chart(golden: Callable[[Tree, str], None]) -> None:
    golden(built(display_name="Support desk"), "chart/support")


def test_the_golden_chart_renders_the_golden_objects(
    golden: Callable[[Tree, str], None],
) -> None:
    files = built(display_name="Support desk")
    rendered = helm.texts(files, helm.values_of(files))
    shown = {name: text.encode() for name, text in rendered.items() if text.strip()}
    golden(shown, "chart/rendered")


def test_a_runtime_that_needs_more_memory_requests_it_and_whoever_installs_may_say_otherwise() -> (
    None
):
    app = sample_app()
    files = built(replace(app, runtime=replace(app.runtime, memory_request="768Mi")))

    def requested(**values: Any) -> str:
        given = {**helm.values_of(files), **values}
        container = helm.pod(helm.objects(files, given))["containers"][0]
        return str(container["resources"]["requests"]["memory"])

    assert requested() == "768Mi"
    assert requested(resources={"requests": {"memory": "600Mi"}}) == "600Mi"


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert chart.build(sample_app(), sample_image()) == chart.build(sample_app(), sample_image())


def test_the_archive_is_what_helm_loads_with_its_metadata_first() -> None:
    release = chart.build(sample_app(), sample_image(), epoch=1700000000)
    assert release.digest == f"sha256:{hashlib.sha256(release.archive).hexdigest()}"
    with tarfile.open(fileobj=io.BytesIO(release.archive)) as archive:
        entries = archive.getmembers()
    assert entries[0].name == "support/Chart.yaml"
    assert {entry.mtime for entry in entries} == {1700000000}
    with helm_python.Chart.load_archive(release.archive) as loaded:
        assert (loaded.name, loaded.version) == ("support", "1.2.0")


def test_a_built_chart_lints_with_its_test_values(tmp_path: Path) -> None:
    files = built()
    tree.write(files, tmp_path / "support")
    report = helm_python.lint(tmp_path / "support", helm.values_of(files), strict=True)
    assert report["errors"] == []


def test_the_metadata_names_flows_runtime_and_image() -> None:
    metadata = helm.values_of(built(), "Chart.yaml")
    notes = metadata["annotations"]
    assert metadata["appVersion"] == metadata["version"] == "1.2.0"
    assert notes["chartgen.dev/runtime"] == "langflow 1.13.0"
    assert [flow["endpoint"] for flow in json.loads(notes["chartgen.dev/flows"])] == [
        "support-bot",
        "ticket-triage",
    ]
    assert json.loads(notes["artifacthub.io/images"])[0]["image"].endswith(f":1.2.0@{DIGEST}")
    assert all(isinstance(value, str) for value in notes.values())


def test_the_hash_of_the_flows_follows_their_content_and_not_their_order() -> None:
    def flows_sha256(app: App) -> str:
        found = helm.values_of(built(app), "Chart.yaml")["annotations"]
        return str(found["chartgen.dev/flows-sha256"])

    app = sample_app()
    assert flows_sha256(app) == flows_sha256(replace(app, flows=app.flows[::-1]))
    changed = (replace(app.flows[0], sha256="f" * 64), app.flows[1])
    assert flows_sha256(app) != flows_sha256(replace(app, flows=changed))


def test_the_hosts_that_flows_name_stand_in_the_values_with_the_fields_that_name_them() -> None:
    use = Use(flow="Support bot", component="Ollama", field="Base URL")
    hosts = (
        Host(name="localhost", port=80, used_by=(use,)),
        Host(name="ollama.example.com", port=11434, used_by=(use, replace(use, flow="Triage"))),
        Host(name="169.254.169.254", port=80, used_by=(use,)),
        Host(name="api.example.com", port=443),
    )
    values = built(sample_app(hosts=hosts))["values.yaml"].decode()
    assert helm.values_of({"values.yaml": values.encode()}, "values.yaml")["networkPolicy"][
        "egress"
    ] == [
        {"host": "ollama.example.com", "port": 11434},
        {"host": "api.example.com", "port": 443},
    ]
    assert (
        "    # Support bot → Ollama → Base URL\n    # Triage → Ollama → Base URL\n"
        '    - host: "ollama.example.com"\n'
    ) in values


def test_a_version_with_build_metadata_makes_legal_labels() -> None:
    files = built(sample_app(version="1.2.0+build.7"), sample_image(tag="", digest=""))
    deployment = helm.objects(files, helm.values_of(files))["Deployment"]
    labels = deployment["metadata"]["labels"]
    assert labels["app.kubernetes.io/version"] == "1.2.0_build.7"
    assert labels["helm.sh/chart"] == "support-1.2.0_build.7"
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "registry.example.com/team/support:1.2.0_build.7"


def test_a_display_name_that_no_label_holds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="64 characters, at most 63"):
        built(display_name="x" * 64)


def test_half_a_character_is_refused_in_words() -> None:
    with pytest.raises(InvalidInput, match="half a character"):
        built(sample_app(description="\ud83d"))


def test_an_application_without_credentials_and_parameters_is_fine() -> None:
    bare = sample_app(credentials=(), parameters=())
    files = built(bare)
    assert "Secret" not in helm.objects(files)
    assert set(helm.env(helm.objects(files))) == {
        "HOME",
        "LANGFLOW_DATABASE_URL",
        "LANGFLOW_HOST",
        "LANGFLOW_LOG_LEVEL",
        "LANGFLOW_PORT",
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_kept_as_it_is_everywhere(text: str) -> None:
    use = Use(flow=text, component=text, field=text)
    app = sample_app(
        description=text,
        flows=(sample_flow(name=text, description=text),),
        credentials=(
            Credential(name="KEY", description=text, used_by=(use,)),
            Credential(name="LANGFLOW_API_KEY", description=text),
        ),
        parameters=(
            Parameter(name="Y", default=text, description=text, used_by=(use,)),
            Parameter(name="ONE_OF", default=text, choices=(text, "other")),
            Parameter(name="MANY", type="array", default=(text, text)),
            Parameter(name="NEEDED", required=True, description=text, used_by=(use,)),
        ),
    )
    shown = text[:63]
    files = built(app, display_name=shown)
    values = helm.values_of(files)
    values["credentials"]["KEY"]["value"] = text or "x"
    rendered = helm.objects(files, values)

    defaults = helm.values_of(files, "values.yaml")
    assert defaults["displayName"] == (shown or "support")
    assert defaults["parameters"] == {"Y": text, "ONE_OF": text, "MANY": [text, text]}
    assert json.loads(files["app.json"])["flows"][0]["name"] == text
    assert helm.values_of(files, "Chart.yaml")["description"] == (
        text or "support: flows on langflow 1.13.0"
    )
    env = helm.env(rendered)
    expanded = text.replace("$", "$$")
    assert (env.get("Y", ""), env.get("ONE_OF", "")) == (expanded, expanded)
    assert json.loads(env["MANY"].replace("$$", "$")) == [text, text]
    annotations = rendered["Deployment"]["metadata"]["annotations"]
    assert annotations["chartgen.dev/display-name"] == (shown or "support")
    contract = json.loads(files["values.schema.json"])["properties"]
    assert one_line(use) in contract["credentials"]["properties"]["KEY"]["description"]
    for missing in (files, helm.without_schema(files)):
        assert "credentials.KEY" in helm.refusal(missing, {})


def test_control_characters_reach_neither_comments_nor_notes() -> None:
    text = "evil\x1b[31m\nreplicaCount: 5\u0085x\u2028y"
    app = sample_app(
        flows=(sample_flow(name=text),),
        credentials=(Credential(name="LANGFLOW_API_KEY", description=text),),
        parameters=(Parameter(name="NEEDED", description=text),),
    )
    files = built(app)
    assert helm.values_of(files, "values.yaml")["replicaCount"] == 1
    notes = helm.texts(files, helm.values_of(files))["NOTES.txt"]
    for shown in (files["values.yaml"].decode(), files["README.md"].decode(), notes):
        assert not set("\x1b\u0085\u2028") & set(shown)
