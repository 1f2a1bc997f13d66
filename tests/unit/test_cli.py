from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from chartgen import pipeline
from tests import cli as terminal
from tests.cli import CANARY, run

RELEASE = ("--name", "bots", "--version", "1.0.0")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("command", "made"),
    [
        ("package", ["bots-1.0.0.context", "bots-1.0.0.release.json", "bots-1.0.0.tgz"]),
        ("chart", ["bots-1.0.0.tgz"]),
        ("image", ["bots-1.0.0.context", "bots-1.0.0.release.json"]),
    ],
)
def test_stdout_names_what_was_made_one_a_line_and_nothing_else(
    command: str, made: list[str]
) -> None:
    done = run(command, "flows", *RELEASE)
    assert done.code == 0
    assert done.out.splitlines() == [f"dist/{name}" for name in made]
    assert all(Path(line).exists() for line in done.out.splitlines())


def test_stderr_has_one_line_a_step_with_its_duration() -> None:
    lines = run("chart", "flows", *RELEASE).err.splitlines()
    steps = [line for line in lines if re.fullmatch(r".* \(\d+\.\d s\)", line)]
    assert [step.rpartition(" (")[0] for step in steps] == [
        "reading flows",
        "making the chart",
        "writing dist",
    ]


def test_a_step_that_fails_says_so() -> None:
    done = run("chart", "missing", *RELEASE)
    assert re.search(r"^reading flows \(\d+\.\d s, failed\)$", done.err, re.MULTILINE)


def test_a_finding_says_what_where_and_what_to_do() -> None:
    terminal.add_literal_secret()
    done = run("package", "flows", *RELEASE)
    assert done.code == 1
    assert re.search(
        r"^error: .+ \[[a-z-]+\]\n"
        r"  signed-webhook\.json: data\.nodes\[\d\]\S*: "
        r"Signed webhook → HMAC Signer → Signing key\n"
        r"  → .+$",
        done.err,
        re.MULTILINE,
    )
    assert done.err.endswith("\nchartgen: 1 error keeps the flows from being packaged\n")


def test_all_problems_are_shown_at_once() -> None:
    Path("flows/broken.json").write_text("{")
    Path("flows/broken.zip").write_bytes(b"PK")
    terminal.add_literal_secret()
    done = run("package", "flows", *RELEASE)
    for name in ("broken.json", "broken.zip", "signed-webhook.json"):
        assert name in done.err
    assert "3 errors keep the flows from being packaged" in done.err
    assert not Path("dist").exists()


def test_inspect_shows_everything_and_ends_with_1_when_something_is_wrong() -> None:
    terminal.add_literal_secret()
    done = run("inspect", "flows")
    assert done.code == 1
    assert "FLOWS (2)" in done.out
    assert "CREDENTIALS (" in done.out
    assert done.err.endswith("chartgen: 1 error keeps the flows from being packaged\n")
    assert run("inspect", "flows/echo.json").code == 0


def test_a_missing_path_is_named_and_nothing_is_said_of_missing_flows() -> None:
    done = run("package", "missing", *RELEASE)
    assert done.code == 1
    assert "missing" in done.err
    assert "there is no flow" not in done.err


def test_a_package_needs_a_version_and_says_how_to_give_one() -> None:
    done = run("package", "flows")
    assert (done.code, done.out) == (2, "")
    assert "--version 1.0.0" in done.err


def test_flows_must_be_named() -> None:
    done = run("package", *RELEASE)
    assert (done.code, done.out) == (2, "")
    assert "name the flows" in done.err


def test_the_unbuilt_image_is_told_loudly_with_the_commands_that_build_it() -> None:
    image = "registry.example.com/team/bots"
    done = run("package", "flows", *RELEASE, "--image", image, "--destination", "my dist")
    assert done.code == 0
    assert "THE IMAGE WAS NOT BUILT: registry-1.docker.io refuses connections" in done.err
    assert "; no Docker engine answers" in done.err
    assert "where langflowai/langflow-backend:1.13.0 can be reached" in done.err
    assert f"  docker build -t {image}:1.0.0 'my dist/bots-1.0.0.context'\n" in done.err
    assert f"  docker push {image}:1.0.0\n" in done.err
    assert "no registry" not in done.err


def test_the_builder_none_is_given_as_the_reason() -> None:
    done = run("image", "flows", *RELEASE, "--builder", "none")
    assert "THE IMAGE WAS NOT BUILT: --builder none was asked for" in done.err
    assert "bots:1.0.0 names no registry" in done.err


@pytest.mark.parametrize("flags", [("--require-image",), ("--builder", "docker")])
def test_an_image_that_must_be_built_and_cannot_ends_with_3(flags: tuple[str, ...]) -> None:
    done = run("package", "flows", *RELEASE, *flags)
    assert (done.code, done.out) == (3, "")
    assert "no Docker engine answers" in done.err
    assert not Path("dist").exists()


def test_an_image_named_by_its_digest_is_pinned_and_not_built() -> None:
    image = f"registry.example.com/team/bots@sha256:{'a' * 64}"
    done = run("package", "flows", *RELEASE, "--image", image, "--output", "json")
    assert done.code == 0
    assert "NOT BUILT" not in done.err
    assert done.data["image"] == {
        "reference": "registry.example.com/team/bots:1.0.0",
        "digest": f"sha256:{'a' * 64}",
        "id": None,
        "builder": "none",
    }
    assert run("package", "flows", *RELEASE, "--image", image, "--builder", "docker").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "flows"),
        ("package", "flows", *RELEASE),
        ("package", "flows", *RELEASE, "--dry-run"),
        ("chart", "flows", *RELEASE),
        ("chart", "flows", *RELEASE, "--dry-run"),
        ("image", "flows", *RELEASE),
        ("credentials", "dist/bots-1.0.0.release.json"),
    ],
)
def test_json_satisfies_the_schema_on_success(arguments: tuple[str, ...]) -> None:
    terminal.release()
    done = run(*arguments, "--output", "json")
    assert done.code == 0
    assert "error" not in done.data


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("inspect", "flows", "--name", "No Name"), 1),
        (("package", "flows", "--version", "v1"), 1),
        (("package", "missing", *RELEASE), 1),
        (("package", "flows"), 2),
        (("package", "flows", *RELEASE, "--builder", "kaniko"), 2),
        (("image", "flows", *RELEASE, "--builder", "docker"), 3),
        (("chart", "flows", *RELEASE, "--destination", "flows"), 1),
        (("credentials", "missing"), 1),
    ],
)
def test_json_satisfies_the_schema_on_failure(arguments: tuple[str, ...], code: int) -> None:
    done = run(*arguments, "--output", "json")
    assert done.code == code
    assert done.data["exitCode"] == code
    assert done.data["error"] in done.err


def test_a_failed_run_gives_its_findings_as_data() -> None:
    Path("flows/broken.json").write_text("{")
    failure = run("package", "flows", *RELEASE, "--output", "json").data
    assert failure["findings"][0]["file"] == "broken.json"
    inspected = run("inspect", "flows", "--output", "json")
    assert inspected.code == 1
    assert inspected.data["findings"] == failure["findings"]


def test_the_report_in_the_folder_is_what_json_prints() -> None:
    printed = run("package", "flows", *RELEASE, "--output", "json")
    assert Path("dist/bots-1.0.0.release.json").read_text() == printed.out


def test_a_bug_is_called_one_and_shows_neither_traceback_nor_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(pipeline, "inspect", fail)
    done = run("inspect", "flows", "--output", "json")
    assert done.code == done.data["exitCode"] == 70
    assert "this is a bug in chartgen (KeyError)" in done.err
    assert "CHARTGEN_DEBUG=1" in done.err
    assert "Traceback" not in done.err
    assert 'File "' not in done.err
    monkeypatch.setenv("CHARTGEN_DEBUG", "1")
    debugged = run("inspect", "flows", "--output", "json")
    assert debugged.code == 70
    assert "in fail" in debugged.err
    assert CANARY not in done.err + done.out + debugged.err + debugged.out


def test_an_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "inspect", interrupt)
    done = run("inspect", "flows")
    assert (done.code, done.out) == (130, "")


def test_a_name_is_taken_from_the_folder_of_the_flows() -> None:
    terminal.add("echo.json", to="My Bots 2")
    assert run("inspect", "My Bots 2", "--output", "json").data["name"] == "my-bots-2"
    terminal.add("echo.json", to="desk/flows")
    assert run("inspect", "desk/flows", "--output", "json").data["name"] == "desk"
    assert json.loads(run("inspect", "desk/flows/echo.json", "--output", "json").out)["name"]
