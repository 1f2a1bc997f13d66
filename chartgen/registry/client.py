"""A registry, asked and fed: OCI distribution specification 1.1, "Pull" and "Push".

One client serves one host and any number of threads. It says that a manifest was pushed only
when the registry has shown it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chartgen.oci.descriptor import digest_of
from chartgen.registry import exchange, upload
from chartgen.registry.exchange import DIGEST, Exchange
from chartgen.registry.faults import Mismatch, NotFound, Transient
from chartgen.registry.transfer import BlobJob, BlobReader, Outcome, Progress, Readable
from chartgen.registry.wire import Answer, Call

# Distribution specification 1.1, "Pushing Manifests": registries take at least so much.
MANIFEST_BYTES = 4 << 20
SMALL_BLOB_BYTES = 16 << 20
WORKERS = 4
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """What a manifest is, without its bytes."""

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A manifest, exactly as it lies in the registry."""

    media_type: str
    digest: str
    body: bytes = field(repr=False)


class Client:
    """Made by `registry.connect`; close it, or use it in a `with`."""

    def __init__(self, registry: Exchange) -> None:
        self.host = registry.host
        self._registry = registry

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._registry.wire.close()

    @property
    def bytes_sent(self) -> int:
        """The bytes of blobs and manifests that went out so far, those in vain too."""
        return self._registry.traffic.done

    def head_manifest(
        self, repository: str, reference: str, accept: Sequence[str] = MANIFESTS
    ) -> Descriptor | None:
        """What lies under a tag or digest; None when the registry says that nothing does."""
        call = self._call("HEAD", repository, reference, accept)
        try:
            answer = self._registry.run(call, exchange.pull(repository))
            digest = answer.headers.get("Docker-Content-Digest", "")
            length = answer.headers.get("Content-Length", "")
            if not DIGEST.fullmatch(digest) or not length.isdecimal():
                found = self.get_manifest(repository, reference, accept)
                return _described(found)
        except NotFound:
            return None
        if DIGEST.fullmatch(reference):
            self._registry.check(answer, reference)
        return Descriptor(media_type=_content_type(answer), digest=digest, size=int(length))

    def get_manifest(
        self, repository: str, reference: str, accept: Sequence[str] = MANIFESTS
    ) -> Manifest:
        """The manifest under a tag or digest, verified. Raises NotFound on a 404."""
        call = self._call("GET", repository, reference, accept)
        answer = self._registry.run(call, exchange.pull(repository), limit=MANIFEST_BYTES)
        return self._manifest(answer, reference)

    def push_manifest(
        self, repository: str, reference: str, body: bytes, media_type: str
    ) -> Descriptor:
        """Push a manifest under a tag or its digest, and read it back under both.

        Raises Mismatch or Unavailable when the registry does not show these very bytes.
        """
        digest = digest_of(body)
        if DIGEST.fullmatch(reference) and reference != digest:
            raise Mismatch(f"a manifest that is {digest} cannot be pushed as {reference}")
        call = Call(
            method="PUT",
            url=self._registry.manifest_url(repository, reference),
            headers={"Content-Type": media_type},
            body=lambda: body,
        )
        # 201 by the specification; whoever answers otherwise must still pass what follows.
        answer = self._registry.run(call, exchange.push(repository), (200, 201, 202))
        self._registry.traffic.add(len(body))
        self._registry.check(answer, digest)
        for name in dict.fromkeys((reference, digest)):
            self._read_back(
                repository, name, Manifest(media_type=media_type, digest=digest, body=body)
            )
        return Descriptor(media_type=media_type, digest=digest, size=len(body))

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether a repository has a blob."""
        job = BlobJob(repository=repository, digest=digest, size=0, open_stream=_nothing)
        scopes = exchange.pull(repository)
        return self._registry.patience.run(lambda: upload.has(self._registry, job, scopes))

    def get_blob(self, repository: str, digest: str, size: int | None = None) -> BlobReader:
        """A blob as a stream that is verified while it is read; close it.

        Raises NotFound on a 404; reading raises Mismatch or Unavailable.
        """
        return self._registry.patience.run(lambda: self._blob(repository, digest, size))

    def read_blob(self, repository: str, digest: str, limit: int = SMALL_BLOB_BYTES) -> bytes:
        """A small blob, such as an image's configuration: whole and verified."""

        def once() -> bytes:
            data = bytearray()
            with self._blob(repository, digest, None) as blob:
                while piece := blob.read(1 << 16):
                    data += piece
                    if len(data) > limit:
                        raise Mismatch(f"{self.host} sends more than {limit} bytes for {digest}")
            return bytes(data)

        return self._registry.patience.run(once)

    def push_blob(
        self,
        repository: str,
        digest: str,
        size: int,
        open_stream: Callable[[], Readable],
        mount_from: str | None = None,
        progress: Progress | None = None,
    ) -> Outcome:
        """Push a blob unless it is there.

        To copy from another registry, `open_stream` is `lambda: that.get_blob(…)`.
        """
        job = BlobJob(
            repository=repository,
            digest=digest,
            size=size,
            open_stream=open_stream,
            mount_from=mount_from,
        )
        return self.push_blobs([job], workers=1, progress=progress)[0]

    def push_blobs(
        self, jobs: Sequence[BlobJob], workers: int = WORKERS, progress: Progress | None = None
    ) -> list[Outcome]:
        """Push many blobs at once; the first failure ends them all, and is raised."""
        return upload.push_all(self._registry, jobs, workers, progress)

    def _call(self, method: str, repository: str, reference: str, accept: Sequence[str]) -> Call:
        url = self._registry.manifest_url(repository, reference)
        return Call(method=method, url=url, headers={"Accept": ", ".join(accept)})

    def _blob(self, repository: str, digest: str, size: int | None) -> BlobReader:
        call = Call(method="GET", url=self._registry.blob_url(repository, digest))
        response = self._registry.open(call, exchange.pull(repository))
        return BlobReader(
            self._registry.wire.pieces(response),
            response.close,
            what=self.host,
            digest=digest,
            size=size,
            seconds=self._registry.patience.read,
        )

    def _manifest(self, answer: Answer, reference: str) -> Manifest:
        digest = digest_of(answer.body)
        if DIGEST.fullmatch(reference) and reference != digest:
            raise Mismatch(f"{self.host} sends {digest} for {reference}")
        self._registry.check(answer, digest)
        try:
            said = json.loads(answer.body).get("mediaType")
        except (ValueError, AttributeError, RecursionError):
            raise Mismatch(f"{self.host} sends no manifest for {reference}") from None
        media_type = said if isinstance(said, str) and said else _content_type(answer)
        return Manifest(media_type=media_type, digest=digest, body=answer.body)

    def _read_back(self, repository: str, name: str, pushed: Manifest) -> None:
        """Some registries show a new manifest only after a moment: then it is asked for again."""
        call = self._call("GET", repository, name, (pushed.media_type,))
        scopes = exchange.push(repository)

        def once() -> None:
            try:
                answer = self._registry.ask(call, scopes, limit=MANIFEST_BYTES)
                shown = self._manifest(answer, name).digest
            except NotFound:
                shown = "nothing"
            if shown != pushed.digest:
                raise Transient(f"{self.host} shows {shown} for {name} after {pushed.digest}")

        self._registry.patience.run(once)


def _content_type(answer: Answer) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()


def _described(found: Manifest) -> Descriptor:
    return Descriptor(media_type=found.media_type, digest=found.digest, size=len(found.body))


def _nothing() -> Readable:
    raise AssertionError("there is nothing to be read")
