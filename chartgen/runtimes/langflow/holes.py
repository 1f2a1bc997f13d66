"""Which releases of Langflow have known holes, and what that means for a base.

`holes.json` is a table with the day on which it was read, kept by hand (CONTRIBUTING.md says how).
A hole is `fixed` in a release, or a release is the `last` that has it; one of which neither is
known is not in the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from chartgen.model import RELEASE_LABEL, Allowance, Finding, Request
from chartgen.runtimes.langflow import releases
from chartgen.runtimes.langflow.graph import one_line
from chartgen.runtimes.langflow.releases import Release

FILE = "chartgen.yaml"
# Holes are published about once a month.
OLD_DAYS = 120
SHOWN = 3
# The worst first.
CLASSES = {
    "code": "others run code",
    "takeover": "others become administrator",
    "access": "others reach what is not theirs",
    "secrets": "secrets come to light",
    "outage": "the server can be stopped",
}


@dataclass(frozen=True, kw_only=True)
class Hole:
    """What one or several records tell of, and until when: `fixed` or `last` is set."""

    ids: tuple[str, ...]
    kind: str
    exploited: bool
    fixed: Release | None
    last: Release | None

    def is_open(self, release: Release) -> bool:
        """Whether a release has it, as far as the table knows when it was mended."""
        return bool((self.fixed and release < self.fixed) or (self.last and release <= self.last))


@dataclass(frozen=True, kw_only=True)
class Table:
    """The holes, the day they were read, and the oldest release to build on with the reason."""

    read: date
    floor: str
    why: str
    holes: tuple[Hole, ...]


@cache
def table() -> Table:
    """The table, read once."""
    raw = json.loads(resources.files(__package__).joinpath("holes.json").read_bytes())
    return Table(
        read=date.fromisoformat(raw["read"]),
        floor=raw["floor"],
        why=raw["why"],
        holes=tuple(
            Hole(
                ids=tuple(row["ids"]),
                kind=row["class"],
                exploited=row.get("exploited", False),
                fixed=releases.parse(row.get("fixed", "")),
                last=releases.parse(row.get("last", "")),
            )
            for row in raw["holes"]
        ),
    )


def judge(reference: str, version: str, supported: str, request: Request) -> Iterator[Finding]:
    """What is to be said of a base that holds a release of Langflow.

    `supported` is the release that chartgen knows. Below the floor it is an error, unless
    chartgen.yaml allows that release by name.
    """
    release, known = releases.parse(version), releases.parse(supported)
    floor = releases.parse(table().floor)
    if not (release and known and floor):
        return
    allowed = [one for one in request.old_bases if releases.parse(one.version) == release]
    valid = next((one for one in allowed if not _is_over(one, request)), None)
    if release < floor:
        yield old(reference, version, valid)
    elif release > known:
        yield _new(reference, version, supported, is_patch=release[:2] == known[:2])
    for one in request.old_bases:
        if _is_over(one, request):
            yield _idle(one, "expired", f"expired on {one.expires} and counts no more")
        elif release >= floor or one not in allowed:
            yield _idle(one, "unused", f"is not needed: the base is Langflow {version}")


def old(reference: str, version: str, allowance: Allowance | None) -> Finding:
    """The finding for a base below the floor: a warning if chartgen.yaml allows it."""
    said = f"the base {one_line(reference)} is Langflow {version}, {open_in(version)}"
    if allowance:
        return Finding(
            level="warning",
            code="old-base",
            message=f"{said}; it is allowed until {allowance.expires}: "
            f"{one_line(allowance.reason)}",
            fix=f"take {table().floor} or newer before that day",
        )
    return Finding(
        level="error",
        code="old-base",
        message=said,
        fix=f"take {table().floor} or newer: {table().why}. To build on it all the same, name "
        f"{version} under allowOldBase in {FILE}, with a reason and a last day",
    )


def open_in(version: str) -> str:
    """How many holes a release below the floor has, and the worst, with the table's day."""
    release = releases.parse(version)
    found = [hole for hole in table().holes if release and hole.is_open(release)]
    day = table().read.isoformat()
    if not found:
        return f"older than {table().floor}, which is the oldest to build on (table of {day})"
    order = list(CLASSES)
    # Of equals the one that stays open longest: the table goes by releases.
    found.reverse()
    worst = sorted(found, key=lambda hole: (not hole.exploited, order.index(hole.kind)))
    names = [
        f"{name} ({CLASSES[hole.kind]}{'; exploited' if hole.exploited else ''})"
        for hole in worst
        for name in hole.ids
    ]
    holes = f"{len(names)} known hole" + ("s" if len(names) > 1 else "")
    return f"which has {holes} (table of {day}), such as {', '.join(names[:SHOWN])}"


def outdated(reference: str, version: str) -> Iterator[Finding]:
    """A warning for a base below today's floor; `version` may be "", where the name must tell."""
    found = version or releases.named(reference)
    release, floor = releases.parse(found), releases.parse(table().floor)
    if release and floor and release < floor:
        yield Finding(
            level="warning",
            code="old-base",
            message=f"the base {one_line(reference)} is Langflow {found}, {open_in(found)}",
            fix=f"package again on {table().floor} or newer, and upgrade",
        )


def unknown(reference: str) -> Finding:
    """The finding for a base of which nobody knows what it holds."""
    return Finding(
        level="warning",
        code="unknown-base",
        message=f"it is not known which Langflow the base {one_line(reference)} holds, and one "
        f"below {table().floor} has known holes",
        fix="run chartgen lock, which looks into it, or give the base the label "
        f"{RELEASE_LABEL}=VERSION",
    )


def stale(today: str) -> Iterator[Finding]:
    """A warning when the table is so old that newer holes are likely."""
    if today and (date.fromisoformat(today) - table().read).days > OLD_DAYS:
        yield Finding(
            level="warning",
            code="old-table",
            message=f"the table of Langflow's holes is of {table().read.isoformat()}: newer ones "
            "may be known",
            fix="take a newer chartgen",
        )


def _new(reference: str, version: str, supported: str, *, is_patch: bool) -> Finding:
    return Finding(
        level="info" if is_patch else "warning",
        code="new-base",
        message=f"the base {one_line(reference)} is Langflow {version}, newer than {supported}, "
        "for which flows and settings are made",
        fix="see with --check that every component can be loaded, and call each flow once",
    )


def _idle(one: Allowance, code: str, said: str) -> Finding:
    return Finding(
        level="warning",
        code=f"exception-{code}",
        file=FILE,
        message=f"allowOldBase for {one.version} {said}",
        fix="remove it, or review again what it is for",
    )


def _is_over(one: Allowance, request: Request) -> bool:
    return bool(request.today) and one.expires < request.today
