"""Canaries in every place where secrets have been seen: none gets out."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import logging
import tarfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest

from chartgen.runtimes.langflow import checks, graph, hosts
from tests import cli as terminal
from tests import helm, releases
from tests.canaries import places
from tests.oci_base import Shelf
from tests.registry_server import PASSWORD, USER, Registry

RELEASE = ("--name", "bots", "--version", "1.0.0")
OCI = ("--base", "oci-layout:base:1", "--image", "registry.example.com/team/bots")
CASES = places.planted()


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.settle(tmp_path, monkeypatch)
    monkeypatch.setenv("CHARTGEN_DEBUG", "1")
    shelf = Shelf()
    shelf.write(Path("base"), {"1": shelf.image(tag="1")})


def spellings(canary: str) -> tuple[bytes, ...]:
    """The canary, and what it becomes in base64 wherever it begins, in URLs, and backwards."""
    found = [canary, quote(canary, safe=""), canary[::-1], canary.upper()]
    for shift in range(3):
        encoded = base64.b64encode(b" " * shift + canary.encode())[2 if shift else 0 : -4]
        found.append(encoded.decode()[2:])
    return tuple(text.encode() for text in found)


def hits(canary: str, data: bytes, place: str) -> Iterator[str]:
    """Where it is: in bytes, and in what they pack."""
    for text in spellings(canary):
        if text in data:
            yield place
    if data[:2] == b"\x1f\x8b":
        yield from hits(canary, gzip.decompress(data), f"{place} (inflated)")
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                held = archive.extractfile(entry)
                if held:
                    yield from hits(canary, held.read(), f"{place}/{entry.name}")


def everywhere(canary: str, folder: str = "dist") -> list[str]:
    """Every place under a folder that has it."""
    found: list[str] = []
    for name in terminal.files(folder) if Path(folder).exists() else ():
        found += hits(canary, name.encode(), "a name")
        found += hits(canary, (Path(folder) / name).read_bytes(), name)
    return found


def said(canary: str, done: terminal.Outcome) -> list[str]:
    return [*hits(canary, (done.out + done.err).encode(), "what is printed")]


def test_there_are_sixty_places_in_flows() -> None:
    assert len(CASES) == 60


@pytest.mark.parametrize("place", CASES)
def test_a_canary_in_a_flow_gets_nowhere(place: str) -> None:
    canary, planted = CASES[place]
    Path("flows/echo.json").unlink()
    Path("flows/flow.json").write_text(json.dumps(planted))
    for command in (
        ("inspect", "flows", "--output", "json"),
        ("inspect", "flows"),
        ("package", "flows", *RELEASE, "--builder", "none"),
        ("package", "flows", *RELEASE, "--builder", "oci", *OCI, "--bind-literals"),
        ("compose", "dist/bots-1.0.0.release.json"),
        ("credentials", "dist/bots-1.0.0.release.json"),
    ):
        done = terminal.run(*command)
        assert done.code in {0, 1, 2, 3}
        assert not said(canary, done), command
        assert not everywhere(canary), command
    for archive in Path("dist").glob("*.tgz"):
        files = terminal.chart(str(archive))
        for name, text in helm.texts(files, helm.values_of(files)).items():
            assert not [*hits(canary, text.encode(), name)]


@pytest.mark.parametrize(
    "text",
    [
        "credentials: {{LANGFLOW_API_KEY: {{value: {0}}}}}",
        "database: {{value: 'postgresql://user:{0}@db:5432/name'}}",
        "env: [{{name: LANGFLOW_TWEAKS_POLICY, value: {0}}}, {{name: A_TOKEN, value: {0}}}]",
        "replicaCount: {0}",
        "existingSecret: [{0}",
        "*{0}",
        "tracing: {{langfuse: {{baseUrl: 'http://{0}@langfuse'}}}}",
    ],
)
def test_a_canary_in_values_is_not_shown_by_doctor(text: str) -> None:
    canary = places.plain("values")
    assert terminal.run("package", "flows", *RELEASE, "--builder", "none").code == 0
    Path("values.yaml").write_text(text.format(canary))
    for form in ("text", "json"):
        values = ("--values", "values.yaml", "--output", form)
        done = terminal.run("doctor", "dist/bots-1.0.0.release.json", *values)
        assert done.code in {0, 1}
        assert not said(canary, done)


def test_what_would_have_been_packed_would_have_been_found() -> None:
    file = terminal.add("echo.json", description="an innocent canary")
    assert terminal.run("package", file, *RELEASE, "--builder", "oci", *OCI).code == 0
    found = " ".join(everywhere("an innocent canary"))
    for place in (".image/", "(inflated)", ".context/", ".tgz", ".release.json"):
        assert place in found, place


@pytest.mark.parametrize("builder", ["none", "oci"])
def test_nothing_that_lies_beside_flows_goes_along(builder: str) -> None:
    for name in places.BESIDE:
        file = Path("flows") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"SECRET={places.plain(name)}\n{places.vendors(name)}\n")
    done = terminal.run("package", "flows", *RELEASE, "--builder", builder, *OCI)
    assert done.code == 0
    for name in places.BESIDE:
        for canary in (places.plain(name), places.vendors(name)):
            assert not said(canary, done)
            assert not everywhere(canary), name


@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_a_registrys_password_is_in_no_file_no_log_and_no_command_line(
    auth: Literal["basic", "bearer"], caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    with Registry(auth).serve() as server:
        shelf = Shelf()
        shelf.image(tag="1")
        releases.lay(server, "base", shelf)
        login = {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        Path("login").mkdir()
        Path("login/config.json").write_text(json.dumps({"auths": {server.host: login}}))
        monkeypatch.setenv("DOCKER_CONFIG", str(Path("login").absolute()))
        image = ("--base", f"{server.host}/base:1", "--image", f"{server.host}/team/bots")
        package = ("package", "flows", *RELEASE, "--builder", "oci", *image)
        push = ("push", "dist/bots-1.0.0.release.json",
                "--chart-repository", f"oci://{server.host}/charts")  # fmt: skip
        for command in (package, push, (*push, "--force")):
            done = terminal.run(*command)
            assert done.code == 0, done.err
            assert not said(PASSWORD, done)
        for command in (package, push):
            assert not [*hits(PASSWORD, watched(command), "a command line")]
        wrong = json.dumps({"auths": {server.host: {"auth": "dTpjYW5hcnktd3Jvbmc="}}})
        Path("login/config.json").write_text(wrong)
        done = terminal.run(*push, "--force")
        assert done.code
        assert not said("canary-wrong", done)
        assert not everywhere(PASSWORD)
        blobs = [*server.blobs.values(), *(body for _, body in server.manifests.values())]
        assert not [place for body in blobs for place in hits(PASSWORD, body, "the registry")]
    assert "chartgen" not in caplog.text or not [*hits(PASSWORD, caplog.text.encode(), "logs")]
    assert not [*hits(PASSWORD, caplog.text.encode(), "logs")]


def watched(words: Sequence[str]) -> bytes:
    """Run a command; every command line that is seen meanwhile, and what it prints."""
    seen, done = set[bytes](), threading.Event()

    def watch() -> None:
        while not done.is_set():
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(process.read_bytes())
            time.sleep(0.01)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        told = terminal.spawn(*words, *(("--force",) if words[0] == "push" else ()))
    finally:
        done.set()
        watcher.join()
    assert told.code == 0, told.err
    assert any(words[0].encode() in line for line in seen)
    return b"\n".join((*seen, told.out.encode(), told.err.encode()))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxys_password_is_not_shown_when_nothing_gets_through(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = places.plain(variable)
    for name in (variable, variable.lower()):
        monkeypatch.setenv(name, f"http://user:{canary}@127.0.0.1:1")
    releases.hasten(monkeypatch)
    for more in (("--builder", "oci"), ("--builder", "docker"), ("--builder", "auto")):
        done = terminal.run(
            "package", "flows", *RELEASE, "--base", "registry.invalid/base:1", *more
        )
        assert not said(canary, done)
        assert not everywhere(canary)


def test_a_crash_shows_no_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = places.plain("a crash")
    Path("flows/flow.json").write_text(json.dumps(places.DECLARED["a declared field"](canary)))

    def crash(*_: object, **__: object) -> None:
        raise KeyError("nodes")

    for module in (graph, checks, hosts):
        with monkeypatch.context() as patch:
            for name in ("components", "check", "find"):
                if hasattr(module, name):
                    patch.setattr(module, name, crash)
            for debug in ("", "1"):
                patch.setenv("CHARTGEN_DEBUG", debug)
                done = terminal.run("package", "flows", *RELEASE, "--output", "json")
                assert done.code == 70
                assert not said(canary, done)
