"""Python packages that the base lacks, as files of our layer: chosen and fetched with `uv`.

Only wheels: they are unpacked, and nothing of them is run. What the base has is never chosen
anew: `uv` is shown an empty wheel for each of its distributions, in the base's version.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from chartgen import tree
from chartgen.errors import InvalidInput, Unavailable
from chartgen.image import uv
from chartgen.image.uv import Target
from chartgen.lock import Pin
from chartgen.oci import document
from chartgen.oci.resolve import Base
from chartgen.tree import Tree

FOLDER = "app/chartgen/packages"
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[A-Za-z0-9._,-]+\])?([<>=!~][^\s;@]*)?")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)((?:\s*\\\n\s+--hash=\S+)+)", re.MULTILINE)
_HASH = re.compile(r"sha256:[a-f0-9]{64}")
_NO_EXTRA = re.compile(r"The package `([^`=]+)==[^`]*` does not have an extra named")
# What an installer notes about itself; it differs from one to the next.
_NOTES = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}


def resolve(
    packages: Sequence[str],
    constraints: Iterable[str],
    present: Mapping[str, str],
    target: Target,
    *,
    offline: bool = False,
) -> tuple[Pin, ...]:
    """The distributions that packages need beyond those of the base, with their hashes.

    `present` is what the base has, name → version: without the versions nobody can say what
    fits. `constraints` such as `lfx==1.13.0` pin the runtime. Raises InvalidInput when there
    are no wheels that fit, Unavailable when the package index does not answer.
    """
    _check(packages)
    pinned = dict(one.split("==") for one in constraints)
    known = {plain(name): version for name, version in {**present, **pinned}.items()}
    if unsure := [name for name, version in known.items() if not version]:
        raise InvalidInput(
            f"it is not known in which versions the base has {', '.join(sorted(unsure))}, so "
            f"not what fits: {uv.DOCKER}"
        )
    real: set[str] = set()
    while True:
        said, output = _compile(packages, known, real, target, offline=offline)
        # An empty wheel has no extras: whose extra is wanted is looked up in the index after all.
        missing = {plain(name) for name in _NO_EXTRA.findall(said)} & known.keys() - real
        if not missing:
            break
        real |= missing
    found = [_pin(*match.groups()) for match in _PIN.finditer(output)]
    return tuple(sorted(pin for pin in found if pin.name not in known))


def files(pins: Sequence[Pin], target: Target, *, offline: bool = False) -> Tree:
    """Pinned distributions as the image holds them: the same bytes for the same pins.

    `uv`'s cache is asked first, so what was fetched once needs no network. Raises InvalidInput
    when a wheel has another hash or two distributions bring different files under one name.
    """
    if not pins:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        place, wanted = Path(scratch) / "packages", Path(scratch) / "pins.txt"
        wanted.write_text("".join(map(_line, pins)))
        arguments = [
            *("install", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
            *("--link-mode", "copy", "--no-compile-bytecode", "--target", str(place)),
            *(*target.options(), "--requirement", str(wanted)),
        ]
        names = [f"{pin.name}=={pin.version}" for pin in pins]
        try:
            uv.run([*arguments, "--offline"], scratch, names, target)
        except (InvalidInput, Unavailable):
            if offline:
                raise
            shutil.rmtree(place, ignore_errors=True)
            uv.run(arguments, scratch, names, target)
        return {f"{FOLDER}/{path}": data for path, data in _clean(tree.read(place)).items()}


def environment(base: Base) -> dict[str, str]:
    """What an image's environment must say so that Python finds the packages.

    In front of what the base says: a path that it has stays.
    """
    said = set()
    for child in base.children:
        what = f"the configuration of the base's manifest {child.digest}"
        run = document.section(document.load(child.config, what), "config", what)
        entries = dict(one.split("=", 1) for one in document.texts(run, "Env", what) if "=" in one)
        said.add(entries.get("PYTHONPATH", ""))
    if len(said) > 1:
        raise InvalidInput(
            "the base's images differ in PYTHONPATH: --builder docker can install packages"
        )
    return {"PYTHONPATH": ":".join(filter(None, [f"/{FOLDER}", *said]))}


def _check(packages: Sequence[str]) -> None:
    """Refuse what uv would read as an option, an address or a file."""
    for text in packages:
        if not _REQUIREMENT.fullmatch(text):
            raise InvalidInput(f"{text!r} is not a package to install")


def _compile(
    packages: Sequence[str],
    known: Mapping[str, str],
    real: set[str],
    target: Target,
    *,
    offline: bool,
) -> tuple[str, str]:
    """One search: what `uv` said about it, and the distributions with their hashes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        stubs = {name: text for name, text in known.items() if name not in real}
        (folder / "links").mkdir()
        for name, version in stubs.items():
            _stub(folder / "links", name, _ours(version))
        lines = [
            f"{name}=={_ours(text) if name in stubs else text}" for name, text in known.items()
        ]
        # In the file and not as an option: that would take the place of the user's own links.
        texts = {"wanted": ["--find-links links", *packages], "known": lines}
        for name, content in texts.items():
            (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in content))
        arguments = [
            *("compile", "--generate-hashes", "--no-header", "--no-annotate"),
            *("--only-binary", ":all:", "--constraints", "known.txt"),
            *(*target.options(), "wanted.txt"),
            *(["--offline"] if offline else []),
        ]
        return uv.run(arguments, scratch, packages, target)


def _ours(version: str) -> str:
    """A version that counts as the same (PEP 440) and that no index has."""
    return f"{version}{'.' if '+' in version else '+'}base"


def _stub(folder: Path, name: str, version: str) -> None:
    stem = f"{name.replace('-', '_')}-{version}"
    about = f"{stem}.dist-info"
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        wheel.writestr(f"{about}/METADATA", head)
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")


def _pin(name: str, version: str, hashes: str) -> Pin:
    return Pin(name=plain(name), version=version, hashes=tuple(sorted(_HASH.findall(hashes))))


def _line(pin: Pin) -> str:
    return " ".join([f"{pin.name}=={pin.version}", *(f"--hash={one}" for one in pin.hashes)]) + "\n"


def plain(name: str) -> str:
    """A distribution's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _clean(found: Tree) -> Tree:
    """What is imported, without commands, bytecode and the installer's notes."""
    kept = {path: data for path, data in found.items() if _is_wanted(path)}
    origin: dict[str, str] = {}
    for path in kept:
        if path.endswith(".dist-info/RECORD"):
            rows = [row for row in _rows(kept[path]) if row[0] in kept]
            for name, checksum, _ in rows:
                if origin.setdefault(name, checksum) != checksum:
                    raise InvalidInput(
                        f"two of the Python packages bring {name}, each its own: --builder docker "
                        "leaves the choice to the installer"
                    )
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(sorted(rows))
            kept[path] = text.getvalue().encode()
    return kept


def _is_wanted(path: str) -> bool:
    folders, name = path.split("/")[:-1], path.rpartition("/")[2]
    if len(folders) == 1 and folders[0].endswith(".dist-info") and name in _NOTES:
        return False
    # uv's own marks lie at the top.
    return "__pycache__" not in folders and folders[:1] != ["bin"] and not path.startswith(".")


def _rows(record: bytes) -> list[list[str]]:
    """The files that a distribution says it has: path, checksum, size."""
    return [row for row in csv.reader(io.StringIO(record.decode())) if len(row) == 3]
