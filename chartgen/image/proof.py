"""Proves, with nothing run, that the packages of a layer bring the modules they were taken for.

Python's own rules decide, on the names of files alone. A release that would work is never
refused: a name is only followed to the first package or file of code, whose own matter it is
what lies below.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from chartgen.errors import InvalidInput
from chartgen.image import wheels
from chartgen.lock import Pin
from chartgen.model import Finding, Module

# A file of code, compiled code among it: `six.py`, `_x.cpython-314-x86_64-linux-gnu.so`.
CODE = re.compile(r"(?P<name>[^./]+)(?:\.py|\.pyc|(?:\.[^./]+)*\.so)")
PACKAGE = "__init__"
FIX = (
    "name the distribution that has it under `modules:` in chartgen.yaml ({module}: NAME), or say "
    'there that the base has it ({module}: ""), and run `chartgen lock` again'
)
# How `uv` says that there is no such package, or none that can be had without building it.
_NONE = re.compile(
    r"([A-Za-z0-9._-]+)(?:==\S+)? (?:was not found in|ha(?:s|ve) no (?:usable )?wheels)"
)


@dataclass(frozen=True, kw_only=True)
class Importable:
    """What a folder of Python's path has: packages and files of code, and mere folders."""

    modules: frozenset[str]
    folders: frozenset[str]

    def look(self, module: str) -> tuple[str, bool]:
        """The part of a dotted name that decides whether it can be imported, and whether it can.

        Folders without code of their own are shared by many distributions (`google`).
        """
        parts = module.split(".")
        for length in range(1, len(parts) + 1):
            name = ".".join(parts[:length])
            if name in self.modules or name not in self.folders:
                return name, name in self.modules
        return module, True


def importable(paths: Iterable[str]) -> Importable:
    """What can be imported from files, whose paths are relative to a folder of Python's path."""
    modules: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        *above, file = path.split("/")
        folders.update(".".join(above[:depth]) for depth in range(1, len(above) + 1))
        if code := CODE.fullmatch(file):
            own = [] if code["name"] == PACKAGE else [code["name"]]
            modules.add(".".join([*above, *own]))
    return Importable(modules=frozenset(modules), folders=frozenset(folders))


def lacking(
    modules: Iterable[Module], paths: Iterable[str], pins: Sequence[Pin], present: Collection[str]
) -> Iterator[Finding]:
    """An error for each component that imports what its package does not bring.

    `paths` are what `wheels.files` gives for `pins`; `present` are modules that the base has. A
    package that is no pin is one of the base's own.
    """
    found = importable(path.removeprefix(f"{wheels.FOLDER}/") for path in paths)
    versions = {pin.name: pin.version for pin in pins}
    for module in modules:
        distribution = _distribution(module)
        part, is_there = found.look(module.name)
        if is_there or distribution not in versions or _within(module.name, present):
            continue
        taken = f"{distribution} {versions[distribution]} was taken for it"
        yield from _findings(module, part, f"is in no package of the image: {taken}")


def unknown(modules: Iterable[Module], said: str) -> Iterator[Finding]:
    """An error for each component that needs a package of which `uv` said that there is none."""
    names = {wheels.plain(name) for name in _NONE.findall(said)}
    for module in modules:
        if (distribution := _distribution(module)) in names:
            part = module.name.partition(".")[0]
            what = f"was looked for in {distribution}, which cannot be had"
            yield from _findings(module, part, what)


def refuse(findings: Iterable[Finding]) -> None:
    """Raise InvalidInput with these findings, each once, if there are any."""
    if distinct := sorted(set(findings)):
        raise InvalidInput("not every module that the flows import is in the image", distinct)


def _distribution(module: Module) -> str:
    return wheels.plain(re.split(r"[\[<>=!~]", module.package)[0])


def _within(module: str, present: Collection[str]) -> bool:
    parts = module.split(".")
    return any(".".join(parts[:length]) in present for length in range(1, len(parts) + 1))


def _findings(module: Module, part: str, what: str) -> Iterator[Finding]:
    for use in module.used_by:
        yield Finding(
            level="error",
            code="missing-module",
            flow=use.flow,
            component=use.component,
            message=f"the module {part} {what}",
            fix=FIX.format(module=part),
        )
