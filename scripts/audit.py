"""Audit locks with pip-audit, and say which packages could not be audited.

Usage (`make audit`)::

    python scripts/audit.py locks/*.txt

pip-audit asks the package index about every pin, and passes over what the index does not answer:
pins for other systems, and everything where a mirror knows projects but no single releases. What
it passed over is looked up on the project's own page, whose advisories are those of its newest
release. What is locked in another release then is told, never taken for audited.

An advisory is accepted for a while in pyproject.toml::

    [[tool.audit.accepted]]
    id = "PYSEC-2026-1"
    reason = "we never call what it is about"
    expires = 2027-01-31
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

ROOT = Path(__file__).parents[1]
INDEX = "https://pypi.org"
SOCKET_SECONDS = 20
WHOLE_SECONDS = 600
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


class Failed(Exception):
    """The audit could not be made, and why."""


class Pin(NamedTuple):
    """A package in the release that is locked; its name in the one spelling of PEP 503."""

    name: str
    version: str


class Advisory(NamedTuple):
    """A known vulnerability of a pin, by all of its names."""

    pin: Pin
    ids: tuple[str, ...]


class Accepted(NamedTuple):
    """An advisory that somebody has looked at, until a day."""

    id: str
    reason: str
    expires: date


@dataclass
class Result:
    """What was asked about, and what was found."""

    audited: set[Pin] = field(default_factory=set)
    advisories: list[Advisory] = field(default_factory=list)

    def add(self, pin: Pin, vulnerabilities: Iterable[dict[str, Any]]) -> None:
        """What an index says of a pin: advisories in PyPI's form."""
        self.audited.add(pin)
        for one in vulnerabilities:
            if not one.get("withdrawn"):
                self.advisories.append(Advisory(pin, (one["id"], *one["aliases"])))


def main() -> None:
    """Print what was found and what was not audited; exit 1 for what is not accepted."""
    arguments = argparse.ArgumentParser(description="Audit locks for known vulnerabilities.")
    arguments.add_argument("locks", nargs="+", type=Path)
    locks = arguments.parse_args().locks
    pins = {pin for lock in locks for pin in locked(lock.read_text("utf-8"))}
    try:
        result = Result()
        read(ask(locks), result)
        first = len(result.audited)
        look_up(sorted(pins - result.audited), result, INDEX)
    except (Failed, requests.RequestException) as fault:
        sys.exit(f"the audit could not be made: {fault}")
    pages = len(result.audited) - first
    said = f"{len(pins)} packages: {first} audited by pip-audit, {pages} by the project's page"
    lines, good = verdict(pins, result, accepted(), datetime.now(UTC).date())
    print("\n".join([said, *lines]))  # noqa: T201 - the result
    sys.exit(0 if good else 1)


def locked(text: str) -> Iterator[Pin]:
    """The pins of a lock, for all systems."""
    for name, version in PIN.findall(text):
        yield Pin(re.sub(r"[-_.]+", "-", name).lower(), version)


def ask(locks: Sequence[Path]) -> str:
    """What pip-audit says of locks, as its JSON. It exits 1 when it has found something."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
        *("--format", "json", "--progress-spinner", "off", "--timeout", str(SOCKET_SECONDS)),
        *(word for lock in locks for word in ("--requirement", str(lock))),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, our own arguments
            command, check=False, capture_output=True, text=True, timeout=WHOLE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"pip-audit takes more than {WHOLE_SECONDS} seconds") from None
    if not done.stdout.startswith("{"):
        raise Failed(done.stderr.strip() or f"pip-audit ends with {done.returncode}")
    return done.stdout


def read(report: str, result: Result) -> None:
    """Take over what pip-audit says of the pins that it did not pass over."""
    for one in json.loads(report)["dependencies"]:
        if "skip_reason" not in one:
            result.add(Pin(one["name"], one["version"]), one["vulns"])


def look_up(pins: Iterable[Pin], result: Result, index: str) -> None:
    """Ask for the pages of pins; one whose newest release is another is left as it is."""
    for pin in pins:
        answer = requests.get(f"{index}/pypi/{pin.name}/json", timeout=SOCKET_SECONDS)
        if answer.status_code == requests.codes.not_found:
            continue
        answer.raise_for_status()
        page = answer.json()
        if page["info"]["version"] == pin.version:
            result.add(pin, page["vulnerabilities"])


def accepted() -> list[Accepted]:
    """The advisories that pyproject.toml accepts."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        entries = tomllib.load(file)["tool"].get("audit", {}).get("accepted", [])
    return [Accepted(**entry) for entry in entries]


def verdict(
    pins: Iterable[Pin], result: Result, accepted: Iterable[Accepted], today: date
) -> tuple[list[str], bool]:
    """What is to be said, a line each, and whether all is well.

    An audit that could look at nothing is not well; an entry counts on its last day, too.
    """
    lines, good = [], bool(result.audited)
    valid = {one.id: one for one in accepted if today <= one.expires}
    for pin, ids in sorted(result.advisories):
        reason = next((valid[name].reason for name in ids if name in valid), "")
        good &= bool(reason)
        words = f"accepted: {reason}" if reason else "VULNERABLE"
        lines.append(f"{pin.name} {pin.version}: {', '.join(ids)}: {words}")
    left = [f"{pin.name} {pin.version}" for pin in sorted(set(pins) - result.audited)]
    lines.append(f"not audited here: {len(left)}{': ' if left else ''}{', '.join(left)}")
    return lines, good


if __name__ == "__main__":
    main()
