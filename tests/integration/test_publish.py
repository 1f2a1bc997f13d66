"""Releases in a real registry, pushed by us, and read by those who will use them."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integration import registries
from tests.integration.command import CACHE, EXAMPLES, Result, chartgen, run
from tests.integration.engine import Engine, base_layer
from tests.integration.registries import PASSWORD, USER, TokenServer
from tests.integration.test_helm_commands import KUBERNETES, SOURCES
from tests.oci_base import AMD64, ARM64, Shelf, folder, tar

IMAGE = "team/support-bots"
REPORT = "dist/support-bots-1.0.0.release.json"
CHART = "dist/support-bots-1.0.0.tgz"
KINDS = ("open", "htpasswd", "token")


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A folder of somebody who may push to a registry, which holds a base for two platforms."""

    host: str
    folder: Path
    env: Mapping[str, str] = field(repr=False)

    def chartgen(self, *arguments: str | Path) -> Result:
        done = chartgen(*arguments, cwd=self.folder, env=self.env)
        assert done.returncode == 0, done.stderr
        return done

    def package(self, *more: str, flows: Path = EXAMPLES) -> dict[str, Any]:
        self.chartgen(
            *("package", flows, "--base", f"{self.host}/base:1", "--builder", "oci"),
            *("--image", f"{self.host}/{IMAGE}", *more),
        )
        told: dict[str, Any] = json.loads((self.folder / REPORT).read_bytes())
        return told

    def push(self) -> Result:
        return self.chartgen("push", REPORT, "--chart-repository", f"oci://{self.host}/charts")

    def tool(self, command: str | Path, *arguments: str | Path) -> str:
        found = shutil.which(command)
        if found is None:
            pytest.skip(f"there is no {command}: install it with `apt-get install {command}`")
        done = run(found, *arguments, cwd=self.folder, env=self.env)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


@contextlib.contextmanager
def desk(kind: str, root: Path) -> Iterator[Desk]:
    """A registry of a kind, with a base in it that skopeo has put there."""
    with contextlib.ExitStack() as stack:
        auth = registries.htpasswd(root / "auth") if kind == "htpasswd" else None
        if kind == "token":
            auth = stack.enter_context(TokenServer(root / "tokens").serve()).auth
        host = stack.enter_context(registries.registry(root / "registry", auth))
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        config = root / "config.json"
        config.write_text(json.dumps({"auths": {host: {"auth": login}} if auth else {}}))
        env = {
            **{f"HELM_{part}_HOME": str(root / "helm") for part in ("CACHE", "CONFIG", "DATA")},
            **{name: str(config) for name in ("HELM_REGISTRY_CONFIG", "REGISTRY_AUTH_FILE")},
            "DOCKER_CONFIG": str(root),
            "HOME": str(root),
        }
        (root / "desk").mkdir()
        made = Desk(host=host, folder=root / "desk", env=env)
        _lay_base(made, root / "base")
        yield made


def _lay_base(desk: Desk, layout: Path) -> None:
    shelf = Shelf()
    mine = tar([folder("app/", 0o775, 1000, 0)])
    images = {
        platform["architecture"]: shelf.image(
            layers=[base_layer(), mine],
            platform=platform,
            config={"config": {"Env": ["PATH=/bin"]}},
        )
        for platform in (AMD64, ARM64)
    }
    entries = [shelf.entry(images[one["architecture"]], one) for one in (AMD64, ARM64)]
    shelf.write(layout, {"1": shelf.index(entries)})
    desk.tool(
        *("skopeo", "--insecure-policy", "copy", "--all", "--dest-tls-verify=false"),
        *(f"oci:{layout}:1", f"docker://{desk.host}/base:1"),
    )


@pytest.fixture(scope="module", params=KINDS)
def published(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, dict[str, Any], list[str]]]:
    """A release in a registry of each kind: the desk, the report, and what push has printed."""
    with desk(request.param, tmp_path_factory.mktemp(request.param)) as made:
        told = made.package()
        yield made, told, made.push().stdout.splitlines()


Published = tuple[Desk, dict[str, Any], list[str]]


@pytest.fixture(params=SOURCES)
def helm(request: pytest.FixtureRequest) -> Path:
    command: Path = CACHE / request.param / "helm"
    if not command.exists():
        source = SOURCES[request.param]
        pytest.skip(f"no {command}: GOBIN={command.parent} go install {source}")
    return command


def test_push_prints_both_references_with_their_digests(published: Published) -> None:
    desk, told, (image, chart) = published
    assert image == f"{desk.host}/{IMAGE}:1.0.0@{told['image']['digest']}"
    pattern = rf"oci://{re.escape(desk.host)}/charts/support-bots:1\.0\.0@sha256:[0-9a-f]{{64}}"
    assert re.fullmatch(pattern, chart)


def test_a_second_push_says_that_all_is_there(published: Published) -> None:
    desk, _, lines = published
    again = desk.push()
    assert again.stdout.splitlines() == lines
    assert again.stderr.count("was there already, with the same content") == 2


def test_helm_pulls_the_chart_byte_for_byte(
    published: Published, helm: Path, tmp_path: Path
) -> None:
    desk, _, lines = published
    said = desk.tool(
        *(helm, "pull", f"oci://{desk.host}/charts/support-bots", "--version", "1.0.0"),
        *("--plain-http", "--destination", tmp_path),
    )
    assert lines[1].partition("@")[2] in said
    (pulled,) = tmp_path.glob("*.tgz")
    assert pulled.read_bytes() == (desk.folder / CHART).read_bytes()


def test_helm_renders_the_chart_from_the_registry_with_the_image_pinned(
    published: Published, helm: Path
) -> None:
    desk, told, _ = published
    values = desk.chartgen("credentials", REPORT).stdout.replace('""', '"sk-test"')
    (desk.folder / "values.yaml").write_text(values, "utf-8")
    rendered = desk.tool(
        *(helm, "template", "demo", f"oci://{desk.host}/charts/support-bots", "--version", "1.0.0"),
        *("--plain-http", "--values", "values.yaml", *KUBERNETES),
    )
    images = re.findall(r"^ +image: (.*)$", rendered, re.MULTILINE)
    # That of the pods, and of the pod that tests them.
    pinned = f"{desk.host}/{IMAGE}:1.0.0@{told['image']['digest']}"
    assert [one.strip('"') for one in images] == [pinned, pinned]


def test_the_charts_digest_is_that_of_helms_own_push(published: Published, helm: Path) -> None:
    desk, _, lines = published
    # The time of the file is what Helm would put into the manifest.
    os.utime(desk.folder / CHART, (1_700_000_000, 1_700_000_000))
    place = f"oci://{desk.host}/{helm.parent.name}"
    said = desk.tool(helm, "push", CHART, place, "--plain-http")
    assert re.findall(r"sha256:[0-9a-f]{64}", said) == [lines[1].partition("@")[2]]


@pytest.mark.docker
def test_docker_pulls_the_image_by_its_digest_and_runs_it(
    published: Published, engine: Engine
) -> None:
    desk, told, _ = published
    reference = f"{desk.host}/{IMAGE}@{told['image']['digest']}"
    desk.tool("docker", "pull", reference)
    try:
        said, found = engine.run(reference, "id -u; id -g; stat -c '%a %u:%g' /app")
        config = engine.image(reference).attrs["Config"]
    finally:
        engine.client.images.remove(reference, force=True)
    assert said.split() == ["1000", "0", "775", "1000:0"]
    assert (config["User"], config["Cmd"]) == ("1000:0", ["python", "/app/chartgen/start.py"])
    context = desk.folder / "dist/support-bots-1.0.0.context/rootfs"
    files = {path: entry for path, entry in found.items() if (context / path).is_file()}
    assert len(files) > len(told["flows"])
    for path, entry in files.items():
        assert entry.data == (context / path).read_bytes(), path
        assert (entry.mode, entry.owner) == (0o644, (0, 0))


def test_skopeo_inspects_and_copies_every_platform(published: Published, tmp_path: Path) -> None:
    desk, told, _ = published
    name = f"docker://{desk.host}/{IMAGE}:1.0.0"
    for architecture in ("amd64", "arm64"):
        seen = json.loads(
            desk.tool(
                *("skopeo", "--insecure-policy", "--override-arch", architecture),
                *("inspect", "--tls-verify=false", name),
            )
        )
        assert seen["Digest"] == told["image"]["digest"]
        assert seen["Architecture"] == architecture
        assert seen["Labels"]["org.opencontainers.image.title"] == "support-bots"
        assert seen["Labels"]["org.opencontainers.image.base.name"] == f"{desk.host}/base:1"
    desk.tool(
        *("skopeo", "--insecure-policy", "copy", "--all", "--preserve-digests"),
        *("--src-tls-verify=false", name, f"oci:{tmp_path / 'copy'}:1"),
    )
    index = json.loads((tmp_path / "copy" / "index.json").read_bytes())
    assert [one["digest"] for one in index["manifests"]] == [told["image"]["digest"]]


def test_flows_in_another_order_time_and_mode_give_the_same_digests(tmp_path: Path) -> None:
    with desk("open", tmp_path) as made:
        found = []
        for number, mode in enumerate((0o600, 0o644, 0o777)):
            flows = made.folder / f"place-{number}" / "flows"
            shutil.copytree(EXAMPLES, flows)
            files = sorted(
                (path for path in flows.rglob("*") if path.is_file()), reverse=number == 1
            )
            for file in files:
                data = file.read_bytes()
                file.unlink()
                file.write_bytes(data)
                file.chmod(mode)
                os.utime(file, (number * 1_000_000, number * 1_000_000))
            shutil.rmtree(made.folder / "dist", ignore_errors=True)
            told = made.package("--destination", str(made.folder / "dist"), flows=flows)
            found.append((told["image"]["digest"], told["chart"]["digest"], made.push().stdout))
    assert len(set(found)) == 1


def test_a_published_version_is_not_replaced_unless_that_is_wanted(tmp_path: Path) -> None:
    with desk("open", tmp_path) as made:
        made.package()
        first = made.push().stdout
        made.package("--platform", "linux/amd64")
        push = ("push", REPORT, "--chart-repository", f"oci://{made.host}/charts")
        refused = chartgen(*push, cwd=made.folder, env=made.env)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"{IMAGE}:1.0.0 is published already with other content" in refused.stderr
        forced = made.chartgen(*push, "--force").stdout
        assert forced != first
        assert made.push().stdout == forced


def test_a_wrong_password_is_told_with_the_commands_that_log_in(tmp_path: Path) -> None:
    with desk("htpasswd", tmp_path) as made:
        made.package()
        login = base64.b64encode(f"{USER}:tr0ub4dor".encode()).decode()
        config = {"auths": {made.host: {"auth": login}}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        refused = chartgen("push", REPORT, cwd=made.folder, env=made.env)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"docker login {made.host}" in refused.stderr
        assert "tr0ub4dor" not in refused.stderr
