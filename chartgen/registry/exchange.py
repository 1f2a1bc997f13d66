"""A request to a registry with everything that belongs to it: login, checks, words for faults."""

from __future__ import annotations

import re
import threading
from collections.abc import Collection

import requests

from chartgen.errors import InvalidInput
from chartgen.registry import faults
from chartgen.registry.authority import Authority, Scopes, purpose
from chartgen.registry.faults import Mismatch
from chartgen.registry.location import REPOSITORY
from chartgen.registry.transfer import Meter
from chartgen.registry.wire import PIECE, Answer, Call, Wire

DIGEST = re.compile(r"sha256:[a-f0-9]{64}")
TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
DONE = (200,)


def pull(repository: str) -> Scopes:
    """The right to read."""
    return (f"repository:{repository}:pull",)


def push(repository: str) -> Scopes:
    """The right to read and write; asked for in one, lest a token to read be used to write."""
    return (f"repository:{repository}:pull,push",)


def check_digest(digest: str) -> str:
    """A digest as we compute it, or InvalidInput."""
    if not DIGEST.fullmatch(digest):
        raise InvalidInput(f"{digest!r} is no sha256 digest")
    return digest


class Exchange:
    """One registry: its wire, and who we are to it."""

    def __init__(self, host: str, wire: Wire, authority: Authority) -> None:
        self.host = host
        self.wire = wire
        self.patience = wire.patience
        self.traffic = Meter(0, None)
        self._authority = authority

    def url(self, repository: str, kind: str, name: str) -> str:
        """The address of a thing in a repository; names that could lead elsewhere are refused."""
        if not REPOSITORY.fullmatch(repository):
            raise InvalidInput(f"{repository!r} is no repository")
        return f"{self.wire.home}/v2/{repository}/{kind}/{name}"

    def manifest_url(self, repository: str, reference: str) -> str:
        """The address of a manifest, by tag or digest."""
        if not TAG.fullmatch(reference):
            check_digest(reference)
        return self.url(repository, "manifests", reference)

    def blob_url(self, repository: str, digest: str) -> str:
        """The address of a blob."""
        return self.url(repository, "blobs", check_digest(digest))

    def open(self, call: Call, scopes: Scopes, good: Collection[int] = DONE) -> requests.Response:
        """Send once, or twice when the first answer is that a fresh login is wanted.

        Raises what the answer means when its status is none of the `good` ones.
        """

        def sign(url: str) -> str:
            return self._authority.header(scopes) if self.wire.is_home(url) else ""

        response = self.wire.open(call, sign)
        if response.status_code == 401 and self.wire.is_home(response.url):
            self.wire.excerpt(response)
            asked = response.headers.get("WWW-Authenticate", "")
            used = response.request.headers.get("Authorization", "")
            self._authority.renew(scopes, asked, used)
            response = self.wire.open(call, sign)
        if response.status_code in good:
            return response
        body = self.wire.excerpt(response)
        if response.status_code == 401 and self.wire.is_home(response.url):
            raise self._authority.denied(scopes)
        raise faults.answer(
            response.status_code,
            response.headers,
            body,
            host=self.host,
            purpose=purpose(scopes),
            hide=self._authority.hide,
        )

    def ask(
        self, call: Call, scopes: Scopes, good: Collection[int] = DONE, limit: int = PIECE
    ) -> Answer:
        """One try with the whole answer."""
        response = self.open(call, scopes, good)
        body = self.wire.read(response, limit)
        return Answer(
            status=response.status_code, headers=response.headers, body=body, url=response.url
        )

    def run(
        self,
        call: Call,
        scopes: Scopes,
        good: Collection[int] = DONE,
        limit: int = PIECE,
        stop: threading.Event | None = None,
    ) -> Answer:
        """As many tries as patience allows."""
        return self.patience.run(lambda: self.ask(call, scopes, good, limit), stop)

    def check(self, answer: Answer, digest: str) -> None:
        """What the registry says that it has must be what was meant."""
        said = answer.headers.get("Docker-Content-Digest") or digest
        if said.startswith("sha256:") and said != digest:
            raise Mismatch(f"{self.host} says {said} to what is {digest}")
