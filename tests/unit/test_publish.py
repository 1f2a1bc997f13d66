from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests import cli as terminal
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Fault, Registry, digest
from tests.releases import REPORT, all_stand, package, push, stands

TO = "--chart-repository"
CHART = Path("dist/bots-1.0.0.tgz")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


def test_both_references_are_printed_with_their_digests_and_stand_there(
    server: Registry, charts: tuple[str, str]
) -> None:
    done = push(*charts)
    assert done.code == 0, done.err
    image, chart = done.out.splitlines()
    assert image == f"{server.host}/team/bots:1.0.0@{releases.told()['digest']}"
    assert chart.startswith(f"oci://{server.host}/charts/bots:1.0.0@sha256:")
    assert all_stand(server, done.out)
    values = terminal.chart(str(CHART))["values.yaml"].decode()
    assert releases.told()["digest"] in values
    steps = re.findall(r"^(\w+) .* \(\d+\.\d s\)$", done.err, re.MULTILINE)
    assert steps == ["asking", "pushing", "pushing"]


def test_json_has_references_and_digests(server: Registry, charts: tuple[str, str]) -> None:
    found = push(*charts, "--output", "json").data["published"]
    assert found[0] == {
        "reference": f"{server.host}/team/bots:1.0.0",
        "digest": releases.told()["digest"],
    }
    assert found[1]["reference"] == f"oci://{server.host}/charts/bots:1.0.0"


def test_without_a_chart_repository_the_image_alone_is_pushed(
    server: Registry, charts: tuple[str, str]
) -> None:
    done = push()
    assert (done.code, len(done.out.splitlines())) == (0, 1)
    assert not [name for name, _ in server.manifests if name.startswith("charts")]


def test_a_second_push_sends_nothing_and_says_so(server: Registry, charts: tuple[str, str]) -> None:
    first = push(*charts)
    server.seen.clear()
    again = push(*charts)
    assert (again.code, again.out) == (0, first.out)
    assert again.err.count("was there already, with the same content") == 2
    assert set(server.steps()) == {"get manifest"}


@pytest.mark.parametrize("repository", ["team/bots", "charts/bots"])
def test_other_content_under_the_same_version_is_only_replaced_with_force(
    repository: str, server: Registry, charts: tuple[str, str]
) -> None:
    other = ("application/vnd.oci.image.manifest.v1+json", b'{"schemaVersion":2}')
    server.manifests[repository, "1.0.0"] = other
    before = dict(server.manifests)
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    assert f"{repository}:1.0.0 is published already with other content" in done.err
    assert digest(other[1]) in done.err
    assert "--force" in done.err
    # Neither half of the release has gone out.
    assert server.manifests == before
    forced = push(*charts, "--force")
    assert forced.code == 0, forced.err
    assert all_stand(server, forced.out)


@pytest.mark.parametrize("reference", ["team/bots", "charts/bots"])
def test_a_registry_that_does_not_say_is_not_taken_for_one_that_has_nothing(
    reference: str, server: Registry, charts: tuple[str, str]
) -> None:
    server.faults["get manifest"] = [Fault()] * (reference == "charts/bots") + [Fault(status=403)]
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    assert "put manifest" not in server.steps()


def test_a_chart_that_was_changed_since_is_refused_before_anything_is_sent(
    server: Registry, charts: tuple[str, str]
) -> None:
    CHART.write_bytes(CHART.read_bytes() + b"\0")
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    assert "bots-1.0.0.tgz is not the chart of this report: package again" in done.err
    CHART.unlink()
    assert "dist/bots-1.0.0.tgz cannot be read: no such file" in push(*charts).err
    assert server.seen == []


def test_an_image_whose_folder_is_gone_or_damaged_is_refused(
    server: Registry, charts: tuple[str, str]
) -> None:
    folder = Path("dist/bots-1.0.0.image")
    name = releases.told()["digest"].removeprefix("sha256:")
    blob = folder / "blobs/sha256" / name
    blob.write_bytes(blob.read_bytes() + b" ")
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    shutil.rmtree(folder)
    gone = push(*charts)
    assert (gone.code, gone.out) == (1, "")
    assert "dist/bots-1.0.0.image is not there" in gone.err
    assert "put manifest" not in server.steps()


def test_a_layer_that_was_changed_since_is_not_pushed(
    server: Registry, charts: tuple[str, str]
) -> None:
    blobs = Path("dist/bots-1.0.0.image/blobs/sha256").iterdir()
    layer = next(file for file in blobs if file.read_bytes().startswith(b"\x1f\x8b"))
    layer.write_bytes(layer.read_bytes()[:-1] + b"x")
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    assert "did a file change meanwhile?" in done.err
    assert stands(server, "team/bots", "1.0.0") == ""


def test_an_image_and_a_chart_that_would_be_one_are_refused(server: Registry) -> None:
    assert package(f"{server.host}/base:1", f"{server.host}/team/bots").code == 0
    server.seen.clear()
    done = push(TO, f"oci://{server.host}/team")
    assert (done.code, done.out) == (1, "")
    assert "take another --chart-repository" in done.err
    assert server.seen == []


def test_an_image_without_a_registry_is_refused_with_the_way_out(server: Registry) -> None:
    made = package(f"{server.host}/base:1", "bots")
    assert "bots:1.0.0 names no registry" in made.err
    done = push()
    assert (done.code, done.out) == (1, "")
    assert "--image registry.example.com/team/bots" in done.err


def test_what_no_builder_made_is_not_pushed(server: Registry) -> None:
    package(f"{server.host}/base:1", f"{server.host}/team/bots", "--builder", "none")
    done = push()
    assert (done.code, done.out) == (1, "")
    assert "was not built" in done.err


def test_an_image_of_an_engine_that_was_not_pushed_is_told_with_the_ways_out(
    server: Registry,
) -> None:
    package(f"{server.host}/base:1", f"{server.host}/team/bots", "--builder", "none")
    report = json.loads(Path(REPORT).read_text())
    report["image"] |= {"builder": "docker", "id": "sha256:1"}
    Path(REPORT).write_text(json.dumps(report))
    done = push()
    assert (done.code, done.out) == (1, "")
    assert "--builder oci" in done.err
    assert "docker push" in done.err


def test_an_image_that_was_named_by_its_digest_must_be_in_the_registry(server: Registry) -> None:
    shelf = Shelf()
    found = shelf.image()
    image = f"{server.host}/team/mine@{found}"
    assert package(f"{server.host}/base:1", image).code == 0
    done = push(TO, f"oci://{server.host}/charts")
    assert (done.code, done.out) == (1, "")
    assert f"team/mine@{found} is not in the registry" in done.err
    releases.lay(server, "team/mine", shelf)
    done = push(TO, f"oci://{server.host}/charts")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0] == image


def test_an_interrupted_push_is_run_again_and_sends_the_rest(
    server: Registry, charts: tuple[str, str]
) -> None:
    server.faults["put manifest"] = [Fault(status=403)]
    broken = push(*charts)
    assert (broken.code, broken.out) == (1, "")
    server.seen.clear()
    done = push(*charts)
    assert done.code == 0, done.err
    assert all_stand(server, done.out)
    # What had arrived is not sent again: the chart's two blobs are all that is.
    assert server.steps().count("upload") == 2


def test_a_registry_that_wants_a_login_is_told_with_the_commands_that_give_one(
    server: Registry, charts: tuple[str, str]
) -> None:
    server.auth = "bearer"
    done = push(*charts)
    assert (done.code, done.out) == (1, "")
    assert f"docker login {server.host}" in done.err
    assert f"helm registry login {server.host}" in done.err
