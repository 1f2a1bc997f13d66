"""Reads what the user pointed at: files, folders and archives become named bytes."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from chartgen.model import Finding

MIB = 1024 * 1024
FILE_LIMIT = 64 * MIB
ARCHIVE_LIMIT = 512 * MIB
ARCHIVE_ENTRIES = 10_000
# The others inflate all that is read of them at once, however little is asked for (zipfile).
PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
SUFFIXES = (".json", ".zip")
# What the standard library raises on an archive that is damaged, encrypted or exotic.
DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """One JSON document as it was found: its path, relative to what was given, and its bytes.

    An archive's entry is named `archive.zip!entry.json`.
    """

    path: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def stem(self) -> str:
        """The file's name without folders and without its ending."""
        return PurePosixPath(re.split(r"\.zip!", self.path, flags=re.IGNORECASE)[-1]).stem


def collect(
    paths: Sequence[Path], findings: list[Finding], *, exclude: Sequence[Path] = ()
) -> Iterator[Source]:
    """Every JSON document under the paths, one at a time, in the order of the files' paths.

    A folder is read recursively (`*.json`, `*.zip`; hidden names are passed over, and so
    are the folders in `exclude`). What cannot be read is added to `findings`, and so is a
    symbolic link that leads out of its folder: both are of level error.
    """
    shared = _shared_parent(paths)
    left_out = {path.resolve() for path in exclude if not _out_of_reach(path)}
    files: dict[str, Path] = {}
    for path in paths:
        if fault := _out_of_reach(path):
            findings.append(fault)
        else:
            files.update((label, file) for file, label in _files(path, shared, left_out, findings))
    for label in sorted(files):
        yield from _read(files[label], label, findings)


def _out_of_reach(path: Path) -> Finding | None:
    label = _text(str(path))
    try:
        path.resolve(strict=True)
    except FileNotFoundError:
        return _error("no-such-path", label, "there is no such file or folder")
    except OSError as fault:
        return _error("unreadable", label, _reason(fault))
    except (RuntimeError, ValueError):
        return _error("unreadable", label, "this path leads in a circle, or is none")
    return None


def _shared_parent(paths: Sequence[Path]) -> Path:
    """The folder that reported paths are relative to: where the machine keeps it is nobody's."""
    resolved = [path.resolve() for path in paths if not _out_of_reach(path)]
    if len(resolved) == 1:
        return resolved[0] if resolved[0].is_dir() else resolved[0].parent
    return Path(os.path.commonpath([path.parent for path in resolved] or [Path("/")]))


def _files(
    path: Path, shared: Path, exclude: set[Path], findings: list[Finding]
) -> Iterator[tuple[Path, str]]:
    root = path.resolve()
    if not root.is_dir():
        yield root, _label(root, shared)
        return
    for folder, folders, names in os.walk(
        root,
        onerror=lambda fault: findings.append(
            _error("unreadable", _label(Path(str(fault.filename)), shared), _reason(fault))
        ),
    ):
        here = Path(folder)
        inner = [here / name for name in sorted(folders) if not name.startswith(".")]
        inner = [place for place in inner if place.resolve() not in exclude]
        files = [here / name for name in sorted(names) if _is_wanted(name)]
        outside = [place for place in (*inner, *files) if _leads_out(place, root)]
        findings.extend(_link(_label(place, shared)) for place in outside)
        folders[:] = [place.name for place in inner]
        yield from ((file, _label(file, shared)) for file in files if file not in outside)


def _is_wanted(name: str) -> bool:
    return not name.startswith(".") and name.lower().endswith(SUFFIXES)


def _leads_out(place: Path, root: Path) -> bool:
    if not place.is_symlink():
        return False
    try:
        return not place.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return True


def _label(path: Path, shared: Path) -> str:
    return _text(path.relative_to(shared).as_posix() if path.is_relative_to(shared) else path.name)


def _text(name: str) -> str:
    """A name as text: to the system it is bytes, and what cannot be shown is escaped."""
    plain = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in plain)


def _read(file: Path, label: str, findings: list[Finding]) -> Iterator[Source]:
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            findings.append(_error("unreadable", label, "this is not a regular file"))
            return
        with file.open("rb") as stream:
            # What is asked for is set aside at once; and a file may grow while it is read.
            data = stream.read(min(found.st_size, FILE_LIMIT) + 1)
            if len(data) > found.st_size:
                data += stream.read(FILE_LIMIT + 1 - len(data))
    except OSError as fault:
        findings.append(_error("unreadable", label, _reason(fault)))
        return
    if len(data) > FILE_LIMIT:
        findings.append(_too_large(label))
    elif label.lower().endswith(".zip"):
        yield from _unzip(data, label, findings)
    else:
        yield Source(path=label, data=data)


def _unzip(data: bytes, label: str, findings: list[Finding]) -> Iterator[Source]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGE as fault:
        findings.append(_damaged(label, fault))
        return
    entries = [entry for entry in archive.infolist() if _is_document(entry)]
    if len(entries) > ARCHIVE_ENTRIES:
        message = f"the archive has more than {ARCHIVE_ENTRIES} entries"
        findings.append(_error("too-large", label, message))
        return
    budget, names = ARCHIVE_LIMIT, Counter[str]()
    for entry in sorted(entries, key=lambda entry: (entry.filename, entry.header_offset)):
        name = f"{label}!{_text(entry.filename)}"
        names[name] += 1
        # Langflow's own archives hold two files of one name when two flows share theirs.
        name += f" ({names[name]})" if names[name] > 1 else ""
        if entry.compress_type not in PACKINGS:
            findings.append(_packed_strangely(name))
            continue
        try:
            # The announced size can lie, so no more than the limit is ever inflated.
            with archive.open(entry) as stream:
                content = stream.read(min(FILE_LIMIT, budget) + 1)
        except DAMAGE as fault:
            findings.append(_damaged(name, fault))
            continue
        budget -= len(content)
        if len(content) > FILE_LIMIT or budget < 0:
            findings.append(_too_large(name if len(content) > FILE_LIMIT else label))
            return
        yield Source(path=name, data=content)


def _is_document(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    hidden = any(part.startswith(".") and part.strip(".") for part in path.parts)
    is_json = path.suffix.lower() == ".json"
    return is_json and not hidden and not entry.is_dir()


def _damaged(label: str, fault: Exception) -> Finding:
    if isinstance(fault, NotImplementedError):
        return _packed_strangely(label)
    if isinstance(fault, RuntimeError):
        return _error("unreadable", label, "this is encrypted", "pack it without a password")
    return _error("unreadable", label, "this is a damaged archive, or none")


def _packed_strangely(label: str) -> Finding:
    message = "this is packed in a way that is not understood"
    return _error("unreadable", label, message, "pack it as ZIP programs do by default (deflate)")


def _reason(fault: OSError) -> str:
    return f"this cannot be read: {(fault.strerror or 'unknown reason').lower()}"


def _too_large(label: str) -> Finding:
    limit = f"{FILE_LIMIT // MIB} MiB a file, {ARCHIVE_LIMIT // MIB} MiB an archive"
    return _error("too-large", label, f"this is too large ({limit})", "no flow is this large")


def _link(label: str) -> Finding:
    return _error(
        "link-outside",
        label,
        "this link leads out of the folder, or nowhere",
        "put a copy of the file in its place",
    )


def _error(code: str, file: str, message: str, fix: str = "") -> Finding:
    return Finding(level="error", code=code, file=file, message=message, fix=fix)
