"""Which release of Langflow a base is: by its tag, or by the packages that lie in it.

`langflow` 1.N had `langflow-base` 0.N up to 1.11; since 1.12 both have one number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

# What tells the release, the better one first: before 1.0 there was no langflow-base.
DISTRIBUTIONS = ("langflow-base", "langflow")
# The images of Langflow's makers that hold a runtime, wherever they are mirrored.
OFFICIAL = re.compile(
    r"(?:.*[/:])?(?:langflowai|langflow-ai)/langflow(?:-backend|-all|-core|-ep)?:"
    r"(?:base-)?v?(?P<number>\d+\.\d+[A-Za-z0-9.]*?)(?:-(?:amd64|arm64))?(?:@.*)?"
)
# PEP 440, as far as Langflow uses it.
NUMBER = re.compile(
    r"(?P<major>\d{1,6})\.(?P<minor>\d{1,6})(?:\.(?P<patch>\d{1,6}))?"
    r"(?P<early>\.?(?:a|b|rc|dev)\d*(?:\.dev\d+)?)?(?:\.?post\d+)?"
)


ONE_NUMBER = (1, 12, 0, 0)


class Release(NamedTuple):
    """A release's number, in the order of the releases; what came before it has `is_final` 0."""

    major: int
    minor: int
    patch: int
    is_final: int


def parse(text: str) -> Release | None:
    """A number such as 1.13.0 or 1.13.0.dev2; None for what is none."""
    match = NUMBER.fullmatch(text)
    if match is None:
        return None
    major, minor, patch = (int(match[part] or 0) for part in ("major", "minor", "patch"))
    return Release(major, minor, patch, int(not match["early"]))


def share_number(text: str) -> bool:
    """Whether all packages of a release, whose number is whole, have that number."""
    release = parse(text)
    return bool(release and release >= ONE_NUMBER and text.count(".") > 1)


def named(reference: str) -> str:
    """The release that the tag of an official image names, or ""."""
    match = OFFICIAL.fullmatch(reference)
    return match["number"] if match and parse(match["number"]) else ""


def held(distributions: Mapping[str, str]) -> str:
    """The release whose packages lie in a base (name → version), or ""."""
    for name in DISTRIBUTIONS:
        number = distributions.get(name, "")
        release = parse(number)
        if release is None:
            continue
        if name == "langflow-base" and release.major == 0:
            return f"1.{number.partition('.')[2]}"
        return number
    return ""
