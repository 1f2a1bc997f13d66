"""`chartgen.lock`: what packaging would ask a network for, kept beside `chartgen.yaml`.

The base's manifests and configurations stand in it byte for byte, because digests are made from
them; of its layers only who owns the folders above ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chartgen import config, schema
from chartgen.errors import InvalidInput
from chartgen.model import App, Finding

FILE = "chartgen.lock"
FORMAT = 1
BYTES = 64 * 1024 * 1024
AGAIN = "run `chartgen lock` again"


@dataclass(frozen=True, kw_only=True)
class Document:
    """An index, a manifest or a configuration of the base, as it was fetched."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, order=True)
class Folder:
    """Who a folder of the base belongs to, and its mode."""

    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, kw_only=True)
class Owners:
    """The folders above our files in one image of the base, and what could not be found out."""

    folders: Mapping[str, Folder]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True, order=True)
class Pin:
    """A Python distribution in one version, with the hashes of the files that are it."""

    name: str
    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What packages were chosen for: the base's Python, or "" when none are needed."""

    python: str = ""
    packages: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A lock file's content. `documents` and `owners` go by digest, `packages` by platform.

    `modules` are those that flows import and the base has, whatever its packages are called;
    `distributions` are the runtime's packages in it, unless its name tells which release it holds.
    """

    runtime: str
    version: str
    reference: str
    digest: str
    needs: Needs
    documents: Mapping[str, Document] = field(repr=False)
    owners: Mapping[str, Owners]
    packages: Mapping[str, tuple[Pin, ...]] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    distributions: Mapping[str, str] = field(default_factory=dict)


def find(paths: Sequence[Path], options: Path | None = None) -> Path | None:
    """The lock file of these flows, if there is one; `options` is their chartgen.yaml."""
    file = place(paths, options)
    return file if file.is_file() else None


def place(paths: Sequence[Path], options: Path | None = None) -> Path:
    """Where the lock file of these flows lies: beside chartgen.yaml, else with the flows."""
    options = options or config.find(paths)
    if options:
        return options.parent / FILE
    first = paths[0] if paths else Path()
    return (first if first.is_dir() else first.parent) / FILE


def read(file: Path) -> Lock:
    """The lock in a file. Raises InvalidInput for what is none, or was changed by hand."""
    try:
        with file.open("rb") as stream:
            data = stream.read(BYTES + 1)
        value: Any = json.loads(data) if len(data) <= BYTES else None
    except OSError as fault:
        reason = (fault.strerror or "unknown reason").lower()
        raise InvalidInput(f"{file} cannot be read: {reason}") from fault
    except (ValueError, RecursionError) as fault:
        raise InvalidInput(f"{file} is no lock file of chartgen: {AGAIN}") from fault
    if findings := schema.check(value, "lock.schema.json", file=str(file)):
        raise InvalidInput(f"{file} is no lock file of chartgen: {AGAIN}", findings)
    found = _lock(value)
    for digest, document in found.documents.items():
        algorithm, _, wanted = digest.partition(":")
        if hashlib.new(algorithm, document.data).hexdigest() != wanted:
            raise InvalidInput(f"{file} is damaged: {digest} has other content; {AGAIN}")
    return found


def check(lock: Lock, app: App, *, python: str = "", file: str = FILE) -> None:
    """Raise InvalidInput when a lock was made for something else than this application."""
    asked = Needs(
        python=python if app.packages else "",
        packages=tuple(sorted(app.packages)),
        constraints=tuple(sorted(app.constraints)),
    )
    runtime = f"{app.runtime.name} {app.runtime.version}"
    for what, locked, wanted in (
        ("", f"{lock.runtime} {lock.version}", runtime),
        ("the base ", lock.reference, app.base.reference),
        ("the packages ", _joined(lock.needs.packages), _joined(asked.packages)),
        ("the constraints ", _joined(lock.needs.constraints), _joined(asked.constraints)),
        ("Python ", lock.needs.python or "none", asked.python or "none"),
    ):
        if locked != wanted:
            raise InvalidInput(
                f"{file} was made for {what}{locked}, and this is {what}{wanted}: {AGAIN}"
            )


def dump(lock: Lock) -> bytes:
    """The one spelling of a lock: the same content gives the same bytes."""
    value = {
        "format": FORMAT,
        "runtime": {"name": lock.runtime, "version": lock.version},
        "base": {
            "reference": lock.reference,
            "digest": lock.digest,
            **({"distributions": dict(lock.distributions)} if lock.distributions else {}),
        },
        "needs": {
            "python": lock.needs.python,
            "packages": sorted(lock.needs.packages),
            "constraints": sorted(lock.needs.constraints),
        },
        "documents": {
            digest: {"mediaType": one.media_type, "text": _text(one.data, digest)}
            for digest, one in sorted(lock.documents.items())
        },
        "owners": {digest: _owners(one) for digest, one in sorted(lock.owners.items())},
        "packages": {
            platform: [{**asdict(pin), "hashes": sorted(pin.hashes)} for pin in sorted(pins)]
            for platform, pins in sorted(lock.packages.items())
        },
        "modules": sorted(lock.modules),
    }
    return (json.dumps(value, indent=1) + "\n").encode()


def _owners(one: Owners) -> dict[str, Any]:
    return {
        "folders": {path: asdict(folder) for path, folder in sorted(one.folders.items())},
        "findings": [
            {key: text for key, text in asdict(item).items() if text} for item in one.findings
        ],
    }


def _text(data: bytes, digest: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"the base cannot be locked: {digest} is not UTF-8") from None


def _lock(value: dict[str, Any]) -> Lock:
    """A lock from data that keeps to the schema."""
    return Lock(
        runtime=value["runtime"]["name"],
        version=value["runtime"]["version"],
        reference=value["base"]["reference"],
        digest=value["base"]["digest"],
        needs=Needs(
            python=value["needs"]["python"],
            packages=tuple(value["needs"]["packages"]),
            constraints=tuple(value["needs"]["constraints"]),
        ),
        documents={
            digest: Document(
                media_type=one["mediaType"], data=one["text"].encode("utf-8", "replace")
            )
            for digest, one in value["documents"].items()
        },
        owners={
            digest: Owners(
                folders={path: Folder(**folder) for path, folder in one["folders"].items()},
                findings=tuple(Finding(**item) for item in one["findings"]),
            )
            for digest, one in value["owners"].items()
        },
        packages={
            platform: tuple(
                Pin(name=pin["name"], version=pin["version"], hashes=tuple(pin["hashes"]))
                for pin in pins
            )
            for platform, pins in value["packages"].items()
        },
        modules=tuple(value["modules"]),
        distributions=value["base"].get("distributions", {}),
    )


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(sorted(texts)) or "none"
