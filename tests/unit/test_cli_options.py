from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import cli as terminal
from tests.cli import run

Look = Callable[[dict[str, Any]], object]
DRY = ("package", "flows", "--dry-run", "--output", "json")
FILE = Path("flows/chartgen.yaml")
# A text for each source, what it becomes, and the same without any source.
TEXTS: dict[str, tuple[str, list[str], Look, str]] = {
    "name": ("name", ["by-flag", "by-env", "by-file"], lambda r: r["name"], "PLACE"),
    "version": ("version", ["3.0.0", "2.0.0", "1.0.0"], lambda r: r["version"], ""),
    "base": (
        "base",
        ["r.example.com/flag:1", "r.example.com/env:1", "r.example.com/file:1"],
        lambda r: r["base"]["reference"],
        "langflowai/langflow-backend:1.13.0",
    ),
    "image": (
        "image",
        ["r.example.com/flag:1", "r.example.com/env:1", "r.example.com/file:1"],
        lambda r: r["image"]["reference"],
        "PLACE:9.9.9",
    ),
    "destination": (
        "destination",
        ["flag", "env", "flows/file"],
        lambda r: str(Path(r["files"][-1]).parent),
        "dist",
    ),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    terminal.settle(folder, monkeypatch)


def config(**options: object) -> None:
    FILE.write_text(json.dumps({"version": "9.9.9", **options}))


@pytest.mark.parametrize("option", TEXTS)
def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(
    option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, (flag, env, file), look, default = TEXTS[option]

    def seen(*more: str) -> object:
        done = run(*DRY, *more)
        assert done.code == 0, done.err
        return look(done.data)

    config()
    if default:
        assert seen() == default.replace("PLACE", "place")
    config(**{key: file.removeprefix("flows/") if option == "destination" else file})
    assert seen() == file
    monkeypatch.setenv(f"CHARTGEN_{option.upper()}", env)
    assert seen() == env
    assert seen(f"--{option}", flag) == flag


def test_the_builder_follows_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("image", "flows")
    config()
    assert "no Docker engine answers" in run(*command).err
    config(builder="docker")
    assert run(*command).code == 3
    monkeypatch.setenv("CHARTGEN_BUILDER", "none")
    assert "--builder none" in run(*command).err
    assert run(*command, "--builder", "docker").code == 3


def test_the_display_name_follows_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(*more: str) -> object:
        assert run("chart", "flows", "--name", "bots", *more).code == 0
        return yaml.safe_load(terminal.chart("dist/bots-9.9.9.tgz")["values.yaml"])["displayName"]

    config()
    assert seen() == "bots"
    config(displayName="By file")
    assert seen() == "By file"
    monkeypatch.setenv("CHARTGEN_DISPLAY_NAME", "By env")
    assert seen() == "By env"
    assert seen("--display-name", "By flag") == "By flag"


@pytest.mark.parametrize(
    ("option", "key", "command"),
    [
        ("strict", "strict", "chart"),
        ("require-image", "requireImage", "image"),
    ],
)
def test_a_switch_follows_the_same_order(
    option: str, key: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("flows/other.json").write_text('{"no": "flow"}')
    variable = f"CHARTGEN_{option.upper().replace('-', '_')}"
    config()
    assert run(command, "flows").code == 0
    config(**{key: True})
    assert run(command, "flows").code in {1, 3}
    monkeypatch.setenv(variable, "0")
    assert run(command, "flows").code == 0
    assert run(command, "flows", f"--{option}").code in {1, 3}
    monkeypatch.setenv(variable, "1")
    assert run(command, "flows").code in {1, 3}
    assert run(command, "flows", f"--no-{option}").code == 0


def test_binding_literals_follows_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.add_literal_secret()
    config()
    assert run("chart", "flows").code == 1
    config(bindLiterals=True)
    assert run("chart", "flows").code == 0
    monkeypatch.setenv("CHARTGEN_BIND_LITERALS", "false")
    assert run("chart", "flows").code == 1
    assert run("chart", "flows", "--bind-literals").code == 0


def test_dry_run_and_output_come_from_the_environment_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config()
    monkeypatch.setenv("CHARTGEN_DRY_RUN", "1")
    monkeypatch.setenv("CHARTGEN_OUTPUT", "json")
    assert run("package", "flows").data["files"]
    assert not Path("dist").exists()


def test_an_empty_flag_does_not_fall_back_silently() -> None:
    config(name="bots")
    assert run("package", "flows", "--version", "").code == 1
    assert run("package", "flows", "--version", "1.0.0", "--name", "").code == 1
    assert run("package", "flows", "--image", "").code == 1


def test_the_file_is_found_in_the_folder_beside_it_and_where_config_says() -> None:
    assert run("inspect", "flows", "--output", "json").data["version"] == "0.0.0"
    Path("chartgen.yaml").write_text('version: "1.0.0"')
    assert run("inspect", "flows", "--output", "json").data["version"] == "1.0.0"
    config()
    done = run("inspect", "flows", "--output", "json")
    assert done.data["version"] == "9.9.9"
    assert done.err.startswith("options from flows/chartgen.yaml\n")
    Path("other.yaml").write_text('version: "2.0.0"')
    named = ("inspect", "flows", "--output", "json", "--config", "other.yaml")
    assert run(*named).data["version"] == "2.0.0"


def test_a_config_file_that_is_missing_is_an_error() -> None:
    done = run("inspect", "flows", "--config", "missing.yaml")
    assert done.code == 1
    assert "missing.yaml" in done.err
    assert "no such file" in done.err


def test_the_flows_and_the_destination_are_relative_to_the_file() -> None:
    Path("conf").mkdir()
    Path("conf/chartgen.yaml").write_text(
        'name: bots\nversion: "1.0.0"\nflows: [../flows]\ndestination: made\n'
    )
    done = run("chart", "--config", "conf/chartgen.yaml")
    assert done.out == "conf/made/bots-1.0.0.tgz\n"
    assert Path("conf/made/bots-1.0.0.tgz").is_file()


def test_every_mistake_in_the_file_is_shown_at_once() -> None:
    FILE.write_text("version: 1.10\nnmae: x\nbuilder: dokcer\nstrict: yes\n")
    done = run("package", "flows")
    assert done.code == 1
    assert "did you mean 'name'?" in done.err
    assert "did you mean 'docker'?" in done.err
    assert "Quote it" in done.err
    assert "must be true or false" in done.err
    assert done.err.endswith("chartgen: flows/chartgen.yaml is not right\n")


@pytest.mark.parametrize("name", ["x" * 64, "é" * 64])
def test_a_display_name_of_64_characters_is_refused_before_anything_is_built(name: str) -> None:
    config()
    done = run("package", "flows", "--display-name", name)
    assert done.code == 1
    assert "64 characters, at most 63" in done.err
    assert "reading flows" not in done.err


@pytest.mark.parametrize("epoch", ["yesterday", "-1", "1.5", "٣", str(1 << 33), "9" * 5000])
def test_a_source_date_that_is_no_number_of_seconds_is_refused(
    epoch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    done = run("chart", "flows")
    assert done.code == 1
    assert "SOURCE_DATE_EPOCH" in done.err


@pytest.mark.parametrize("base", ["https://x.example.com/a", "Base Image", "a\nRUN evil"])
def test_a_base_that_is_no_image_is_refused_by_every_command(base: str) -> None:
    config()
    for command in ("inspect", "chart", "image", "package"):
        assert run(command, "flows", "--base", base).code == 1
