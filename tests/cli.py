"""The command line as a user meets it: arguments in; stdout, stderr and exit code out."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from jsonschema import Draft7Validator

from chartgen import resources
from chartgen.cli import main

EXAMPLES = Path(__file__).parents[1] / "examples" / "flows"
# Where nobody answers, whatever runs on this machine, and whatever network it has.
NO_ENGINE = "tcp://127.0.0.1:1"
NO_PROXY = "http://127.0.0.1:1"
CANARY = "sk-canary-Zq8vT3mW5xK1"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Stdout as JSON, once it satisfies the published schema."""
        found = json.loads(self.out)
        Draft7Validator(json.loads(resources.schema("report.schema.json"))).validate(found)
        return found


def settle(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make a folder with `flows/echo.json` the current one, in a clean environment."""
    for name in list(os.environ):
        if name.startswith("CHARTGEN_") or name in {"NO_COLOR", "SOURCE_DATE_EPOCH"}:
            patch.delenv(name)
    patch.setenv("DOCKER_HOST", NO_ENGINE)
    for name in ("HTTPS_PROXY", "https_proxy"):
        patch.setenv(name, NO_PROXY)
    for name in ("NO_PROXY", "no_proxy"):
        patch.delenv(name, raising=False)
    # Nor is anybody logged in.
    patch.setenv("HOME", str(folder / "home"))
    patch.chdir(folder)
    add("echo.json")


def add(example: str, to: str = "flows", **changes: Any) -> Path:
    """Put one of the example flows into a folder, with changes to its top-level keys."""
    flow = {**json.loads((EXAMPLES / example).read_text()), **changes}
    file = Path(to) / Path(example).name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(flow))
    return file


def add_literal_secret(value: str = CANARY) -> Path:
    """Put a flow into `flows` that has a literal in its secret field."""
    return add_bound("signing_key", value, load_from_db=False)


def add_bound(field: str, value: str, *, load_from_db: bool = True) -> Path:
    """Put a flow into `flows` that has one of its fields bound to a variable."""
    data = json.loads((EXAMPLES / "signed-webhook.json").read_text())["data"]
    templates = [node["data"]["node"]["template"] for node in data["nodes"]]
    found = next(template[field] for template in templates if field in template)
    found.update(value=value, load_from_db=load_from_db)
    return add("signed-webhook.json", data=data)


def run(*arguments: object) -> Outcome:
    """Run chartgen in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2))
    with (
        mock.patch.object(sys, "argv", ["chartgen", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as end,
    ):
        main()
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    assert isinstance(end.value.code, int)
    return Outcome(code=end.value.code, out=texts[0], err=texts[1])


def command(*arguments: object) -> list[str]:
    """The same as words for another process."""
    return [sys.executable, "-m", "chartgen", *map(str, arguments)]


def spawn(*arguments: object, **environment: str) -> Outcome:
    """Run chartgen as a process of its own."""
    done = subprocess.run(  # noqa: S603 - our own program
        command(*arguments), capture_output=True, check=False, env={**os.environ, **environment}
    )
    return Outcome(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def release(*arguments: object) -> Path:
    """Package `flows` as bots 1.0.0, without an image, and tell where the report is."""
    done = run("package", "flows", "--name", "bots", "--version", "1.0.0", *arguments)
    assert done.code == 0, done.err
    return Path("dist/bots-1.0.0.release.json")


def chart(archive: str) -> dict[str, bytes]:
    """Every file of a chart's archive: path without the chart's own folder → bytes."""
    found = {}
    with tarfile.open(archive) as opened:
        for entry in opened.getmembers():
            content = opened.extractfile(entry)
            assert content is not None
            found[entry.name.partition("/")[2]] = content.read()
    return found


def files(folder: str = ".") -> list[str]:
    """Every file under a folder, hidden ones too."""
    root = Path(folder)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())
