"""The locks of development: all that pyproject.toml asks for, in its ranges, with hashes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import audit

ROOT = Path(__file__).parents[2]
LOCKS = ROOT / "locks"
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = PYPROJECT["project"]
# Which extra each of them holds beside the program's own dependencies and its build.
NAMES = {"package": "", "test": "test", "fuzz": "fuzz", "audit": "audit"}


def asked(extra: str) -> Iterator[Requirement]:
    """What an environment needs by pyproject.toml; an extra may name others of our own."""
    build = (LOCKS / "build.in").read_text("utf-8").splitlines()
    texts = [*PROJECT["dependencies"], *PYPROJECT["build-system"]["requires"]]
    texts += [line for line in build if not line.startswith("#")]
    extras = [extra] if extra else []
    while extras:
        for text in PROJECT["optional-dependencies"][extras.pop()]:
            requirement = Requirement(text)
            if requirement.name == PROJECT["name"]:
                extras += requirement.extras
            else:
                texts.append(text)
    return map(Requirement, texts)


def text_of(name: str) -> str:
    return (LOCKS / f"{name}.txt").read_text("utf-8")


def test_there_is_a_lock_for_every_extra_that_development_uses() -> None:
    assert {path.stem for path in LOCKS.glob("*.txt")} == set(NAMES)
    used = {extra for name in NAMES.values() for extra in (name,) if extra}
    within = {"helm", "oci"}  # the extra `test` names them
    assert used | within == set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_what_pyproject_asks_for_in_its_range(name: str) -> None:
    pins = {pin.name: pin.version for pin in audit.locked(text_of(name))}
    for requirement in asked(NAMES[name]):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked: make locks"
        assert requirement.specifier.contains(version), f"{requirement}, {version}: make locks"


@pytest.mark.parametrize("name", NAMES)
def test_every_package_of_a_lock_has_its_hashes(name: str) -> None:
    entries = re.split(r"\n(?=[^\s#])", text_of(name).partition("make locks\n")[2])
    assert len(entries) == len(list(audit.locked(text_of(name))))
    for entry in entries:
        assert re.search(r" --hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_names_no_index_and_no_place(name: str) -> None:
    assert not re.search(r"://|index|find-links|file:|^-", text_of(name), re.MULTILINE)


def test_the_locks_agree_so_that_one_environment_can_hold_them_all() -> None:
    pins = {pin for name in NAMES for pin in audit.locked(text_of(name))}
    assert len(pins) == len({pin.name for pin in pins})
