"""What `check.py` says inside of the image, where Langflow itself loads the components."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows_factory import Json, component, load
from tests.flows_factory import flow as flow_of
from tests.integration.command import EXAMPLES, chartgen
from tests.integration.engine import Engine, exists
from tests.runtime import local, model_flows
from tests.runtime.release import Release

pytestmark = pytest.mark.docker

SECONDS = 300
REMOVED = "lfx.components.long_gone"
BROKEN = {
    "a missing module": ("import left_pad", "the module left_pad is missing"),
    "what a release has removed": (
        f"from {REMOVED} import Thing",
        f"the module {REMOVED} is missing",
    ),
    "a name that a module has not": (
        "from json import no_such_name",
        "the module json has no no_such_name",
    ),
    "code that fails": (
        'print("hunter2"); KEY = {}["hunter2"]',
        "its code cannot be loaded (KeyError)",
    ),
    "code that ends": ("import sys\nKEY = sys.exit(0)", "its code cannot be loaded (SystemExit)"),
}
CODE = """from lfx.custom.custom_component.component import Component
{line}

class Acme(Component):
    display_name = "Acme"
"""


def acme(line: str) -> Json:
    """A flow with a component whose code has this line."""
    code = {"type": "code", "value": CODE.format(line=line)}
    return flow_of(component(name="Acme tool", code=code), name="Support bot")


def checked(engine: Engine, image: str, flows: Path | None = None) -> tuple[int, list[str], float]:
    """Run the check of an image, with its own flows or others: exit code, lines, seconds."""
    container = engine.client.containers.create(
        image,
        ["python", "-B", "/app/chartgen/check.py"],
        network_mode="none",
        volumes={str(flows): {"bind": "/app/flows", "mode": "ro"}} if flows else {},
    )
    try:
        begun = time.monotonic()
        container.start()
        code = int(container.wait(timeout=SECONDS)["StatusCode"])
        return code, container.logs().decode().splitlines(), time.monotonic() - begun
    finally:
        container.remove(force=True)


def baked(folder: Path, *flows: Json) -> Path:
    """Flows as chartgen puts them into an image, where its user may read them."""
    folder.chmod(0o755)
    for path, data in load(*flows).files.items():
        if path.startswith("app/flows/"):
            (folder / path.rpartition("/")[2]).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def engine_base(release: Release, engine: Engine) -> Iterator[str]:
    """An image of the engine that a Dockerfile can name, with Langflow in it."""
    name = f"{engine.prefix}-langflow"
    engine.image(release.image).tag(name, "1")
    yield f"docker-daemon:{name}:1"
    engine.client.images.remove(f"{name}:1")


def test_every_component_of_the_examples_can_be_loaded_in_the_image(
    release: Release, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, seconds = checked(engine, release.image)
    with capsys.disabled():
        print(f"\nall components loaded in {seconds:.1f} s")  # noqa: T201
    assert (code, lines) == (0, [])


def test_each_component_that_cannot_be_loaded_is_one_line_with_flow_and_reason(
    release: Release, engine: Engine, tmp_path: Path
) -> None:
    flows = [acme(line) | {"name": name} for name, (line, _) in BROKEN.items()]
    code, lines, _ = checked(engine, release.image, baked(tmp_path, *flows))
    assert code == 1
    # Nothing that code prints or raises is repeated: it may hold a value.
    assert sorted(lines) == sorted(
        f"chartgen: {name} → Acme tool: {reason}" for name, (_, reason) in BROKEN.items()
    )


def test_the_package_of_a_chosen_models_provider_is_missed_too(
    release: Release, engine: Engine, tmp_path: Path
) -> None:
    flows = [model_flows.between_chat(model_flows.chosen(), "Ask any model")]
    code, lines, _ = checked(engine, release.image, baked(tmp_path, *flows))
    missing = "the module langchain_openai is missing"
    assert (code, lines) == (1, [f"chartgen: Ask any model → Language Model: {missing}"])


def test_the_build_with_an_engine_loads_every_component(
    engine_base: str, engine: Engine, tmp_path: Path
) -> None:
    reference = f"{engine.prefix}-checked:1.0.0"
    result = chartgen(
        *("package", EXAMPLES, "--base", engine_base, "--builder", "docker"),
        *("--image", reference, "--version", "1.0.0"),
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    try:
        history = engine.image(reference).history()
        (step,) = (one for one in history if "check.py" in one["CreatedBy"])
        # It leaves nothing behind.
        assert step["Size"] == 0
    finally:
        engine.client.images.remove(reference)


def test_the_build_with_an_engine_fails_where_a_component_cannot_be_loaded(
    engine_base: str, engine: Engine, tmp_path: Path
) -> None:
    reference = f"{engine.prefix}-refused:1.0.0"
    line, reason = BROKEN["what a release has removed"]
    (tmp_path / "bots.json").write_text(json.dumps(acme(line)))
    result = chartgen(
        *("package", "bots.json", "--base", engine_base, "--builder", "docker"),
        *("--image", reference, "--version", "1.0.0"),
        cwd=tmp_path,
    )
    assert result.returncode == 1
    _, _, told = result.stderr.partition("chartgen: the image cannot be built: ")
    assert told.splitlines()[-1] == f"  chartgen: Support bot → Acme tool: {reason}"
    assert not (tmp_path / "dist").exists()
    assert not exists(engine, reference)


def test_chartgen_check_has_the_image_load_the_flows_of_a_release(
    base: str, engine: Engine, tmp_path: Path
) -> None:
    with local.release(base, engine, tmp_path) as made:
        said = made.chartgen("check", made.file)
        assert said == f"every component of {len(made.report['flows'])} flows can be loaded\n"
        assert not engine.client.containers.list(all=True, filters={"name": "support-bots-check"})


def test_chartgen_check_names_flow_and_component_of_what_cannot_be_loaded(
    base: str, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "bot.json").write_text(json.dumps(acme(f"from {REMOVED} import Thing")))
    name = f"registry.example.com/{engine.prefix}-broken"
    made = chartgen(
        *("package", "flows", "--name", "bots", "--version", "1.0.0", "--builder", "oci"),
        *("--base", base, "--image", name),
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    try:
        done = chartgen("check", "dist/bots-1.0.0.release.json", cwd=tmp_path)
    finally:
        engine.client.images.remove(f"{name}:1.0.0", force=True)
    assert done.returncode == 1
    assert f"Support bot → Acme tool: the module {REMOVED} is missing" in done.stderr


@pytest.mark.parametrize("command", ["package", "image"])
def test_an_image_that_oci_has_built_is_checked_before_anything_is_written(
    command: str, base: str, engine: Engine, tmp_path: Path
) -> None:
    (tmp_path / "flows").mkdir()
    flow = tmp_path / "flows" / "bot.json"
    name = f"registry.example.com/{engine.prefix}-tried"

    def made(line: str) -> tuple[int, str]:
        flow.write_text(json.dumps(acme(line)))
        done = chartgen(
            *(command, "flows", "--name", "bots", "--version", "1.0.0", "--builder", "oci"),
            *("--base", base, "--image", name, "--check"),
            cwd=tmp_path,
        )
        return done.returncode, done.stderr

    try:
        code, said = made(f"from {REMOVED} import Thing")
        assert code == 1
        assert f"Support bot → Acme tool: the module {REMOVED} is missing" in said
        assert not (tmp_path / "dist").exists()
        code, said = made("import json")
        assert code == 0, said
        assert (tmp_path / "dist" / "bots-1.0.0.release.json").is_file()
    finally:
        engine.client.images.remove(f"{name}:1.0.0", force=True)
