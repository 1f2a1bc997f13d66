"""Pushing blobs, with a fault at each step: the right outcome, bounded time, no false success."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterator

import pytest

from chartgen import registry
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.registry import BlobJob, Denied, Mismatch, NotFound, Patience, Refused
from chartgen.registry.client import Client
from tests.registry_server import STEPS, Fault, Registry, digest

BLOB = hashlib.sha256(b"seed").digest() * 40_000
NAME = digest(BLOB)
MANIFEST = b'{"schemaVersion": 2}'
TYPE = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def server() -> Iterator[Registry]:
    with Registry().serve() as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def client(server: Registry, slept: list[float]) -> Iterator[Client]:
    patience = Patience(read=5.0, commit=5.0, wait=lambda _, seconds: slept.append(seconds))
    with registry.connect(server.host, environment={}, patience=patience) as connected:
        yield connected


def everything(client: Client, step: str = "") -> str:
    """A whole push, with a mount if that is the step to look at: a blob and a manifest."""
    mount_from = "team/base" if step == "mount" else None
    client.push_blob("team/bots", NAME, len(BLOB), lambda: io.BytesIO(BLOB), mount_from)
    return client.push_manifest("team/bots", "1.0.0", MANIFEST, TYPE).digest


def complete(server: Registry) -> bool:
    return (
        server.blobs.get(("team/bots", NAME)) == BLOB
        and server.manifests.get(("team/bots", "1.0.0")) == (TYPE, MANIFEST)
    )  # fmt: skip


def test_a_blob_is_pushed_once_and_then_is_there(server: Registry, client: Client) -> None:
    seen: list[tuple[int, int]] = []

    def push() -> str:
        return client.push_blob(
            "team/bots",
            NAME,
            len(BLOB),
            lambda: io.BytesIO(BLOB),
            progress=lambda done, total: seen.append((done, total)),
        )

    assert push() == "uploaded"
    assert server.blobs["team/bots", NAME] == BLOB
    assert client.bytes_sent == len(BLOB)
    assert seen[-1] == (len(BLOB), len(BLOB))
    assert push() == "present"
    assert server.steps() == ["head blob", "begin", "upload", "head blob"]
    assert client.bytes_sent == len(BLOB)
    assert seen[-1] == (len(BLOB), len(BLOB))


def test_an_empty_blob_has_a_length_too(server: Registry, client: Client) -> None:
    assert client.push_blob("a", digest(b""), 0, io.BytesIO) == "uploaded"
    assert server.blobs["a", digest(b"")] == b""


def test_a_blob_of_another_repository_is_mounted(server: Registry, client: Client) -> None:
    server.blobs["team/base", NAME] = BLOB
    everything(client, "mount")
    assert complete(server)
    assert server.steps()[:3] == ["head blob", "mount", "put manifest"]
    assert client.bytes_sent == len(MANIFEST)


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault(status=404),
        Fault(status=403),
        Fault(status=400),
        Fault(status=500),
        Fault(reset=True),
    ],
)
def test_a_refused_mount_becomes_an_upload(
    fault: Fault | None, server: Registry, client: Client, slept: list[float]
) -> None:
    server.mounts = False
    if fault:
        server.always["mount"] = fault
    everything(client, "mount")
    assert complete(server)
    assert slept == []
    assert server.steps().count("upload") == 1
    assert server.steps().count("begin") == (1 if fault else 0)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(status=status) for status in (408, 429, 499, 500, 502, 503, 504, 522)),
        Fault(reset=True),
        Fault(reset=True, after=True),
        Fault(status=502, after=True),
    ],
)
def test_what_passes_is_overcome_at_every_step(
    step: str, fault: Fault, server: Registry, client: Client, slept: list[float]
) -> None:
    server.faults[step] = [fault, fault]
    assert everything(client, step) == digest(MANIFEST)
    assert complete(server)
    assert sum(slept) < 10
    assert max(server.steps().count(each) for each in STEPS) <= 4


@pytest.mark.parametrize("step", [step for step in STEPS if step != "mount"])
@pytest.mark.parametrize(
    "fault", [*(Fault(status=status) for status in (429, 500, 502, 503, 504)), Fault(reset=True)]
)
def test_what_does_not_pass_is_told_after_three_tries(
    step: str, fault: Fault, server: Registry, client: Client, slept: list[float]
) -> None:
    server.always[step] = fault
    with pytest.raises(Unavailable, match=rf"{server.host} .*\(tried 3 times\)") as caught:
        everything(client)
    assert caught.value.exit_code == 3
    assert server.steps().count(step) == 3
    assert sum(slept) < 10


@pytest.mark.parametrize("step", [step for step in STEPS if step != "mount"])
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Refused, "answers 400"),
        (403, Denied, "ask its owner for the right.*docker login"),
        (405, Refused, "answers 405"),
        (413, Refused, "client_max_body_size"),
        (501, Unavailable, "answers 501"),
    ],
)
def test_what_is_refused_is_told_at_once(
    step: str,
    status: int,
    kind: type[ChartgenError],
    words: str,
    server: Registry,
    client: Client,
    slept: list[float],
) -> None:
    server.always[step] = Fault(status=status)
    with pytest.raises(kind, match=words) as caught:
        everything(client)
    assert "team/bots" in str(caught.value)
    assert server.host in str(caught.value)
    assert server.steps().count(step) == 1
    assert slept == []


@pytest.mark.parametrize("step", ["begin", "put manifest"])
def test_a_404_to_a_push_says_that_the_repository_is_not_there(
    step: str, server: Registry, client: Client
) -> None:
    body = b'{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}'
    server.always[step] = Fault(status=404, body=body)
    with pytest.raises(NotFound, match=r"push to team/bots \(NAME_UNKNOWN: .*Check the name"):
        everything(client)
    assert server.steps().count(step) == 1


@pytest.mark.parametrize("step", [step for step in STEPS if step != "mount"])
def test_the_wish_to_wait_is_granted_at_every_step(
    step: str, server: Registry, client: Client, slept: list[float]
) -> None:
    server.faults[step] = [Fault(status=429, headers={"Retry-After": "17"})]
    everything(client)
    assert complete(server)
    assert slept == [17.0]


def test_an_upload_that_was_forgotten_begins_anew(server: Registry, client: Client) -> None:
    server.faults["upload"] = [Fault(status=404)]
    everything(client)
    assert complete(server)
    assert server.steps().count("begin") == 2
    server.always["upload"] = Fault(status=404)
    with pytest.raises(Unavailable, match="tried 3 times"):
        client.push_blob("other", NAME, len(BLOB), lambda: io.BytesIO(BLOB))


@pytest.mark.parametrize("step", ["upload", "put manifest"])
def test_a_connection_that_breaks_in_the_middle_is_no_success(
    step: str, server: Registry, client: Client
) -> None:
    count = 300_000 if step == "upload" else 5
    server.faults[step] = [Fault(break_at=count), Fault(break_at=count)]
    everything(client)
    assert complete(server)
    server.always[step] = Fault(break_at=count)
    server.blobs.clear()
    with pytest.raises(Unavailable, match="breaks off"):
        everything(client)
    assert step == "put manifest" or not server.blobs


def test_progress_falls_back_when_an_upload_begins_anew(server: Registry, client: Client) -> None:
    server.faults["upload"] = [Fault(status=503)]
    seen: list[int] = []
    client.push_blob(
        "a", NAME, len(BLOB), lambda: io.BytesIO(BLOB), progress=lambda done, _: seen.append(done)
    )
    assert seen.count(len(BLOB)) == 2
    assert 0 in seen
    assert max(seen) == seen[-1] == len(BLOB)
    assert client.bytes_sent == 2 * len(BLOB)


@pytest.mark.parametrize("step", ["head blob", "mount", "upload", "put manifest", "get manifest"])
def test_a_wrong_digest_header_is_never_a_success(
    step: str, server: Registry, client: Client, slept: list[float]
) -> None:
    if step == "head blob":
        server.blobs["team/bots", NAME] = BLOB
    if step == "mount":
        server.blobs["team/base", NAME] = BLOB
    server.always[step] = Fault(headers={"Docker-Content-Digest": digest(b"other")})
    with pytest.raises(Mismatch, match=f"{server.host} says {digest(b'other')}"):
        everything(client, step)
    assert slept == []


def test_a_blob_of_another_length_is_not_taken_for_ours(server: Registry, client: Client) -> None:
    server.blobs["team/bots", NAME] = b"short"
    with pytest.raises(Mismatch, match="has 5 bytes"):
        everything(client)


def test_an_upload_that_is_only_accepted_is_no_success(server: Registry, client: Client) -> None:
    server.always["upload"] = Fault(status=202)
    with pytest.raises(ChartgenError, match="answers 202"):
        everything(client)


def test_an_upload_without_a_place_to_go_is_an_error(server: Registry, client: Client) -> None:
    server.always["begin"] = Fault(status=202)
    with pytest.raises(Mismatch, match="does not say where"):
        everything(client)


@pytest.mark.parametrize(
    "content", [BLOB[:-1], BLOB + b"x", b"", BLOB[:-1] + b"x", BLOB[: len(BLOB) // 2]]
)
def test_a_file_that_changed_is_not_pushed(
    content: bytes, server: Registry, client: Client, slept: list[float]
) -> None:
    with pytest.raises(InvalidInput, match="did a file change meanwhile"):
        client.push_blob("a", NAME, len(BLOB), lambda: io.BytesIO(content))
    assert server.blobs == {}
    assert slept == []


def test_a_disk_that_fails_is_not_taken_for_the_network(client: Client, slept: list[float]) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    def missing() -> io.BytesIO:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(InvalidInput, match="Input/output error"):
        client.push_blob("a", NAME, len(BLOB), Broken)
    with pytest.raises(InvalidInput, match="No such file"):
        client.push_blob("a", NAME, len(BLOB), missing)
    assert slept == []


def jobs(count: int, open_stream: Callable[[bytes], io.BytesIO] = io.BytesIO) -> list[BlobJob]:
    blobs = [bytes([number]) * 50_000 for number in range(count)]
    return [
        BlobJob(
            repository="a",
            digest=digest(blob),
            size=len(blob),
            open_stream=lambda blob=blob: open_stream(blob),  # type: ignore[misc]
        )
        for blob in blobs
    ]


def test_many_blobs_are_pushed_at_once_and_each_of_them_once(
    server: Registry, client: Client
) -> None:
    seen: list[tuple[int, int]] = []
    wanted = jobs(9)
    outcomes = client.push_blobs(
        [*wanted, wanted[0]], progress=lambda done, total: seen.append((done, total))
    )
    assert outcomes == ["uploaded"] * 10
    assert {name for _, name in server.blobs} == {job.digest for job in wanted}
    assert server.steps().count("upload") == 9
    assert seen[-1] == (450_000, 450_000)
    assert server.connections <= 4
    assert client.push_blobs(wanted) == ["present"] * 9
    assert client.push_blobs([]) == []


def test_the_first_failure_ends_all_uploads(server: Registry, client: Client) -> None:
    begun = threading.Barrier(4)

    class Endless(io.BytesIO):
        """Waits for its neighbours, then reads on and on, slowly."""

        waited = False

        def read(self, size: int | None = -1, /) -> bytes:
            if not self.waited:
                self.waited = True
                begun.wait(5)
            threading.Event().wait(0.01)
            return super().read(1)

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            begun.wait(5)
            raise OSError(5, "Input/output error")

    wanted = jobs(40, Endless)
    wanted[2] = jobs(3, Broken)[2]
    with pytest.raises(InvalidInput, match="Input/output error"):
        client.push_blobs(wanted)
    assert server.blobs == {}
    assert server.steps().count("begin") == 4


def test_a_blob_goes_from_registry_to_registry(server: Registry, client: Client) -> None:
    patience = Patience(delays=(0.0, 0.0))
    with Registry().serve() as other:
        other.blobs["base", NAME] = BLOB
        other.faults["get blob"] = [Fault(cut=1000), Fault(status=503)]
        with registry.connect(other.host, environment={}, patience=patience) as source:

            def copy() -> str:
                return client.push_blob(
                    "a", NAME, len(BLOB), lambda: source.get_blob("base", NAME, len(BLOB))
                )

            assert copy() == "uploaded"
            assert server.blobs["a", NAME] == BLOB
            server.blobs.clear()
            other.blobs["base", NAME] = BLOB[:-1] + b"x"
            with pytest.raises(Mismatch, match=f"{other.host} sends something else"):
                copy()
            assert server.blobs == {}


def test_pushing_again_finishes_what_was_broken_off(server: Registry, client: Client) -> None:
    for step in STEPS:
        if step != "mount":
            server.always = {step: Fault(status=403)}
            with pytest.raises(ChartgenError):
                everything(client)
    server.always = {}
    assert everything(client) == digest(MANIFEST)
    assert complete(server)


def test_an_answer_before_the_bytes_are_read_is_heard_or_the_upload_begins_anew(
    server: Registry, client: Client
) -> None:
    large = bytes(20_000_000)
    server.faults["upload"] = [Fault(status=503, early=True), Fault(status=404, early=True)]
    outcome = client.push_blob("a", digest(large), len(large), lambda: io.BytesIO(large))
    assert outcome == "uploaded"
    assert server.blobs["a", digest(large)] == large
    server.always["upload"] = Fault(status=413, early=True)
    with pytest.raises(ChartgenError, match=server.host):
        client.push_blob("b", digest(large), len(large), lambda: io.BytesIO(large))
    assert ("b", digest(large)) not in server.blobs
    assert server.steps().count("upload") <= 6
