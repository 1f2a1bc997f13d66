"""Reading, and pushing manifests: what is there, what is not, and what only seems to be."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator

import pytest

from chartgen import registry
from chartgen.errors import InvalidInput, Unavailable
from chartgen.registry import Denied, Mismatch, NotFound, Patience, Refused
from chartgen.registry.client import Client
from tests.registry_server import Fault, Registry, digest

INDEX = "application/vnd.oci.image.index.v1+json"
BODY = json.dumps({"schemaVersion": 2, "mediaType": INDEX}).encode()
BLOB = bytes(range(256)) * 1000
QUICK = Patience(delays=(0.0, 0.0), read=2.0)


@pytest.fixture
def server() -> Iterator[Registry]:
    with Registry().serve() as running:
        running.blobs["team/bots", digest(BLOB)] = BLOB
        running.manifests["team/bots", "1.0.0"] = running.manifests["team/bots", digest(BODY)] = (
            INDEX,
            BODY,
        )
        yield running


@pytest.fixture
def client(server: Registry) -> Iterator[Client]:
    with registry.connect(server.host, environment={}, patience=QUICK) as connected:
        yield connected


@pytest.mark.parametrize("reference", ["1.0.0", digest(BODY)])
def test_a_manifest_is_found_by_tag_and_by_digest(client: Client, reference: str) -> None:
    found = client.get_manifest("team/bots", reference)
    assert (found.body, found.media_type, found.digest) == (BODY, INDEX, digest(BODY))
    head = client.head_manifest("team/bots", reference)
    assert head
    assert (head.media_type, head.digest, head.size) == (INDEX, digest(BODY), len(BODY))


def test_a_head_without_a_digest_is_followed_by_a_get(server: Registry, client: Client) -> None:
    server.faults["head manifest"] = [Fault(status=200)]
    head = client.head_manifest("team/bots", "1.0.0")
    assert head
    assert (head.digest, head.size) == (digest(BODY), len(BODY))


def test_only_a_404_means_not_there(server: Registry, client: Client) -> None:
    assert client.head_manifest("team/bots", "2.0.0") is None
    assert client.has_blob("team/bots", digest(b"")) is False
    with pytest.raises(NotFound, match="MANIFEST_UNKNOWN: no such thing"):
        client.get_manifest("team/bots", "2.0.0")
    with pytest.raises(NotFound):
        client.get_blob("team/bots", digest(b""))
    for status in (400, 403, 405, 410, 500, 503, 520):
        server.always = {"head manifest": Fault(status=status), "head blob": Fault(status=status)}
        with pytest.raises((InvalidInput, Unavailable), match=f"{server.host} "):
            client.head_manifest("team/bots", "1.0.0")
        with pytest.raises((InvalidInput, Unavailable), match=f"{server.host} "):
            client.has_blob("team/bots", digest(BLOB))


def test_a_manifest_with_other_bytes_than_its_digest_is_refused(
    server: Registry, client: Client
) -> None:
    server.manifests["team/bots", digest(BODY)] = (INDEX, BODY + b" ")
    with pytest.raises(Mismatch, match="sends sha256:"):
        client.get_manifest("team/bots", digest(BODY))
    with pytest.raises(Mismatch, match="says sha256:"):
        client.head_manifest("team/bots", digest(BODY))


def test_a_wrong_digest_header_is_refused(server: Registry, client: Client) -> None:
    server.always["get manifest"] = Fault(headers={"Docker-Content-Digest": digest(b"other")})
    with pytest.raises(Mismatch):
        client.get_manifest("team/bots", "1.0.0")


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]", b"", b"[" * 100_000])
def test_a_page_is_no_manifest(server: Registry, client: Client, body: bytes) -> None:
    server.manifests["team/bots", "page"] = ("text/html", body)
    if body:
        with pytest.raises(Mismatch, match="no manifest for page"):
            client.get_manifest("team/bots", "page")


def test_the_media_type_is_the_manifests_own_word_else_the_header(
    server: Registry, client: Client
) -> None:
    server.manifests["team/bots", "a"] = ("text/plain", BODY)
    server.manifests["team/bots", "b"] = ("application/x; charset=utf-8", b"{}")
    assert client.get_manifest("team/bots", "a").media_type == INDEX
    assert client.get_manifest("team/bots", "b").media_type == "application/x"


def test_a_manifest_without_end_is_not_read(server: Registry, client: Client) -> None:
    server.manifests["team/bots", "huge"] = (INDEX, b" " * (5 << 20))
    with pytest.raises(Refused, match="more than 4194304 bytes"):
        client.get_manifest("team/bots", "huge")


@pytest.mark.parametrize(
    ("repository", "reference"),
    [
        ("../x", "1"),
        ("a?b", "1"),
        ("A", "1"),
        ("a", "../1"),
        ("a", "sha256:12"),
        ("a", "a/b"),
        ("", "1"),
    ],
)
def test_names_that_could_lead_elsewhere_are_not_asked_for(
    server: Registry, client: Client, repository: str, reference: str
) -> None:
    with pytest.raises(InvalidInput):
        client.get_manifest(repository, reference)
    assert server.seen == []


def test_a_blob_is_streamed_and_verified(client: Client) -> None:
    with client.get_blob("team/bots", digest(BLOB), len(BLOB)) as blob:
        assert io.BufferedReader(blob).read() == BLOB
    assert client.read_blob("team/bots", digest(BLOB)) == BLOB


def test_a_blob_with_other_bytes_never_comes_to_its_end(server: Registry, client: Client) -> None:
    server.blobs["team/bots", digest(BLOB)] = BLOB[:-1] + b"x"
    with client.get_blob("team/bots", digest(BLOB)) as blob, pytest.raises(Mismatch):
        blob.readall()
    with (
        client.get_blob("team/bots", digest(BLOB), 5) as blob,
        pytest.raises(Mismatch, match="more"),
    ):
        blob.readall()


def test_a_blob_that_is_cut_short_is_an_error_and_is_asked_for_again(
    server: Registry, client: Client
) -> None:
    server.faults["get blob"] = [Fault(cut=7), Fault(cut=7)]
    with client.get_blob("team/bots", digest(BLOB)) as blob, pytest.raises(Unavailable):
        blob.readall()
    assert client.read_blob("team/bots", digest(BLOB)) == BLOB
    server.always["get blob"] = Fault(cut=7)
    with pytest.raises(Unavailable, match="tried 3 times"):
        client.read_blob("team/bots", digest(BLOB))


def test_a_large_blob_is_not_read_as_a_small_one(client: Client) -> None:
    with pytest.raises(Mismatch, match="more than 10 bytes"):
        client.read_blob("team/bots", digest(BLOB), limit=10)


def test_a_registry_that_hangs_is_left_in_bounded_time(server: Registry) -> None:
    server.always["head blob"] = Fault(hang=1.0)
    began = time.monotonic()
    patience = Patience(delays=(0.0, 0.0), read=0.1)
    with (
        registry.connect(server.host, environment={}, patience=patience) as client,
        pytest.raises(Unavailable, match=r"does not answer in time \(tried 3 times\)"),
    ):
        client.has_blob("team/bots", digest(BLOB))
    assert time.monotonic() - began < 1.0


def test_a_host_that_refuses_connections_is_told_at_once() -> None:
    with Registry().serve() as server:
        host = server.host
    began = time.monotonic()
    with (
        registry.connect(host, environment={}) as client,
        pytest.raises(Unavailable, match=f"{host} refuses connections"),
    ):
        client.has_blob("a", digest(b""))
    assert time.monotonic() - began < 1.0


def test_a_pushed_manifest_is_read_back_by_tag_and_digest(server: Registry, client: Client) -> None:
    pushed = client.push_manifest("team/bots", "2.0.0", BODY, INDEX)
    assert (pushed.digest, pushed.size) == (digest(BODY), len(BODY))
    assert server.manifests["team/bots", "2.0.0"] == (INDEX, BODY)
    assert [seen.path.rpartition("/")[2] for seen in server.seen] == [
        "2.0.0",
        "2.0.0",
        digest(BODY),
    ]
    assert client.bytes_sent == len(BODY)


def test_a_manifest_is_pushed_under_no_digest_but_its_own(server: Registry, client: Client) -> None:
    assert client.push_manifest("team/bots", digest(BODY), BODY, INDEX).digest == digest(BODY)
    server.seen.clear()
    with pytest.raises(Mismatch):
        client.push_manifest("team/bots", digest(b"other"), BODY, INDEX)
    assert server.seen == []


def test_a_registry_that_shows_something_else_than_was_pushed_is_no_success(
    server: Registry, client: Client
) -> None:
    server.always["put manifest"] = Fault(status=201)
    with pytest.raises(Unavailable, match=f"{server.host} shows sha256:.* for 1.0.0"):
        client.push_manifest("team/bots", "1.0.0", BODY + b" ", INDEX)
    with pytest.raises(Unavailable, match=r"shows nothing for 9\.0\.0"):
        client.push_manifest("team/bots", "9.0.0", BODY, INDEX)


def test_a_registry_that_shows_a_manifest_only_later_is_given_a_moment(
    server: Registry, client: Client
) -> None:
    server.faults["get manifest"] = [Fault(status=404), Fault(status=404)]
    assert client.push_manifest("team/bots", "2.0.0", BODY, INDEX).digest == digest(BODY)


def test_all_threads_of_a_client_share_a_few_connections(server: Registry, client: Client) -> None:
    for _ in range(20):
        assert client.has_blob("team/bots", digest(BLOB))
        client.get_manifest("team/bots", "1.0.0")
        client.read_blob("team/bots", digest(BLOB))
        assert client.head_manifest("team/bots", "missing") is None
    assert server.connections == 1


def test_nothing_that_a_registry_says_is_shown_raw(server: Registry, client: Client) -> None:
    body = json.dumps(
        {"errors": [{"code": "DENIED", "message": "\x1b[2Jno" + "o" * 5000}]}
    ).encode()
    server.always["head manifest"] = server.always["get manifest"] = Fault(status=403, body=body)
    with pytest.raises(Denied, match=r"DENIED: .\[2Jno") as caught:
        client.get_manifest("team/bots", "1.0.0")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 700
