"""Logging in: none, basic and bearer, tokens that end, and secrets that stay where they belong."""

from __future__ import annotations

import base64
import io
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chartgen import registry
from chartgen.errors import ChartgenError, InvalidInput, Unavailable
from chartgen.registry import Client, Denied, Mismatch, Patience, Refused
from tests.registry_server import BASIC, PASSWORD, STEPS, USER, Fault, Registry, digest

BLOB = b"blob" * 100_000
MANIFEST = b'{"schemaVersion": 2}'
TYPE = "application/vnd.oci.image.manifest.v1+json"
IDENTITY = "identity-token-canary"
QUICK = Patience(delays=(0.0, 0.0), read=5.0)
BASIC_LOGIN = {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}


def connect(
    server: Registry, folder: Path, login: dict[str, Any] | None = None, **options: Any
) -> Client:
    """A client of a user who has logged in, or not."""
    config = {"auths": {server.host: login} if login else {}}
    (folder / "config.json").write_text(json.dumps(config))
    environment = {"HOME": str(folder), "DOCKER_CONFIG": str(folder)}
    return registry.connect(server.host, environment=environment, patience=QUICK, **options)


@pytest.fixture(params=["basic", "bearer"])
def server(request: pytest.FixtureRequest) -> Iterator[Registry]:
    with Registry(request.param).serve() as running:
        yield running


@pytest.fixture
def bearer() -> Iterator[Registry]:
    with Registry("bearer").serve() as running:
        yield running


def everything(client: Client, mount_from: str | None = None) -> str:
    client.push_blob("team/bots", digest(BLOB), len(BLOB), lambda: io.BytesIO(BLOB), mount_from)
    return client.push_manifest("team/bots", "1.0.0", MANIFEST, TYPE).digest


def test_a_user_who_is_logged_in_can_push_and_pull(server: Registry, tmp_path: Path) -> None:
    with connect(server, tmp_path, BASIC_LOGIN) as client:
        assert everything(client) == digest(MANIFEST)
        assert client.read_blob("team/bots", digest(BLOB)) == BLOB
    # One question without a login, and all after it with one.
    assert [seen.step for seen in server.seen if not seen.authorization] == ["head blob"]


def test_who_is_not_logged_in_is_told_what_to_do(server: Registry, tmp_path: Path) -> None:
    with connect(server, tmp_path) as client, pytest.raises(Denied) as caught:
        everything(client)
    words = str(caught.value)
    assert f"{server.host} wants a login to push to team/bots, and there is none" in words
    assert f"`docker login {server.host}` or `helm registry login {server.host}`" in words
    assert caught.value.exit_code == 1
    assert len(server.seen) <= 2


def test_a_wrong_password_is_told_with_its_file_and_not_shown(
    server: Registry, tmp_path: Path
) -> None:
    login = {"username": USER, "password": "wrong-canary"}
    with connect(server, tmp_path, login) as client, pytest.raises(Denied) as caught:
        everything(client)
    words = str(caught.value)
    assert f"{server.host} refuses the login from {tmp_path}/config.json" in words
    assert "wrong-canary" not in words
    assert len(server.seen) <= 3


def test_what_is_wrong_with_the_files_stands_in_the_error(server: Registry, tmp_path: Path) -> None:
    client = connect(server, tmp_path)
    (tmp_path / "config.json").write_text('{"credsStore": "nowhere"}')
    with client, pytest.raises(Denied, match="docker-credential-nowhere is not installed"):
        everything(client)


def test_a_registry_that_wants_no_login_gets_none(tmp_path: Path) -> None:
    with Registry().serve() as server, connect(server, tmp_path, BASIC_LOGIN) as client:
        everything(client)
        assert {seen.authorization for seen in server.seen} == {""}


@pytest.mark.parametrize("step", [step for step in STEPS if step != "mount"])
def test_a_token_that_ends_in_the_middle_is_renewed(
    step: str, bearer: Registry, tmp_path: Path
) -> None:
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        client.head_manifest("team/bots", "0")
        challenge = f'Bearer realm="{bearer.realm}",scope="repository:team/bots:pull,push"'
        bearer.faults[step] = [Fault(status=401, headers={"WWW-Authenticate": challenge})]
        assert everything(client) == digest(MANIFEST)
    assert bearer.blobs["team/bots", digest(BLOB)] == BLOB
    assert bearer.steps().count("token") == 3
    assert bearer.steps().count("begin") <= 2


@pytest.mark.parametrize("step", [step for step in STEPS if step != "mount"])
def test_a_login_that_is_refused_again_and_again_is_an_error(
    step: str, server: Registry, tmp_path: Path
) -> None:
    challenge = f'{server.auth} realm="{server.realm}"'
    server.always[step] = Fault(status=401, headers={"WWW-Authenticate": challenge})
    with connect(server, tmp_path, BASIC_LOGIN) as client, pytest.raises(Denied, match="refuses"):
        everything(client)
    assert server.steps().count(step) <= 2


def test_a_token_is_renewed_before_it_ends(bearer: Registry, tmp_path: Path) -> None:
    bearer.token_answer = lambda token: {"access_token": token, "expires_in": 1}
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        everything(client)
        assert bearer.steps().count("token") == 1
        time.sleep(1)
        client.push_manifest("team/bots", "2.0.0", MANIFEST, TYPE)
    assert bearer.steps().count("token") == 2


@pytest.mark.parametrize("key", ["token", "access_token"])
@pytest.mark.parametrize("lifetime", [None, 300, 0, -1, "soon", 1e400, 10**400])
def test_a_token_is_read_by_both_its_names_and_kept(
    key: str, lifetime: Any, bearer: Registry, tmp_path: Path
) -> None:
    bearer.token_answer = lambda token: {key: token, "expires_in": lifetime}
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        everything(client)
    assert bearer.steps().count("token") == 1


def test_the_right_to_write_is_asked_for_at_once_and_the_source_of_a_mount_with_it(
    bearer: Registry, tmp_path: Path
) -> None:
    bearer.blobs["team/base", digest(BLOB)] = BLOB
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        everything(client, "team/base")
    asked = [parse_qs(urlsplit(seen.path).query) for seen in bearer.seen if seen.step == "token"]
    assert [query["scope"] for query in asked] == [
        ["repository:team/bots:pull,push"],
        ["repository:team/bots:pull,push", "repository:team/base:pull"],
    ]
    assert asked[0]["service"] == ["test"]


def test_a_scope_that_a_registry_asks_for_comes_first(bearer: Registry, tmp_path: Path) -> None:
    challenge = f'Bearer realm="{bearer.realm}?a=b",scope="registry:catalog:* repository:a:pull"'
    bearer.faults["head manifest"] = [Fault(status=401, headers={"WWW-Authenticate": challenge})]
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        assert client.head_manifest("a", "1") is None
    query = parse_qs(urlsplit(bearer.seen[1].path).query)
    assert query["scope"] == ["registry:catalog:*", "repository:a:pull"]
    assert query["a"] == ["b"]


def test_an_identity_token_is_posted(bearer: Registry, tmp_path: Path) -> None:
    bearer.token_answer = lambda token: {"access_token": token, "refresh_token": "newer-canary"}
    with connect(bearer, tmp_path, {"identitytoken": IDENTITY}) as client:
        everything(client)
        client.head_manifest("team/bots", "1.0.0")
    posts = [seen for seen in bearer.seen if seen.step == "token"]
    assert [seen.method for seen in posts] == ["POST", "POST"]
    assert posts[0].form["refresh_token"] == [IDENTITY]
    assert posts[1].form["refresh_token"] == ["newer-canary"]
    assert posts[0].form["grant_type"] == ["refresh_token"]
    assert posts[0].form["scope"] == ["repository:team/bots:pull,push"]
    assert posts[0].authorization == ""


def test_an_identity_token_goes_to_a_server_that_knows_only_get_as_a_password(
    bearer: Registry, tmp_path: Path
) -> None:
    bearer.faults["token"] = [Fault(status=404)]
    login = {**BASIC_LOGIN, "identitytoken": PASSWORD}
    with connect(bearer, tmp_path, login) as client:
        everything(client)
    assert [seen.method for seen in bearer.seen if seen.step == "token"] == ["POST", "GET"]


def test_a_registry_token_is_sent_as_it_is(bearer: Registry, tmp_path: Path) -> None:
    bearer.tokens["own"] = ["repository:team/bots:pull,push"]
    with connect(bearer, tmp_path, {"registrytoken": "own"}) as client:
        everything(client)
    with connect(bearer, tmp_path, {"registrytoken": "old"}) as client, pytest.raises(Denied):
        everything(client)
    assert "token" not in bearer.steps()


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(status=401), Denied),
        (Fault(status=403), Denied),
        (Fault(status=400), Denied),
        (Fault(status=404), Refused),
        (Fault(status=503), Unavailable),
        (Fault(reset=True), Unavailable),
        (Fault(status=200, body=b"{}"), Mismatch),
        (Fault(status=200, body=b"<html>"), Mismatch),
        (Fault(status=200, body=b'{"token": "a\\nX-Injected: canary"}'), Mismatch),
        (Fault(status=200, body=b'{"token": "' + b"x" * (2 << 20) + b'"}'), Refused),
        (Fault(status=302, headers={"Location": "https://169.254.169.254/"}), InvalidInput),
    ],
)
def test_a_token_server_that_fails_is_told_in_words(
    fault: Fault, kind: type[ChartgenError], bearer: Registry, tmp_path: Path
) -> None:
    bearer.always["token"] = fault
    with connect(bearer, tmp_path, BASIC_LOGIN) as client, pytest.raises(kind) as caught:
        client.head_manifest("team/bots", "1.0.0")
    assert "canary" not in str(caught.value)
    assert 1 <= bearer.steps().count("token") <= 3


def test_a_token_server_is_asked_again_when_it_is_busy(bearer: Registry, tmp_path: Path) -> None:
    bearer.faults["token"] = [Fault(status=429), Fault(reset=True)]
    with connect(bearer, tmp_path, BASIC_LOGIN) as client:
        everything(client)


@pytest.mark.parametrize(
    "realm",
    [
        "https://169.254.169.254/token",
        "http://10.0.0.1/token",
        "http://auth.example.com/t",
        "x",
        "",
    ],
)
def test_a_password_goes_to_no_place_that_it_must_not(
    realm: str, bearer: Registry, tmp_path: Path
) -> None:
    bearer.realm = realm
    with connect(bearer, tmp_path, BASIC_LOGIN) as client, pytest.raises(InvalidInput):
        client.head_manifest("team/bots", "1.0.0")


@pytest.mark.parametrize("challenge", ["", "Negotiate", "Bearer", 'Bearer service="x"', "\x7f"])
def test_a_challenge_that_nobody_understands_is_an_error(
    challenge: str, bearer: Registry, tmp_path: Path
) -> None:
    headers = {"WWW-Authenticate": challenge}
    bearer.always["head manifest"] = Fault(status=401, headers=headers)
    with connect(bearer, tmp_path, BASIC_LOGIN) as client, pytest.raises(Denied):
        client.head_manifest("team/bots", "1.0.0")
    assert len(bearer.seen) == 1


def test_the_login_of_netrc_is_neither_used_nor_sent_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login netrc password netrc-canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Registry("bearer").serve() as server, Registry().serve() as storage:
        storage.blobs["x", digest(BLOB)] = BLOB
        place = f"{storage.url}/v2/x/blobs/{digest(BLOB)}"
        with connect(server, tmp_path, BASIC_LOGIN) as client:
            everything(client)
            server.always["get blob"] = Fault(status=307, headers={"Location": place})
            assert client.read_blob("team/bots", digest(BLOB)) == BLOB
        tokens = {f"Bearer {token}" for token in server.tokens}
        assert {seen.authorization for seen in server.seen} <= {"", BASIC} | tokens
        assert {seen.authorization for seen in storage.seen} == {""}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_login_does_not_follow_to_another_host(
    status: int, server: Registry, tmp_path: Path
) -> None:
    with Registry().serve() as storage:
        storage.blobs["x", digest(BLOB)] = BLOB
        storage.manifests["x", "1"] = (TYPE, MANIFEST)
        with connect(server, tmp_path, BASIC_LOGIN) as client:
            place = {"Location": f"{storage.url}/v2/x/blobs/{digest(BLOB)}"}
            server.always["head blob"] = Fault(status=status, headers=place)
            server.always["get blob"] = Fault(status=status, headers=place)
            place = {"Location": f"{storage.url}/v2/x/manifests/1"}
            server.always["get manifest"] = Fault(status=status, headers=place)
            assert client.head_manifest("warm", "up") is None
            assert client.has_blob("team/bots", digest(BLOB))
            assert client.read_blob("team/bots", digest(BLOB)) == BLOB
            assert client.get_manifest("team/bots", "1").body == MANIFEST
        assert [seen.authorization for seen in storage.seen] == ["", "", ""]


def test_an_upload_may_go_to_another_host_without_the_login(
    server: Registry, tmp_path: Path
) -> None:
    with Registry().serve() as storage, connect(server, tmp_path, BASIC_LOGIN) as client:
        server.place = storage.url
        client.push_blob("a", digest(BLOB), len(BLOB), lambda: io.BytesIO(BLOB))
        assert storage.blobs["a", digest(BLOB)] == BLOB
        assert [seen.authorization for seen in storage.seen] == [""]


@pytest.mark.parametrize("step", ["begin", "upload", "put manifest"])
@pytest.mark.parametrize("status", [307, 308])
def test_a_push_follows_a_redirect_without_the_login(
    step: str, status: int, server: Registry, tmp_path: Path
) -> None:
    paths = {
        "begin": "/v2/team/bots/blobs/uploads/",
        "upload": f"/v2/team/bots/blobs/uploads/1?_state=a%2Fb%3D&digest={digest(BLOB)}",
        "put manifest": "/v2/team/bots/manifests/1.0.0",
    }
    with Registry().serve() as storage, connect(server, tmp_path, BASIC_LOGIN) as client:
        place = {"Location": storage.url + paths[step]}
        server.always[step] = Fault(status=status, headers=place)
        if step == "put manifest":  # it went elsewhere, and is not where it belongs
            with pytest.raises(Unavailable, match="shows nothing"):
                everything(client)
        else:
            everything(client)
            assert (storage.blobs or server.blobs)["team/bots", digest(BLOB)] == BLOB
        assert {seen.authorization for seen in storage.seen} == {""}
        assert step in storage.steps()


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("step", ["begin", "upload", "put manifest"])
def test_a_redirect_that_would_lose_what_is_pushed_is_an_error(
    step: str, status: int, server: Registry, tmp_path: Path
) -> None:
    headers = {"Location": f"{server.url}/elsewhere"}
    server.always[step] = Fault(status=status, headers=headers)
    with (
        connect(server, tmp_path, BASIC_LOGIN) as client,
        pytest.raises(Refused, match="with a redirect"),
    ):
        everything(client)


@pytest.mark.parametrize(
    "place", ["https://169.254.169.254", "https://10.0.0.1:5000", "http://storage.example.com"]
)
def test_no_step_can_be_sent_to_a_private_address_or_into_the_clear(
    place: str, server: Registry, tmp_path: Path
) -> None:
    with connect(server, tmp_path, BASIC_LOGIN) as client:
        server.place = place
        with pytest.raises(InvalidInput, match="refused"):
            everything(client)
        server.always["get blob"] = Fault(status=302, headers={"Location": place})
        with pytest.raises(InvalidInput, match="refused"):
            client.get_blob("a", digest(BLOB))


def test_redirects_come_to_an_end(server: Registry, tmp_path: Path) -> None:
    server.always["get blob"] = Fault(status=302, headers={"Location": ""})
    with connect(server, tmp_path) as client, pytest.raises(Refused, match="without end"):
        client.get_blob("a", digest(BLOB))
    assert len(server.seen) == 6


def test_a_secret_that_a_registry_echoes_is_masked(server: Registry, tmp_path: Path) -> None:
    with connect(server, tmp_path, BASIC_LOGIN) as client:
        client.head_manifest("team/bots", "1")
        secrets = [PASSWORD, *server.tokens]
        body = {"errors": [{"code": "DENIED", "message": " ".join(secrets)}]}
        server.always["get manifest"] = Fault(status=403, body=json.dumps(body).encode())
        with pytest.raises(Denied, match=r"\*\*\*") as caught:
            client.get_manifest("team/bots", "1")
    assert not [secret for secret in secrets if secret in str(caught.value)]


def test_no_secret_is_ever_logged_or_shown(
    server: Registry, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(server, tmp_path, BASIC_LOGIN) as client:
        everything(client)
        server.always["head manifest"] = Fault(reset=True)
        with pytest.raises(Unavailable) as caught:
            client.head_manifest("team/bots", "1")
        shown = caplog.text + repr(caught.value) + repr(vars(client)) + repr(client)
        shown += repr(vars(client._registry._authority))
    assert caught.value.__cause__ is None
    for secret in (PASSWORD, BASIC, *server.tokens):
        assert secret not in shown


@pytest.mark.parametrize("token", ["canary\nX-Other: 1", "canary ü", " canary"])
def test_a_token_that_cannot_stand_in_a_header_is_not_quoted(
    token: str, bearer: Registry, tmp_path: Path
) -> None:
    login = {"registrytoken": token}
    with connect(bearer, tmp_path, login) as client, pytest.raises(Mismatch) as caught:
        client.head_manifest("team/bots", "1.0.0")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("host", ["", "[::zz]", "[1:2:3]", "h:99999", "h/x", "u:p@h", "-h"])
def test_what_is_no_host_is_told_at_once(host: str) -> None:
    with pytest.raises(InvalidInput, match="is not the host of a registry"):
        registry.connect(host, environment={})


@pytest.mark.parametrize("host", ["a..b", "x" * 70 + ".example.com"])
def test_a_host_that_cannot_be_in_dns_is_told_at_once(host: str) -> None:
    with registry.connect(host, environment={}) as client, pytest.raises((Refused, Unavailable)):
        client.head_manifest("team/bots", "1.0.0")


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(InvalidInput, match=f"{path} holds no certificates"):
            registry.connect("example.com", ca_file=path, environment={})
