"""OCI image layouts, as folders and as tar archives (image-spec `image-layout.md`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chartgen import tree
from chartgen.errors import InvalidInput
from chartgen.model import ImageRef
from chartgen.oci import document, inplace, manifest, media
from chartgen.oci.descriptor import Descriptor, check_digest, is_digest
from chartgen.oci.entries import Damaged
from chartgen.oci.image import Blob, OciImage
from chartgen.oci.source import BaseImage, Fetched, Stream

MARK = "oci-layout"
INDEX = "index.json"
VERSION: document.Json = {"imageLayoutVersion": "1.0.0"}
REF_NAME = "org.opencontainers.image.ref.name"
# What containerd, and Docker with its store, call an image that they import.
FULL_NAME = "io.containerd.image.name"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file of a layout: its path, its size, and its content when asked for."""

    path: str
    size: int
    chunks: Callable[[], Iterator[bytes]]


class Layout:
    """A base image in a layout. Blobs are found by their digests and verified by who reads them."""

    def __init__(self, place: Path, open_file: Callable[[str], Stream | None]) -> None:
        self._place, self._open = place, open_file
        self._entries = manifest.index(self._file(INDEX), f"{place}/{INDEX}")

    def manifest(self, reference: str) -> Fetched:
        """A manifest or index by its name in the layout or its digest; "" means the only one."""
        if is_digest(reference):
            return self._fetch(check_digest(reference), "")
        found = [one for one in self._entries if not reference or reference in self._names(one)]
        if len({one.digest for one in found}) == 1:
            return self._fetch(found[0].digest, found[0].media_type)
        names = ", ".join(sorted({name for one in self._entries for name in self._names(one)}))
        there = f"there is {names}" if names else f"it names none of its {len(self._entries)}"
        if reference:
            raise InvalidInput(f"{self._place} has no single image {reference!r}: {there}")
        raise InvalidInput(f"{self._place} does not hold exactly one image, say which: {there}")

    def blob(self, digest: str) -> Stream:
        """The content of a blob."""
        stream = self._open(path_of(check_digest(digest)))
        if stream is None:
            raise InvalidInput(f"{self._place} has no blob {digest}: the layout is not complete")
        return stream

    def _fetch(self, digest: str, told: str) -> Fetched:
        return Fetched(self._file(path_of(digest)), told, digest)

    def _file(self, path: str) -> bytes:
        stream = self._open(path)
        if stream is None:
            raise InvalidInput(f"{self._place} is not a complete OCI layout: it has no {path}")
        try:
            return stream.read(manifest.LARGEST + 1)
        finally:
            stream.close()

    @staticmethod
    def _names(entry: Descriptor) -> set[str]:
        notes = entry.annotations
        return {notes[key] for key in (REF_NAME, FULL_NAME) if key in notes}


def read(path: Path) -> Layout:
    """Open a layout: a folder, or a tar archive of one that is not compressed."""
    opened = _folder(path) if path.is_dir() else _archive(path)
    mark = opened(MARK)
    if mark is None:
        raise InvalidInput(
            f"{path} is not an OCI layout, it has no file {MARK}: `skopeo copy docker-archive:… "
            "oci:…` makes one from what `docker save` wrote"
        )
    try:
        version = document.load(mark.read(1024), f"{path}/{MARK}").get("imageLayoutVersion")
    finally:
        mark.close()
    if version != VERSION["imageLayoutVersion"]:
        raise InvalidInput(f"{path} is an OCI layout of version {version!r}, not 1.0.0")
    return Layout(path, opened)


def _folder(root: Path) -> Callable[[str], Stream | None]:
    def opened(path: str) -> Stream | None:
        try:
            return (root / path).open("rb")
        except OSError:
            return None

    return opened


def _archive(path: Path) -> Callable[[str], Stream | None]:
    try:
        return inplace.Files(path).open
    except (Damaged, OSError) as fault:
        raise InvalidInput(f"{path} is neither a folder nor a plain tar archive: {fault}") from None


def entries(image: OciImage, base: BaseImage, name: ImageRef | None = None) -> Iterator[Entry]:
    """The files of a layout in the order in which they are written."""
    yield in_memory(MARK, document.dump(VERSION))
    root = image.root.descriptor.json()
    if name:
        full = f"{_full(name.repository)}:{name.tag}"
        root["annotations"] = {FULL_NAME: full, REF_NAME: name.tag}
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [root]}
    yield in_memory(INDEX, document.dump(index))
    files = [in_memory(path_of(one.descriptor.digest), one.data) for one in image.documents()]
    files += [blob_entry(blob, base) for blob in image.blobs]
    yield from sorted(files, key=lambda file: file.path)


def _full(repository: str) -> str:
    """A repository with its registry, without which containerd's images are not found again."""
    first, _, rest = repository.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        return repository
    return f"docker.io/{repository if rest else f'library/{repository}'}"


def marks(image: OciImage) -> dict[str, bytes]:
    """The two files that make blobs a layout: its mark, and the index that names the image."""
    root = image.root.descriptor.json()
    index = {"schemaVersion": 2, "mediaType": media.INDEX, "manifests": [root]}
    return {MARK: document.dump(VERSION), INDEX: document.dump(index)}


def write(image: OciImage, base: BaseImage, folder: Path, name: ImageRef | None = None) -> None:
    """Write an image as a folder; a layout that stands there is replaced once this one is whole."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise InvalidInput(f"{folder} exists and is not an OCI layout")
    with tree.replacing(folder) as root:
        for entry in entries(image, base, name):
            with tree.writing(root / entry.path) as file:
                for chunk in entry.chunks():
                    file.write(chunk)
        for path in (root, *root.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


def path_of(digest: str) -> str:
    """Where a blob lies in a layout."""
    return f"blobs/{digest.replace(':', '/')}"


def blob_entry(blob: Blob, base: BaseImage) -> Entry:
    """A blob as a file of a layout."""
    return Entry(
        path=path_of(blob.descriptor.digest),
        size=blob.descriptor.size,
        chunks=lambda: blob.chunks(base),
    )


def in_memory(path: str, data: bytes) -> Entry:
    """A file that is at hand."""
    return Entry(path=path, size=len(data), chunks=lambda: iter((data,)))
