from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chartgen.cli.commands import COMMANDS
from tests import cli as terminal

# Each of these takes about as long to load as Python itself, or longer.
SLOW = {
    *("dataclasses", "http", "inspect", "json", "pathlib", "shutil", "tarfile", "typing"),
    *("click", "docker", "jinja2", "jsonschema", "requests", "ruamel", "yaml"),
}
NAMES = sorted(COMMANDS)
# What reads a release that was packaged before.
READING = ("credentials", "doctor", "push", "save", "load", "check", "compose", "run")
# Stands in for Helm: what it would read is there.
HELM = 'helm() { test -s "$3" && test -s "$5"; }\n'
# No registry answers here, so what asks one ends as 1 or 3: what it was told is right.
ASKING = """chartgen() {
  case "$1" in
    push|lock|save|load|check|run) command chartgen "$@" || test $? -eq 1 -o $? -eq 3 ;;
    *) command chartgen "$@" ;;
  esac
}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


def example(*words: str) -> str:
    shown = terminal.run(*words, "--help").out
    assert "  Example:\n" in shown, f"the help of {words} has no example"
    return shown.split("  Example:\n")[1].split("\n\n")[0]


@pytest.mark.parametrize("words", [(), *((name,) for name in NAMES)])
def test_every_example_in_a_help_text_works_as_it_stands(words: tuple[str, ...]) -> None:
    if words in {(name,) for name in READING}:
        Path(".env").touch()
        Path("my-values.yaml").touch()
        terminal.run("package", "flows", "--name", "support-bots", "--version", "1.2.0")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-euc", HELM + ASKING + example(*words)],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [(), *((name,) for name in NAMES)])
def test_help_goes_to_stdout_and_fits_a_terminal(words: tuple[str, ...]) -> None:
    shown = terminal.run(*words, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert max(map(len, shown.out.splitlines())) <= 100


@pytest.mark.parametrize("name", ["chart", "image", "inspect", "package"])
def test_help_names_the_variable_and_the_default_of_each_option(name: str) -> None:
    shown = " ".join(terminal.run(name, "--help").out.split())
    for variable in ("CHARTGEN_NAME", "CHARTGEN_VERSION", "CHARTGEN_DESTINATION", "CHARTGEN_BASE"):
        assert variable in shown
    assert "[default: dist]" in shown


@pytest.mark.parametrize("words", [(), *((name,) for name in NAMES)])
def test_help_is_wrapped_for_a_narrow_terminal_and_examples_stay_whole(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = example(*words)
    monkeypatch.setenv("COLUMNS", "60")
    shown = terminal.run(*words, "--help").out
    assert whole in shown
    assert max(map(len, shown.replace(whole, "").splitlines())) <= 60


def test_help_is_given_whatever_else_is_wrong() -> None:
    shown = terminal.run("package", "--builder", "dokcer", "--nonsense", "-h")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: chartgen package ")


@pytest.mark.parametrize("words", [("--help",), ("package", "--help"), ("--version",)])
def test_help_loads_nothing_slow(words: tuple[str, ...]) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-X", "importtime", "-m", "chartgen", *words],
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "chartgen.cli" in loaded
    assert not {name.partition(".")[0] for name in loaded} & SLOW


def test_the_version_is_one_line() -> None:
    shown = terminal.run("--version")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("chartgen ")
    assert shown.out.count("\n") == 1


def test_no_command_shows_the_help_and_is_wrong_usage() -> None:
    shown = terminal.run()
    assert (shown.code, shown.out) == (2, "")
    assert "Commands:" in shown.err


def test_a_mistyped_command_gets_a_suggestion() -> None:
    shown = terminal.run("pakcage")
    assert shown.code == 2
    assert "Did you mean 'package'?" in shown.err
