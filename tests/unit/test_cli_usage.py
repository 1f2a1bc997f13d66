"""What stands on the command line and in the environment, and what is said when it is wrong."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from chartgen import pipeline
from chartgen.errors import InvalidInput
from tests import cli as terminal
from tests.cli import run

RELEASE = ("--name", "bots", "--version", "1.0.0")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[pipeline.Options]:
    """What `chartgen package` was asked for, in place of doing it."""
    seen: list[pipeline.Options] = []

    def package(options: pipeline.Options, *_: object, **__: object) -> NoReturn:
        seen.append(options)
        raise InvalidInput("seen")

    monkeypatch.setattr(pipeline, "package", package)
    return seen


def test_options_may_stand_before_between_and_behind_the_flows(chosen: Any) -> None:
    run("package", "--name", "bots", "a", "--strict", "b", "--version=1.0.0")
    assert chosen[0].paths == (Path("a"), Path("b"))
    assert chosen[0].strict
    assert chosen[0].request.name == "bots"


def test_behind_two_dashes_everything_is_a_path(chosen: Any) -> None:
    run("package", *RELEASE, "a", "--", "--strict", "-h", "--", "b")
    assert [str(path) for path in chosen[0].paths] == ["a", "--strict", "-h", "--", "b"]


def test_the_last_of_several_wins(chosen: Any) -> None:
    run("package", "a", *RELEASE, "--version", "2.0.0", "--strict", "--no-strict")
    assert chosen[0].request.version == "2.0.0"
    assert not chosen[0].strict


def test_platforms_add_up_and_in_the_environment_spaces_separate_them(
    chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTGEN_PLATFORM", "linux/arm64  linux/amd64")
    run("package", "a", *RELEASE)
    run("package", "a", *RELEASE, "--platform", "linux/s390x", "--platform=linux/arm/v7")
    assert chosen[0].platforms == ("linux/arm64", "linux/amd64")
    assert chosen[1].platforms == ("linux/s390x", "linux/arm/v7")


@pytest.mark.parametrize("word", ["1", "true", "True", "yes", "Y", "on", " t "])
def test_a_switch_is_on_by_a_word_for_yes(
    word: str, chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTGEN_STRICT", word)
    run("package", "a", *RELEASE)
    assert chosen[0].strict


def test_a_variable_that_is_empty_counts_as_not_set(
    chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NAME", "STRICT", "BUILDER", "PLATFORM", "OUTPUT", "DESTINATION"):
        monkeypatch.setenv(f"CHARTGEN_{name}", "")
    assert run("package", "flows", "--version", "1.0.0").err.endswith("chartgen: seen\n")
    assert chosen[0].builder == "auto"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pakcage",), "there is no command pakcage. Did you mean 'package'?"),
        (("--verson",), "there is no option --verson. Did you mean '--version'?"),
        (("package", "flows", "--bilder", "oci"), "no option --bilder. Did you mean '--builder'?"),
        (("package", "flows", "--dest", "x"), "there is no option --dest"),
        (("package", "flows", "-x"), "there is no option -x"),
        (("package", "flows", "--name"), "--name needs a value"),
        (("package", "flows", "--strict=yes"), "--strict takes no value"),
        (("package", "flows", "--builder", "dokcer"), "--builder: 'dokcer' is not one of auto, "),
        (("package", "flows", "--builder", "dokcer"), "Did you mean 'docker'?"),
        (("package", "flows", "--config", "flows"), "--config: 'flows' is a folder"),
        (("push",), "required: RELEASE.json"),
        (("push", "a", "b"), "unrecognized arguments: b"),
        (("push", "a", "--ca-file", "absent"), "--ca-file: there is no file 'absent'"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "variable"])
def test_wrong_usage_is_told_with_the_usage_and_as_data(
    words: tuple[str, ...], said: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "variable":
        monkeypatch.setenv("CHARTGEN_OUTPUT", "json")
    done = run(*words[:1], *(("--output", "json") if form == "json" else ()), *words[1:])
    command = f"chartgen {words[0]}" if words[0] in {"package", "push"} else "chartgen"
    assert done.code == 2
    assert done.err.startswith(f"Usage: {command} ")
    assert f"Try '{command} --help' for help.\n" in done.err
    assert said in done.err.splitlines()[-1]
    assert (
        (done.data["exitCode"] == 2 and said in done.data["error"]) if done.out else form == "text"
    )


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("STRICT", "perhaps", "'perhaps' is neither true nor false"),
        ("DRY_RUN", "2", "'2' is neither true nor false"),
        ("BUILDER", "dokcer", "Did you mean 'docker'?"),
        ("OUTPUT", "yaml", "'yaml' is not one of text, json"),
        ("CONFIG", "flows", "'flows' is a folder"),
    ],
)
def test_a_wrong_value_in_the_environment_is_told_with_the_variable(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CHARTGEN_{variable}", value)
    done = run("package", "flows", *RELEASE)
    assert (done.code, done.out) == (2, "")
    assert f"chartgen: CHARTGEN_{variable}: " in done.err
    assert said in done.err


def test_a_flag_hides_what_is_wrong_in_its_variable(
    chosen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHARTGEN_BUILDER", "dokcer")
    run("package", "flows", *RELEASE, "--builder", "oci")
    assert chosen[0].builder == "oci"


@pytest.mark.parametrize("words", [("--help",), ("inspect", "flows"), ("push", "--output=json")])
def test_a_disk_that_is_full_and_streams_that_are_closed_are_no_bugs(
    words: tuple[str, ...],
) -> None:
    for redirect, codes in ((">/dev/full", {2, 3}), ("2>/dev/full", {0, 2}), (">&- 2>&-", {0, 2})):
        done = subprocess.run(  # noqa: S603 - our own program
            ["/bin/sh", "-c", f'"$@" {redirect}', "sh", *terminal.command(*words)],
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode in codes
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr
