"""The client against Debian's docker-registry: open, with htpasswd, behind a token server, TLS."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chartgen import registry
from chartgen.registry import BlobJob, Client, Denied, Refused
from tests.integration import registries
from tests.integration.registries import PASSWORD, USER, TokenServer

LAYER = hashlib.sha256(b"layer").digest() * 50_000
CONFIG = b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}'
TYPE = "application/vnd.oci.image.manifest.v1+json"

Connect = Callable[..., Client]


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest() -> bytes:
    kinds = {"config.v1+json": CONFIG, "layer.v1.tar": LAYER}
    config, layer = (
        {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": digest(data),
            "size": len(data),
        }
        for kind, data in kinds.items()
    )
    content = {"schemaVersion": 2, "mediaType": TYPE, "config": config, "layers": [layer]}
    return json.dumps(content).encode()


def jobs(repository: str, mount_from: str | None = None) -> list[BlobJob]:
    return [
        BlobJob(
            repository=repository,
            digest=digest(data),
            size=len(data),
            open_stream=lambda data=data: io.BytesIO(data),  # type: ignore[misc]
            mount_from=mount_from,
        )
        for data in (CONFIG, LAYER)
    ]


def push(client: Client, repository: str) -> str:
    client.push_blobs(jobs(repository))
    return client.push_manifest(repository, "1.0.0", manifest(), TYPE).digest


def log_in(folder: Path, host: str, password: str = PASSWORD) -> dict[str, str]:
    """The environment of a user who has logged in with Docker."""
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": auth}}}))
    return {"HOME": str(folder), "DOCKER_CONFIG": str(folder)}


@pytest.fixture
def tokens(tmp_path: Path) -> Iterator[TokenServer]:
    with TokenServer(tmp_path / "tokens").serve() as server:
        yield server


@pytest.fixture(params=["open", "htpasswd", "token"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A registry of each kind."""
    with contextlib.ExitStack() as stack:
        auth = None
        if request.param == "htpasswd":
            auth = registries.htpasswd(tmp_path / "auth")
        if request.param == "token":
            server = TokenServer(tmp_path / "tokens")
            auth = stack.enter_context(server.serve()).auth
        yield stack.enter_context(registries.registry(tmp_path / "registry", auth))


def test_what_is_pushed_is_there_and_comes_back(host: str, tmp_path: Path) -> None:
    with registry.connect(host, environment=log_in(tmp_path, host)) as client:
        assert client.head_manifest("team/bots", "1.0.0") is None
        assert push(client, "team/bots") == digest(manifest())
        assert client.bytes_sent == len(CONFIG) + len(LAYER) + len(manifest())
        found = client.get_manifest("team/bots", "1.0.0")
        assert (found.body, found.media_type) == (manifest(), TYPE)
        assert client.head_manifest("team/bots", digest(manifest())) is not None
        assert client.read_blob("team/bots", digest(LAYER)) == LAYER


def test_the_second_push_sends_no_blob(host: str, tmp_path: Path) -> None:
    with registry.connect(host, environment=log_in(tmp_path, host)) as client:
        push(client, "team/bots")
        sent = client.bytes_sent
        assert client.push_blobs(jobs("team/bots")) == ["present", "present"]
        assert client.bytes_sent == sent


def test_blobs_are_mounted_from_another_repository(host: str, tmp_path: Path) -> None:
    with registry.connect(host, environment=log_in(tmp_path, host)) as client:
        push(client, "team/base")
        sent = client.bytes_sent
        assert client.push_blobs(jobs("team/bots", "team/base")) == ["mounted", "mounted"]
        assert client.push_blobs(jobs("team/else", "team/nothing")) == ["uploaded", "uploaded"]
        assert client.bytes_sent == sent + len(CONFIG) + len(LAYER)
        assert client.read_blob("team/bots", digest(LAYER)) == LAYER


def test_blobs_are_copied_from_registry_to_registry(host: str, tmp_path: Path) -> None:
    environment = log_in(tmp_path, host)
    with (
        registries.registry(tmp_path / "other") as other,
        registry.connect(host, environment=environment) as source,
        registry.connect(other, environment=environment) as target,
    ):
        push(source, "team/bots")
        for data in (CONFIG, LAYER):
            target.push_blob(
                "copy",
                digest(data),
                len(data),
                lambda data=data: source.get_blob("team/bots", digest(data), len(data)),  # type: ignore[misc]
            )
        body = source.get_manifest("team/bots", "1.0.0").body
        assert target.push_manifest("copy", "1.0.0", body, TYPE).digest == digest(manifest())


@pytest.mark.parametrize("host", ["htpasswd", "token"], indirect=True)
@pytest.mark.parametrize("password", ["", "wrong-canary"])
def test_without_the_right_login_nothing_is_pushed_and_it_is_told_at_once(
    host: str, password: str, tmp_path: Path
) -> None:
    environment = log_in(tmp_path, host if password else "other", password)
    began = time.monotonic()
    with (
        registry.connect(host, environment=environment) as client,
        pytest.raises(Denied, match=f"docker login {host}") as caught,
    ):
        push(client, "team/bots")
    assert time.monotonic() - began < 2
    assert "canary" not in str(caught.value)


def test_a_token_that_ends_between_the_beginning_and_the_bytes_is_renewed(
    tokens: TokenServer, tmp_path: Path
) -> None:
    def slow() -> io.BytesIO:
        if tokens.given == 1:
            time.sleep(2.5)
            tokens.lifetime = 300
        return io.BytesIO(LAYER)

    with registries.registry(tmp_path / "registry", tokens.auth) as host:
        tokens.lifetime = 2
        with registry.connect(host, environment=log_in(tmp_path, host)) as client:
            outcome = client.push_blob("team/bots", digest(LAYER), len(LAYER), slow)
            assert outcome == "uploaded"
            assert client.read_blob("team/bots", digest(LAYER)) == LAYER
    assert tokens.asked[0] == ["repository:team/bots:pull,push"]
    assert tokens.given == 3


def test_an_authority_of_our_own_is_trusted_only_when_named(tmp_path: Path) -> None:
    files = registries.certificate(tmp_path / "tls")
    authority = files["certificate"]
    with registries.registry(tmp_path / "registry", tls=files) as host:
        environment = {"HOME": str(tmp_path)}
        for options in (
            {"ca_file": Path(authority), "environment": environment},
            {"environment": {**environment, "SSL_CERT_FILE": authority}},
            {"environment": {**environment, "REQUESTS_CA_BUNDLE": authority}},
        ):
            with registry.connect(host, plain_http=False, **options) as client:
                assert client.head_manifest("a", "1") is None
        with (
            registry.connect(host, plain_http=False, environment=environment) as client,
            pytest.raises(Refused, match=f"certificate of {host} is not trusted.*SSL_CERT_FILE"),
        ):
            client.head_manifest("a", "1")
        with registry.connect(host, environment=environment) as client, pytest.raises(Refused):
            client.head_manifest("a", "1")


def test_a_registry_without_tls_is_not_asked_in_the_clear_by_mistake(tmp_path: Path) -> None:
    with (
        registries.registry(tmp_path / "registry") as host,
        registry.connect(host, plain_http=False, environment={"HOME": "/none"}) as client,
        pytest.raises(Refused, match="does not speak https"),
    ):
        client.head_manifest("a", "1")


MEASURE = """
import hashlib, resource, sys, time
from chartgen import registry

size, host = int(sys.argv[1]), sys.argv[2]

class Zeros:
    left = size
    def read(self, count):
        count = min(count, self.left)
        self.left -= count
        return bytes(count)
    def close(self):
        pass

summed = hashlib.sha256()
source = Zeros()
while piece := source.read(1 << 20):
    summed.update(piece)
digest = "sha256:" + summed.hexdigest()
with registry.connect(host) as client:
    began = time.monotonic()
    assert client.push_blob("big", digest, size, Zeros) == "uploaded"
    pushed = time.monotonic()
    client.push_blob("copy", digest, size, lambda: client.get_blob("big", digest, size))
    copied = time.monotonic()
# Not ru_maxrss: a child begins with what its parent had.
status = open("/proc/self/status").read()
peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
print(f"{pushed - began:.2f} {copied - pushed:.2f} {peak} {used:.2f}")
"""


def test_a_blob_of_any_size_is_pushed_and_copied_in_constant_memory(tmp_path: Path) -> None:
    size = 300_000_000
    with registries.registry(tmp_path / "registry") as host:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", MEASURE, str(size), host],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    peak = int(done.stdout.split()[2])
    print(f"300 MB: push, copy in seconds, peak in MiB, CPU seconds: {done.stdout}")  # noqa: T201
    assert peak < 64
