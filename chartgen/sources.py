"""Reads what the user pointed at: files, folders and archives become named bytes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from chartgen.model import Finding

MIB = 1024 * 1024
FILE_LIMIT = 64 * MIB
ARCHIVE_LIMIT = 512 * MIB
ARCHIVE_ENTRIES = 10_000
SUFFIXES = (".json", ".zip")


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
        return PurePosixPath(self.path.rpartition("!")[2]).stem


def collect(
    paths: Sequence[Path], *, exclude: Sequence[Path] = ()
) -> tuple[tuple[Source, ...], tuple[Finding, ...]]:
    """Every JSON document under the paths, sorted by path, and what could not be read.

    A folder is read recursively (`*.json`, `*.zip`; hidden names are passed over, and so
    are the folders in `exclude`). A symbolic link that leads out of its folder is a finding
    of level error, and so is whatever cannot be read.
    """
    shared = _shared_parent(paths)
    left_out = {path.resolve() for path in exclude}
    sources: dict[str, Source] = {}
    findings: list[Finding] = []
    for path in paths:
        if not path.exists():
            findings.append(_error("no-such-path", str(path), "there is no such file or folder"))
            continue
        for file, label in _files(path, shared, left_out, findings):
            for source in _read(file, label, findings):
                sources[source.path] = source
    return tuple(sources[name] for name in sorted(sources)), tuple(findings)


def _shared_parent(paths: Sequence[Path]) -> Path:
    """The folder that reported paths are relative to: where the machine keeps it is nobody's."""
    resolved = [path.resolve() for path in paths]
    if len(resolved) == 1:
        return resolved[0] if resolved[0].is_dir() else resolved[0].parent
    return Path(os.path.commonpath([path.parent for path in resolved]))


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
        _refuse_links(here, folders, root, shared, findings)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and not (here / name).is_symlink()
            and (here / name) not in exclude
        )
        for name in sorted(names):
            file = here / name
            if name.startswith(".") or not name.lower().endswith(SUFFIXES):
                continue
            if file.is_symlink() and not _stays_inside(file, root):
                findings.append(_link(_label(file, shared)))
                continue
            yield file, _label(file, shared)


def _refuse_links(
    here: Path, folders: list[str], root: Path, shared: Path, findings: list[Finding]
) -> None:
    findings.extend(
        _link(_label(here / name, shared))
        for name in sorted(folders)
        if (here / name).is_symlink() and not _stays_inside(here / name, root)
    )


def _stays_inside(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


def _label(path: Path, shared: Path) -> str:
    text = path.relative_to(shared).as_posix() if path.is_relative_to(shared) else path.name
    # File names are bytes to the system: what is no text is shown escaped, not passed on.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _read(file: Path, label: str, findings: list[Finding]) -> Iterator[Source]:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            findings.append(_error("unreadable", label, "this is not a regular file"))
            return
        with file.open("rb") as stream:
            data = stream.read(FILE_LIMIT + 1)
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
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [
                entry
                for entry in archive.infolist()
                if not entry.is_dir() and entry.filename.lower().endswith(".json")
            ]
            if len(entries) > ARCHIVE_ENTRIES:
                findings.append(_error("too-large", label, "the archive has too many entries"))
                return
            budget = ARCHIVE_LIMIT
            for entry in sorted(entries, key=lambda entry: entry.filename):
                name = f"{label}!{entry.filename}"
                # The announced size can lie, so no more than the limit is ever inflated.
                with archive.open(entry) as stream:
                    content = stream.read(min(FILE_LIMIT, budget) + 1)
                if len(content) > min(FILE_LIMIT, budget):
                    findings.append(_too_large(name))
                    return
                budget -= len(content)
                yield Source(path=name, data=content)
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        RuntimeError,
        ValueError,
        OSError,
        NotImplementedError,
        EOFError,
    ) as fault:
        findings.append(_error("unreadable", label, f"the archive cannot be read: {fault}"))


def _reason(fault: OSError) -> str:
    return f"this cannot be read: {(fault.strerror or 'unknown reason').lower()}"


def _too_large(label: str) -> Finding:
    return _error(
        "too-large", label, f"this is larger than {FILE_LIMIT // MIB} MiB", "no flow is this large"
    )


def _link(label: str) -> Finding:
    return _error(
        "link-outside",
        label,
        "this link leads out of the folder, or nowhere",
        "put a copy of the file in its place",
    )


def _error(code: str, file: str, message: str, fix: str = "") -> Finding:
    return Finding(level="error", code=code, file=file, message=message, fix=fix)
