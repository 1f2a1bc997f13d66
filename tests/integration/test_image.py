"""Images that a Docker engine really builds, and what is said when it cannot."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from chartgen.render import one_line
from tests.hostile import HOSTILE
from tests.integration.command import EXAMPLES, Result, chartgen, listing, run
from tests.integration.engine import Engine, exists, labels

# Neither an engine nor a registry answers, whatever network there is.
NOWHERE = {
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "NO_PROXY": "",
}
NAMES = (
    'She said "hello"',
    "$HOME and ${PATH:-no} and $$",
    "back\\slash \\n \\",
    "two\nRUN false\n# lines",
    "`tick` 'apostrophe' <%= 1 %> {{ 1 }}",
)


def package(folder: Path, reference: str, base: str, *more: str, **settings: Any) -> Result:
    """Package a folder of flows next to `dist`."""
    return chartgen(
        *("package", folder, "--image", reference, "--base", base, "--version", "1.0.0"),
        *("--name", "bots", *more),
        **settings,
    )


def report(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "dist" / "bots-1.0.0.release.json").read_bytes())
    return found


def flow(name: str, description: str) -> bytes:
    """The example's flow under another name."""
    data = json.loads((EXAMPLES / "echo.json").read_bytes())
    data |= {"name": name, "description": description, "endpoint_name": None, "id": None}
    return json.dumps(data).encode()


def flows_with(folder: Path, settings: dict[str, Any]) -> Path:
    """Make a folder with one flow and these settings."""
    folder.mkdir()
    (folder / "echo.json").write_bytes((EXAMPLES / "echo.json").read_bytes())
    (folder / "chartgen.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    return folder


@pytest.mark.docker
def test_a_container_holds_the_normalised_flows_byte_for_byte(
    engine: Engine, tmp_path: Path
) -> None:
    reference = f"{engine.prefix}:1.0.0"
    result = package(EXAMPLES, reference, engine.base("base"), "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == reference
    context = listing(tmp_path / "dist" / "bots-1.0.0.context")
    wanted = {path.removeprefix("rootfs/"): entry for path, entry in context.items()}
    _, found = engine.run(reference, "true")
    flows = {path: entry for path, entry in found.items() if path.startswith("app/flows/")}
    assert len(flows) == len(report(tmp_path)["flows"]) == 3
    assert set(found) == {path for path in wanted if path == "app" or path.startswith("app/")}
    for path, entry in found.items():
        assert entry.data == wanted[path][1], path
    for baked in report(tmp_path)["flows"]:
        data = flows[baked["file"].removeprefix("/")].data
        assert hashlib.sha256(data).hexdigest() == baked["sha256"]


@pytest.mark.docker
def test_the_process_may_read_the_flows_and_nobody_but_root_may_change_them(
    engine: Engine, tmp_path: Path
) -> None:
    reference = f"{engine.prefix}:1.0.0"
    result = package(
        *(EXAMPLES, reference, engine.base("base"), "--builder", "docker"),
        cwd=tmp_path,
        umask=0o077,
    )
    assert result.returncode == 0, result.stderr
    said, found = engine.run(
        reference,
        "id -u; id -g; cat /app/flows/*.json /app/chartgen/* >/dev/null && echo readable;"
        "touch /app/flows/new.json || echo no new file; rm /app/flows/echo.json || echo no removal;"
        "cat </dev/null >>/app/chartgen/start.py || echo no change",
    )
    lines = [line for line in said.splitlines() if ": " not in line]
    assert lines == ["1000", "0", "readable", "no new file", "no removal", "no change"]
    assert {entry.owner for entry in found.values()} == {(0, 0)}
    folders = {"app", "app/flows", "app/chartgen"}
    assert {path: oct(entry.mode) for path, entry in found.items()} == {
        path: oct(0o755 if path in folders else 0o644) for path in found
    }


@pytest.mark.docker
def test_the_image_says_what_it_is_and_starts_the_launcher(engine: Engine, tmp_path: Path) -> None:
    reference, base = f"{engine.prefix}:1.0.0", engine.base("base")
    result = package(EXAMPLES, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    image = engine.image(reference)
    assert report(tmp_path)["image"] == {
        "reference": reference,
        "digest": None,
        "id": image.id,
        "builder": "docker",
    }
    config = image.attrs["Config"]
    assert config["User"] == "1000:0"
    assert config["Cmd"] == ["python", "/app/chartgen/start.py"]
    assert not config["Entrypoint"]
    assert list(config["ExposedPorts"]) == ["7860/tcp"]
    found = labels(image)
    assert found["org.opencontainers.image.title"] == "bots"
    assert found["org.opencontainers.image.version"] == "1.0.0"
    assert found["org.opencontainers.image.description"] == report(tmp_path)["description"]
    assert found["org.opencontainers.image.base.name"] == base
    assert found["dev.chartgen.runtime"] == "langflow 1.13.0"
    assert len(found["dev.chartgen.flows.sha256"]) == 64


@pytest.mark.docker
def test_two_builds_of_the_same_flows_are_one_image(engine: Engine, tmp_path: Path) -> None:
    reference, base = f"{engine.prefix}:1.0.0", engine.base("base")
    ids = set()
    for _ in range(2):
        result = package(EXAMPLES, reference, base, "--builder", "docker", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        ids.add(report(tmp_path)["image"]["id"])
    assert len(ids) == 1


@pytest.mark.docker
def test_the_command_that_is_named_for_an_unbuilt_image_builds_the_same_files(
    engine: Engine, tmp_path: Path
) -> None:
    reference, base = f"{engine.prefix}:1.0.0", engine.base("base")
    found = []
    for builder in ("docker", "none"):
        result = package(
            *(EXAMPLES, reference, base, "--builder", builder), cwd=tmp_path, umask=0o077
        )
        assert result.returncode == 0, result.stderr
        if builder == "none":
            named = next(line for line in result.stderr.splitlines() if "docker build" in line)
            built = run(*named.split(), cwd=tmp_path)
            assert built.returncode == 0, built.stderr
        _, entries = engine.run(reference, "true")
        found.append(entries)
    assert found[0] == found[1]


@pytest.mark.docker
def test_hostile_names_of_flows_and_descriptions_survive_in_labels(
    engine: Engine, tmp_path: Path
) -> None:
    reference, base = f"{engine.prefix}:1.0.0", engine.base("base")
    folder = tmp_path / "flows"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / f"{number}.json").write_bytes(flow(name, name))
    result = package(folder, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    text = labels(engine.image(reference))["org.opencontainers.image.description"]
    assert text == one_line(report(tmp_path)["description"])
    assert all(one_line(name) in text for name in NAMES)


@pytest.mark.docker
def test_hostile_descriptions_survive_in_labels(
    engine: Engine, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    reference, base = f"{engine.prefix}:1.0.0", engine.base("base")
    for number, text in enumerate([*NAMES, " | ".join(HOSTILE)]):
        with subtests.test(text=text):
            folder = flows_with(tmp_path / str(number), {"description": text})
            result = package(folder, reference, base, "--builder", "docker", cwd=tmp_path)
            assert result.returncode == 0, result.stderr
            found = labels(engine.image(reference))
            assert found["org.opencontainers.image.description"] == one_line(text)
            assert len(found) == 6


@pytest.mark.docker
def test_packages_are_installed_by_the_python_of_the_base(engine: Engine, tmp_path: Path) -> None:
    reference = f"{engine.prefix}:1.0.0"
    base = engine.base(
        "python",
        python="[ $1 = -B ] && exit 0;"
        'echo "$@" >/app/called; cat /app/chartgen/*s.txt >>/app/called',
    )
    folder = flows_with(tmp_path / "flows", {"packages": ["left-pad==1.0", "six"]})
    result = package(folder, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    _, found = engine.run(reference, "true")
    words = found["app/called"].data.decode()
    assert words.startswith("-m pip install --no-cache-dir --requirement ")
    assert words.splitlines()[1:] == [
        *("langflow-base==1.13.0", "lfx==1.13.0"),
        *("left-pad==1.0", "six"),
    ]
    assert engine.image(reference).attrs["Config"]["User"] == "1000:0"


@pytest.mark.docker
def test_a_failing_step_shows_its_last_lines_and_writes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    reference = f"{engine.prefix}:1.0.0"
    python = "i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i >&2; done; exit 7"
    base = engine.base("python", python=python)
    folder = flows_with(tmp_path / "flows", {"packages": ["six"]})
    result = package(folder, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 1
    _, _, told = result.stderr.partition("chartgen: the image cannot be built: ")
    assert "returned a non-zero code: 7" in told
    # Nothing but the step's own words, without the colours that the engine gives them.
    assert told.splitlines()[1:] == [f"  line {number}" for number in range(21, 41)]
    assert not (tmp_path / "dist").exists()
    assert not exists(engine, reference)


@pytest.mark.docker
def test_what_cannot_be_loaded_fails_the_build_with_flow_and_component(
    engine: Engine, tmp_path: Path
) -> None:
    line = "chartgen: Echo → Prompt Template: the module left_pad is missing"
    base = engine.base("python", python=f"(id -u; echo $@; echo '{line}') >&2; exit 1")
    reference = f"{engine.prefix}:1.0.0"
    result = package(EXAMPLES, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 1
    _, _, told = result.stderr.partition("chartgen: the image cannot be built: ")
    step, *words = [text.strip() for text in told.splitlines()[1:]]
    assert step.endswith('RUN ["python", "-B", "/app/chartgen/check.py"]')
    assert words == ["1000", "-B /app/chartgen/check.py", line]
    assert not (tmp_path / "dist").exists()
    assert not exists(engine, reference)


@pytest.mark.docker
def test_a_base_without_python_is_named_as_the_step_that_failed(
    engine: Engine, tmp_path: Path
) -> None:
    folder = flows_with(tmp_path / "flows", {"packages": ["six"]})
    result = package(
        *(folder, f"{engine.prefix}:1.0.0", engine.base("bare", python="")),
        *("--builder", "docker"),
        cwd=tmp_path,
    )
    assert result.returncode == 1
    _, _, told = result.stderr.partition("chartgen: the image cannot be built: ")
    assert "command -v python" in told
    # Of the steps before it nothing is shown, and it had nothing to say itself.
    assert [line[:7] for line in told.splitlines()[1:]] == ["  Step "]
    assert not (tmp_path / "dist").exists()


@pytest.mark.docker
def test_the_python_of_the_image_tells_which_langflow_its_base_holds(
    engine: Engine, tmp_path: Path
) -> None:
    base = engine.base("base", python='[ "$1" != -c ] || echo langflow-base==1.12.8')
    given = (EXAMPLES, f"{engine.prefix}:1.0.0", base, "--builder", "docker")
    result = package(*given, cwd=tmp_path)
    assert result.returncode == 1
    assert f"the base {base} is Langflow 1.12.8, which has " in result.stderr
    assert not (tmp_path / "dist").exists()


@pytest.mark.docker
def test_a_base_that_cannot_be_had_is_no_fault_of_the_flows(engine: Engine, tmp_path: Path) -> None:
    # Port 1 of this machine: an engine asks it for the image, and nobody answers.
    base = "localhost:1/none:1"
    reference = f"{engine.prefix}:1.0.0"
    result = package(EXAMPLES, reference, base, "--builder", "docker", cwd=tmp_path)
    assert result.returncode == 3
    assert "chartgen: the base image cannot be had: " in result.stderr
    assert not (tmp_path / "dist").exists()
    result = package(EXAMPLES, reference, base, "--builder", "auto", cwd=tmp_path)
    assert result.returncode == 0
    assert "THE IMAGE WAS NOT BUILT: localhost:1 refuses connections" in result.stderr
    assert "; the base image cannot be had: " in result.stderr
    assert (tmp_path / "dist").exists()


@pytest.mark.docker
def test_the_builder_auto_builds_where_an_engine_answers(engine: Engine, tmp_path: Path) -> None:
    reference = f"{engine.prefix}:1.0.0"
    result = package(EXAMPLES, reference, engine.base("base"), "--require-image", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "NOT BUILT" not in result.stderr
    assert "Step 1/" in result.stderr
    assert report(tmp_path)["image"]["builder"] == "docker"
    assert exists(engine, reference)


@pytest.mark.docker
def test_a_dry_run_builds_and_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    reference = f"{engine.prefix}:1.0.0"
    result = package(EXAMPLES, reference, engine.base("base"), "--dry-run", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "dist/bots-1.0.0.tgz" in result.stdout.splitlines()
    assert not (tmp_path / "dist").exists()
    assert not exists(engine, reference)


def test_without_an_engine_the_builder_auto_says_loudly_what_to_do(tmp_path: Path) -> None:
    result = package(EXAMPLES, "registry.example.com/bots", "python:3", cwd=tmp_path, env=NOWHERE)
    assert result.returncode == 0
    assert "THE IMAGE WAS NOT BUILT: registry-1.docker.io refuses connections" in result.stderr
    assert "; no Docker engine answers" in result.stderr
    name = "registry.example.com/bots:1.0.0"
    assert f"docker build -t {name} dist/bots-1.0.0.context" in result.stderr
    assert f"docker push {name}" in result.stderr
    written = sorted(path.name for path in (tmp_path / "dist").iterdir())
    assert written == ["bots-1.0.0.context", "bots-1.0.0.release.json", "bots-1.0.0.tgz"]
    assert report(tmp_path)["image"]["builder"] == "none"


@pytest.mark.parametrize("builder", ["auto", "oci", "docker", "none"])
def test_a_required_image_that_is_not_built_ends_with_3(builder: str, tmp_path: Path) -> None:
    result = package(
        *(EXAMPLES, "bots", "python:3", "--require-image", "--builder", builder),
        cwd=tmp_path,
        env=NOWHERE,
    )
    assert result.returncode == 3
    assert "chartgen: " in result.stderr
    assert "docker build" not in result.stdout
    assert not (tmp_path / "dist").exists()


def test_the_builder_docker_without_an_engine_ends_with_3(tmp_path: Path) -> None:
    result = package(EXAMPLES, "bots", "python:3", "--builder", "docker", cwd=tmp_path, env=NOWHERE)
    assert result.returncode == 3
    assert "no Docker engine answers" in result.stderr
    assert not (tmp_path / "dist").exists()
