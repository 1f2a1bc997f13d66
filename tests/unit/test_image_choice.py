"""Which base and which builder are taken, and what is said when none can be had."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chartgen import report
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.image import BUILDERS, Built, Order, bases, choice
from chartgen.image import build as build_image
from tests import cli as terminal
from tests import releases
from tests.oci_base import Shelf
from tests.registry_server import Fault, Registry
from tests.releases import Nobody, app, build, package
from tests.sample import sample_app, sample_image

IMAGE = "registry.example.com/team/bots"
LAYOUT = Path("dist/bots-1.0.0.image")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    releases.hasten(monkeypatch)


@pytest.fixture
def server() -> Iterator[Registry]:
    with Registry().serve() as started:
        yield started


def test_a_layout_may_be_named_without_its_only_tag(shelf: Shelf) -> None:
    digests = {
        package(base, IMAGE, "--output", "json").data["image"]["digest"]
        for base in ("oci-layout:base", "oci-layout:base:1", f"oci-layout:{Path('base').resolve()}")
    }
    assert len(digests) == 1


def test_what_is_no_layout_is_told() -> None:
    done = package("oci-layout:nowhere", IMAGE)
    assert (done.code, done.out) == (1, "")
    assert "nowhere is neither a folder nor a plain tar archive" in done.err


def test_packages_that_the_base_lacks_are_named_and_docker_is_offered(shelf: Shelf) -> None:
    with pytest.raises(InvalidInput) as caught:
        build(app=app(packages=("langchain-openai", "six==1.16")))
    assert "langchain-openai, six==1.16" in caught.value.message
    assert "--builder docker" in caught.value.message


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({}, "knows nothing of this"),
        ({"get manifest": Fault(status=401)}, "wants a login"),
        ({"get manifest": Fault(status=403)}, "does not allow you"),
        ({"get manifest": Fault(status=503)}, "answers 503"),
        ({"get manifest": Fault(reset=True)}, "breaks off the connection"),
    ],
)
def test_a_base_that_cannot_be_had_ends_with_3_or_without_an_image(
    faults: dict[str, Fault], words: str, server: Registry
) -> None:
    server.always.update(faults)
    base = f"{server.host}/base:1"
    done = package(base, IMAGE, "--builder", "oci")
    assert (done.code, done.out) == (3, "")
    assert words in done.err
    assert not Path("dist").exists()
    auto = package(base, IMAGE)
    assert auto.code == 0
    assert "THE IMAGE WAS NOT BUILT: " in auto.err
    assert words in auto.err
    assert "; no Docker engine answers" in auto.err
    assert not LAYOUT.exists()
    assert package(base, IMAGE, "--require-image").code == 3


def test_a_registry_that_is_silent_does_not_keep_auto_waiting(
    server: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "HURRY_SECONDS", 0.2)
    server.always["get manifest"] = Fault(hang=2.0)
    since = time.monotonic()
    done = package(f"{server.host}/base:1", IMAGE)
    assert time.monotonic() - since < 1.5
    assert done.code == 0
    assert f"{server.host} does not answer within 0.2 seconds" in done.err


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which builders are tried; each is unavailable."""
    names: list[str] = []

    def failing(name: str) -> Callable[..., Built]:
        def fail(*_: Any) -> Built:
            names.append(name)
            raise Unavailable(f"no {name}")

        return fail

    for name in BUILDERS:
        monkeypatch.setitem(BUILDERS, name, failing(name))
    return names


@pytest.mark.parametrize(
    ("builder", "changes", "platforms", "wanted"),
    [
        ("auto", {}, (), ["oci"]),
        ("auto", {"base": sample_app().base}, (), ["oci", "docker"]),
        ("auto", {"base": sample_app().base}, ("linux/amd64",), ["oci", "docker"]),
        ("auto", {"base": sample_app().base}, ("linux/amd64", "linux/arm64"), ["oci"]),
        ("auto", {"packages": ("six",)}, (), ["docker"]),
        ("docker", {}, (), ["docker"]),
        ("oci", {}, (), ["oci"]),
    ],
)
def test_auto_tries_in_turn_what_could_do_it(
    builder: str,
    changes: dict[str, Any],
    platforms: tuple[str, ...],
    wanted: list[str],
    tried: list[str],
) -> None:
    order = Order(app=app(**changes), image=sample_image(), context={}, platforms=platforms)
    with pytest.raises(Unavailable, match="; ".join(f"no {name}" for name in wanted)):
        build_image(order, builder, Nobody())
    assert tried == wanted


def test_auto_does_not_go_on_after_what_is_wrong_with_the_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> Built:
        raise ChartgenError("the base is damaged")

    monkeypatch.setitem(BUILDERS, "oci", fail)
    done = package("langflow:1", IMAGE)
    assert done.code == 1
    assert "the base is damaged" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--base", "oci-layout:base:1"), "cannot build on oci-layout:base:1"),
        (("--platform", "linux/amd64", "--platform", "linux/arm64"), "one platform at a time"),
    ],
)
def test_docker_refuses_what_it_cannot_do_and_names_oci(
    arguments: tuple[str, ...], words: str
) -> None:
    done = terminal.run("image", "flows", *releases.RELEASE, "--builder", "docker", *arguments)
    assert done.code == 1
    assert words in done.err
    assert "--builder oci" in done.err


@pytest.mark.parametrize(
    ("text", "host", "path", "reference"),
    [
        ("langflowai/langflow", "docker.io", "langflowai/langflow", ""),
        ("python:3", "docker.io", "library/python", "3"),
        ("r.io:5000/a/b", "r.io:5000", "a/b", ""),
        ("r.io:5000/a/b:c", "r.io:5000", "a/b", "c"),
        (f"r.io/a:b@sha256:{'a' * 64}", "r.io", "a", f"sha256:{'a' * 64}"),
    ],
)
def test_the_name_of_a_base_is_taken_apart(text: str, host: str, path: str, reference: str) -> None:
    with bases.opened(text) as opened:
        assert opened.location is not None
        assert (opened.location.host, opened.location.repository) == (host, path)
        assert opened.reference == reference


def test_a_dry_run_asks_no_registry(server: Registry) -> None:
    done = package(f"{server.host}/base:1", IMAGE, "--builder", "oci", "--dry-run")
    assert done.code == 0
    assert server.seen == []
    assert report.IMAGE_FOLDER not in done.out
