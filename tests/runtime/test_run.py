"""`chartgen run` with a real engine: it starts, answers, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from docker.errors import NotFound

from tests import cli as terminal
from tests.integration.engine import Engine, exists
from tests.runtime import local
from tests.runtime.local import Local, text_of

pytestmark = pytest.mark.docker

SECONDS = 180


@pytest.fixture(scope="module")
def release(base: str, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with local.release(base, engine, tmp_path_factory.mktemp("run")) as made:
        yield made


@contextmanager
def started(release: Local, *more: str, dot_env: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command, in a folder with a .env; it is told to end if it has not."""
    folder = release.file.parents[1]
    (folder / ".env").write_text(dot_env)
    unknown = dict.fromkeys(release.secrets, "")
    with (
        (folder / "err").open("wb") as err,
        subprocess.Popen(  # noqa: S603 - our own program
            terminal.command("run", release.file, *more),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            env={**os.environ, **unknown},
            # Whoever runs the tests in the background has it ignored, and it would stay so.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            process.wait(SECONDS)


def left(engine: Engine) -> list[str]:
    """The containers of `chartgen run` that are still there; other tests run the same image."""
    mine = "^/support-bots-[0-9a-f]{8}$"
    found = engine.client.containers.list(all=True, filters={"name": mine})
    return [str(container.name) for container in found]


def told(release: Local) -> str:
    return (release.file.parents[1] / "err").read_text()


def test_a_release_runs_answers_and_is_removed_with_ctrl_c(release: Local, engine: Engine) -> None:
    port, key = local.free_port(), release.secrets["ACME_SIGNING_KEY"]
    assert not exists(engine, release.image)
    with started(
        release, "--port", str(port), "--output", "json", dot_env=f"ACME_SIGNING_KEY='{key}'\n"
    ) as process:
        assert process.stdout is not None
        text = b""
        while not text.endswith(b"\n}\n"):
            line = process.stdout.readline()
            assert line, told(release)
            text += line
        found = json.loads(text)
        assert found["url"] == f"http://127.0.0.1:{port}"
        assert len(found["flows"]) == len(release.report["flows"])
        container = engine.client.containers.get(found["running"])
        shown = container.attrs
        values = dict(one.split("=", 1) for one in shown["Config"]["Env"])
        api_key = values["LANGFLOW_API_KEY"]
        answer = release.ask(found["url"], "Signed webhook", "hi", **{"x-api-key": api_key})
        wanted = hmac.new(key.encode(), b"hi", hashlib.sha256).hexdigest()
        assert text_of(answer) == f"signature={wanted}"
        assert release.ask(found["url"], "Echo", "hi").status_code == 403
        arguments = Path(f"/proc/{process.pid}/cmdline").read_text()
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0, told(release)
        assert time.monotonic() - begun < 45
    with pytest.raises(NotFound):
        engine.client.containers.get(found["running"])
    everywhere = text.decode() + told(release) + arguments
    everywhere += str([shown["Config"]["Labels"], shown["Path"], shown["Args"]])
    for name in release.secrets:
        assert values[name] not in everywhere, name


def test_a_container_that_ends_by_itself_is_a_failure_with_its_last_words(
    release: Local, engine: Engine
) -> None:
    with started(
        release,
        *("--port", str(local.free_port())),
        dot_env="ACME_SIGNING_KEY=key\nMAX_TICKETS=many\n",
    ) as process:
        assert process.wait(SECONDS) == 1
    assert "the container ended by itself, with 78" in told(release)
    assert "MAX_TICKETS is not of type integer" in told(release)
    assert not left(engine)


def test_a_credential_that_is_missing_is_named_before_anything_starts(
    release: Local, engine: Engine
) -> None:
    with started(release, dot_env="") as process:
        assert process.wait(SECONDS) == 1
    assert "ACME_SIGNING_KEY is not set: Signed webhook → HMAC Signer → Signing key" in told(
        release
    )
    assert not left(engine)


def test_a_port_that_is_taken_is_told_and_leaves_no_container(
    release: Local, engine: Engine
) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with started(release, "--port", str(port), dot_env="ACME_SIGNING_KEY=key\n") as process:
            assert process.wait(SECONDS) == 1
    assert "the Docker engine refuses" in told(release)
    assert str(port) in told(release)
    assert not left(engine)
