"""A base out of `chartgen.lock`, with no network, and the way into that file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from chartgen.errors import InvalidInput
from chartgen.lock import AGAIN, FILE, Document, Folder, Lock, Needs, Owners, Pin
from chartgen.model import App
from chartgen.oci import ancestors, resolve, source
from chartgen.oci import build as oci_build
from chartgen.oci.ancestors import Ancestors
from chartgen.oci.descriptor import Platform, digest_of, is_digest
from chartgen.oci.resolve import Base
from chartgen.oci.source import BaseImage, Fetched, Stream
from chartgen.oci.tarball import Owner

Pinner = Callable[[Platform], tuple[Pin, ...]]


@dataclass(frozen=True, kw_only=True)
class LockedImage:
    """The base that a lock holds; a tag means what it meant when the lock was made."""

    lock: Lock

    def manifest(self, reference: str) -> Fetched:
        """The manifest or index under a tag or a digest."""
        digest = reference if is_digest(reference) else self.lock.digest
        found = self.lock.documents.get(digest)
        if found is None:
            raise InvalidInput(f"the base's manifest {digest} is not in {FILE}: {AGAIN}")
        return Fetched(found.data, found.media_type, digest)

    def blob(self, digest: str) -> Stream:
        """The content of a configuration; no layer is ever locked."""
        found = self.lock.documents.get(digest)
        if found is None:
            raise InvalidInput(
                f"{FILE} holds the base's manifests and configurations and no layers, and "
                f"{digest} is a layer or of another base: take it from the base's registry"
            )
        return source.in_memory(found.data)


@dataclass(frozen=True, kw_only=True)
class _Recorder:
    """A base that keeps what is read of it."""

    inner: BaseImage
    documents: dict[str, Document] = field(default_factory=dict)

    def manifest(self, reference: str) -> Fetched:
        found = self.inner.manifest(reference)
        kept = Document(media_type=found.media_type, data=found.data)
        self.documents[digest_of(found.data)] = kept
        return found

    def blob(self, digest: str) -> Stream:
        data = b""
        with closing(self.inner.blob(digest)) as stream:
            # One byte more: whoever reads it then sees that it is too long.
            while chunk := stream.read(source.LARGEST_CONFIG + 1 - len(data)):
                data += chunk
        self.documents[digest] = Document(media_type="", data=data)
        return source.in_memory(data)


def make_lock(
    app: App,
    base: BaseImage,
    reference: str,
    *,
    own: Iterable[str],
    platforms: Iterable[Platform] = (),
    python: str = "",
    pin: Pinner | None = None,
    modules: Iterable[str] = (),
    distributions: Mapping[str, str] | None = None,
) -> Lock:
    """Look a base up and lock what was read; `own` are the folders that are ours in the image.

    `pin` chooses the packages for a platform, and is asked only when the flows need some;
    `modules` are those that the flows import and the base has, `distributions` the packages of
    the runtime in it, where its name does not tell which release it holds.
    """
    recorder = _Recorder(inner=base)
    resolved = resolve.resolve(recorder, reference, platforms)
    # Not through the recorder: here layers are read.
    above = oci_build.scan(base, resolved, app.files, own)
    pinned = {}
    if app.packages and pin:
        pinned = {str(child.platform): pin(child.platform) for child in resolved.children}
    return Lock(
        runtime=app.runtime.name,
        version=app.runtime.version,
        reference=app.base.reference,
        digest=resolved.digest,
        needs=Needs(
            python=python if app.packages else "",
            packages=tuple(sorted(app.packages)),
            constraints=tuple(sorted(app.constraints)),
        ),
        documents=recorder.documents,
        owners={digest: _owners(found) for digest, found in above.items()},
        packages=pinned,
        modules=tuple(sorted(modules)),
        distributions=distributions or {},
    )


def above(lock: Lock, base: Base, app: App, own: Iterable[str]) -> dict[str, Ancestors]:
    """What `oci.build.scan` found when the lock was made, for each child of the base."""
    wanted = ancestors.wanted(app.files, own)
    found = {}
    for child in base.children:
        owners = lock.owners.get(child.digest)
        if owners is None or not wanted <= owners.folders.keys():
            raise InvalidInput(
                f"{FILE} does not tell who owns the folders above the files in the base for "
                f"{child.platform}: {AGAIN}"
            )
        found[child.digest] = Ancestors(
            owners={path: _owner(owners.folders[path]) for path in sorted(wanted)},
            findings=owners.findings,
        )
    return found


def pins(lock: Lock, platform: Platform) -> tuple[Pin, ...]:
    """The packages for a platform of the base."""
    found = lock.packages.get(str(platform))
    if found is None:
        raise InvalidInput(f"{FILE} has no Python packages for {platform}: {AGAIN}")
    return found


def _owners(found: Ancestors) -> Owners:
    folders = {
        path: Folder(uid=owner.uid, gid=owner.gid, mode=owner.mode)
        for path, owner in found.owners.items()
    }
    return Owners(folders=folders, findings=found.findings)


def _owner(folder: Folder) -> Owner:
    return Owner(uid=folder.uid, gid=folder.gid, mode=folder.mode)
