"""What reaches a terminal: colours where they are wanted, and nothing that moves its cursor."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chartgen.cli import output
from chartgen.image import BUILDERS, Built
from chartgen.model import Finding
from tests import cli as terminal
from tests.cli import run, spawn
from tests.hostile import HOSTILE

RELEASE = ("--name", "bots", "--version", "1.0.0")
# All that a terminal obeys, save the line break.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)


def on_a_terminal(*arguments: object, **environment: str) -> str:
    main, other = pty.openpty()
    done = subprocess.Popen(  # noqa: S603 - our own program
        terminal.command(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=other,
        env={**os.environ, "TERM": "xterm", **environment},
    )
    os.close(other)
    text = b""
    # Linux tells the end of a pseudo-terminal as an error.
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        text += part
    os.close(main)
    done.wait()
    return text.decode()


def test_errors_are_coloured_on_a_terminal() -> None:
    assert "\x1b[31m" in on_a_terminal("inspect", "missing")


def test_no_color_means_no_colour() -> None:
    shown = on_a_terminal("inspect", "missing", NO_COLOR="1")
    assert "error: " in shown
    assert "\x1b" not in shown


def test_there_is_no_colour_without_a_terminal() -> None:
    done = spawn("package", "missing", *RELEASE)
    assert "error: " in done.err
    assert "\x1b" not in done.err + done.out


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_name_of_a_flow_steers_the_terminal(text: str, form: str) -> None:
    terminal.add("echo.json", name=text, description=text, endpoint_name=text)
    for command in (("inspect",), ("package", *RELEASE)):
        done = run(*command, "flows", "--output", form)
        assert done.code in {0, 1}
        assert not OBEYED.search(done.out)
        assert not OBEYED.search(done.err)


def test_no_name_of_a_flow_forges_a_line() -> None:
    terminal.add("echo.json", name="Bot\nerror: all is lost\n\nFLOWS (9)")
    done = run("inspect", "flows")
    assert not re.search(r"^(error: all|FLOWS \(9\))", done.out + done.err, re.MULTILINE)


def test_names_in_other_scripts_stay_as_they_are() -> None:
    terminal.add("echo.json", name="支援 ボット 🦄 büro")
    assert "支援 ボット 🦄 büro" in run("inspect", "flows").out


def test_a_name_that_the_terminals_encoding_lacks_is_no_failure() -> None:
    terminal.add("echo.json", name="支援")
    done = spawn("inspect", "flows", PYTHONIOENCODING="latin-1")
    assert done.code == 0, done.err
    assert "\\u652f\\u63f4" in done.out
    data = spawn("inspect", "flows", "--output", "json", PYTHONIOENCODING="latin-1")
    assert json.loads(data.out)["flows"][0]["name"] == "支援"


def test_half_a_character_in_a_name_is_no_bug() -> None:
    terminal.add("echo.json", name="half \ud83e", description="\udc80")
    done = run("package", "flows", *RELEASE, "--output", "json")
    assert done.code in {0, 1}, done.err


def test_the_lines_of_a_build_are_shown_without_their_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def build(order: Any, watcher: Any) -> Built:
        watcher.line("Step 1/2 : \x1b[31mFROM\x1b[0m base\x1b]0;title\x07")
        watcher.line("done")
        return Built(id="sha256:1", digest=f"sha256:{'a' * 64}")

    monkeypatch.setitem(BUILDERS, "docker", build)
    image = "r.example.com/bots"
    done = run("image", "flows", *RELEASE, "--builder", "docker", "--image", image)
    assert done.code == 0
    assert "building r.example.com/bots:1.0.0 (docker):\n  Step 1/2 : FROM base" in done.err
    assert re.search(
        r"^building r\.example\.com/bots:1\.0\.0 \(docker\) \(\d", done.err, re.MULTILINE
    )
    assert not OBEYED.search(done.err)
    assert done.out.splitlines()[-1] == f"{image}:1.0.0@sha256:{'a' * 64}"


def test_an_image_that_was_only_built_is_told_to_be_pushed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(BUILDERS, "docker", lambda *_: Built(id="sha256:1", digest=""))
    done = run("image", "flows", *RELEASE, "--builder", "docker", "--image", "r.io/bots")
    assert "  docker push r.io/bots:1.0.0\n" in done.err
    assert "NOT BUILT" not in done.err


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_went_away_is_no_failure_and_the_work_is_done(stream: str) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(  # noqa: S603 - our own program
        terminal.command("package", "flows", *RELEASE),
        check=False,
        stdout=write if stream == "stdout" else subprocess.PIPE,
        stderr=write if stream == "stderr" else subprocess.PIPE,
    )
    os.close(write)
    assert done.returncode == 0
    assert b"Broken" not in (done.stderr or b"")
    assert b"Exception ignored" not in (done.stderr or b"")
    assert Path("dist/bots-1.0.0.release.json").exists()


def test_a_failure_keeps_its_exit_code_when_nobody_reads_it() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(  # noqa: S603 - our own program
        terminal.command("package", "missing", *RELEASE, "--output", "json"),
        check=False,
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert done.returncode == 1
    assert b"Exception ignored" not in done.stderr


def test_sixty_flows_are_a_line_each_and_a_credential_of_all_names_three() -> None:
    for number in range(60):
        terminal.add("signed-webhook.json", id=None, endpoint_name=None, name=f"Bot {number:02}")
        Path("flows/signed-webhook.json").rename(f"flows/bot-{number:02}.json")
    done = run("inspect", "flows")
    assert done.code == 0, done.err
    assert "FLOWS (61)" in done.out
    line = next(line for line in done.out.splitlines() if "ACME_SIGNING_KEY" in line)
    assert line.endswith("; and 57 more")
    assert max(map(len, done.out.splitlines())) < 200
    assert len(done.err.splitlines()) < 30


def test_findings_of_one_kind_stand_together_and_no_error_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def found(level: Any, number: int) -> Finding:
        return Finding(level=level, code="odd", message="this is odd", file=f"{number}.json")

    output.findings([found(level, n) for level in ("error", "warning") for n in range(20)])
    shown = capsys.readouterr().err
    assert shown.count("this is odd") == 2
    assert shown.count(".json") == 25
    assert "and 15 more" in shown


def test_a_long_text_is_cut_in_the_overview() -> None:
    terminal.add("echo.json", name="x" * 300)
    assert f"  {'x' * 47}…  " in run("inspect", "flows").out
