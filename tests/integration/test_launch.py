"""What the chart tells a container and what the image's launcher makes of it, put together."""

from __future__ import annotations

import base64
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from chartgen.tree import Tree
from tests import helm
from tests.integration.command import EXAMPLES, Result, chartgen, run

# Parameter → its field in the flow, and a value that no default has.
SETTINGS: dict[str, tuple[str, Any]] = {
    "MAX_TICKETS": ("max_tickets", 7),
    "URGENCY_THRESHOLD": ("urgency_threshold", 0.25),
    "REDACT_EMAILS": ("redact_emails", False),
    "TONE": ("tone", "formal"),
    "TEAM_NAME": ("team_name", 'the "A" team: $(HOME) $$ {{ co }} \\n\nand more'),
}
# Stands in for Langflow, and shows what it is given.
SERVER = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("launch")
    made = chartgen("package", EXAMPLES, "--builder", "none", cwd=folder)
    assert made.returncode == 0, made.stderr
    return folder / "dist"


@pytest.fixture
def files(dist: Path) -> Tree:
    """The chart's files, out of its archive."""
    found = {}
    with tarfile.open(dist / "support-bots-1.0.0.tgz") as archive:
        for entry in archive:
            content = archive.extractfile(entry)
            assert content is not None
            found[entry.name.removeprefix("support-bots/")] = content.read()
    return found


@pytest.fixture
def image(dist: Path, tmp_path: Path) -> Path:
    """The image's files as a folder; in the contract only paths and the server are others."""
    rootfs = dist / "support-bots-1.0.0.context" / "rootfs"
    for path in rootfs.rglob("*.*"):
        copy = tmp_path / path.relative_to(rootfs)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    file = tmp_path / "app/chartgen/contract.json"
    contract = json.loads(file.read_bytes())
    contract |= {key: f"{tmp_path}{contract[key]}" for key in ("flows", "written_flows")}
    contract["command"] = [sys.executable, "-c", SERVER]
    file.write_text(json.dumps(contract), "utf-8")
    return tmp_path


def environment(files: Tree, **values: Any) -> dict[str, str]:
    """The variables of the container, as a kubelet sets them from what Helm renders."""
    rendered = helm.objects(files, {**helm.values_of(files), **values})
    secret = rendered["Secret"]["data"]
    return {
        name: source.replace("$$", "$")
        if isinstance(source, str)
        else base64.b64decode(secret[source["key"]]).decode()
        for name, source in helm.env(rendered).items()
    }


def start(image: Path, env: dict[str, str]) -> Result:
    return run(sys.executable, image / "app/chartgen/start.py", cwd=image, env=env)


def fields(file: Path) -> dict[str, Any]:
    """Name → value of the component that has the parameters, without its code."""
    nodes = json.loads(file.read_bytes())["data"]["nodes"]
    component = next(node["data"]["node"] for node in nodes if "max_tickets" in str(node["data"]))
    return {
        name: item["value"]
        for name, item in component["template"].items()
        if name != "code" and isinstance(item, dict) and "value" in item
    }


def test_the_server_starts_with_the_variables_that_the_chart_sets(image: Path, files: Tree) -> None:
    env = environment(files)
    result = start(image, env)
    assert result.returncode == 0, result.stderr
    given = json.loads(result.stdout)
    assert given["LANGFLOW_LOAD_FLOWS_PATH"] in {"/app/flows", f"{image}/app/data/flows"}
    for name in env.keys() - {"LANGFLOW_LOAD_FLOWS_PATH"}:
        assert given[name] == env[name]


def test_parameters_reach_their_fields_in_their_own_types(image: Path, files: Tree) -> None:
    env = environment(files, parameters={name: value for name, (_, value) in SETTINGS.items()})
    result = start(image, env)
    assert result.returncode == 0, result.stderr
    folder = Path(json.loads(result.stdout)["LANGFLOW_LOAD_FLOWS_PATH"])
    assert folder == image / "app/data/flows"
    found = fields(folder / "ticket-triage.json")
    for field, value in SETTINGS.values():
        assert found[field] == value
        assert type(found[field]) is type(value)
    for name in ("echo.json", "signed-webhook.json"):
        baked = image / "app/flows" / name
        assert json.loads((folder / name).read_bytes()) == json.loads(baked.read_bytes())


def test_parameters_that_nobody_sets_keep_what_the_author_chose(image: Path, files: Tree) -> None:
    result = start(image, environment(files))
    assert result.returncode == 0, result.stderr
    folder = Path(json.loads(result.stdout)["LANGFLOW_LOAD_FLOWS_PATH"])
    served = folder if folder.is_relative_to(image) else image / "app/flows"
    wanted = fields(EXAMPLES / "support" / "ticket-triage.json")
    assert fields(served / "ticket-triage.json") == wanted


@pytest.mark.parametrize("value", ["", "  "], ids=["empty", "blank"])
def test_the_server_does_not_start_when_a_secret_turns_out_to_be_empty(
    image: Path, files: Tree, value: str
) -> None:
    result = start(image, {**environment(files), "ACME_SIGNING_KEY": value})
    assert result.returncode == 78
    assert result.stdout == ""
    assert "ACME_SIGNING_KEY is not set: Signed webhook → HMAC Signer" in result.stderr
