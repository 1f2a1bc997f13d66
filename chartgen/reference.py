"""Names and versions: what a chart, a release and an image may be called."""

from __future__ import annotations

import re

from chartgen.errors import InvalidInput
from chartgen.model import ImageRef

# Semantic Versioning 2.0.0, the expression of its own appendix.
VERSION = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?",
    re.ASCII,
)
# Helm keeps each number in 64 bits, and a label of Kubernetes holds 63 characters.
NUMBER_LIMIT = 1 << 63
LONGEST_VERSION = 63
LONGEST_DISPLAY_NAME = 63
# Helm's rule for chart names, and the length that leaves room for a release's own name.
NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,51}[a-z0-9])?")
# OCI distribution specification 1.1, "Pulling manifests"; Docker's rule for the host:
# a first part with a dot or a port is one, and so is localhost.
WORD = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
PORT = r":\d{1,5}"
HOST = rf"(?:{WORD}(?:\.{WORD})+(?:{PORT})?|{WORD}{PORT}|localhost|\[[0-9a-fA-F:]+\](?:{PORT})?)"
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
IMAGE = re.compile(
    rf"(?P<repository>(?:{HOST}/|(?![^/]*\.[^/]*/)){PART}(?:/{PART})*)"
    r"(?::(?P<tag>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}))?(?:@(?P<digest>sha256:[a-f0-9]{64}))?",
    re.ASCII,
)
LONGEST_REPOSITORY = 255
LONGEST_IMAGE = 512


def check_name(name: str) -> str:
    """The name of a release, or InvalidInput when Helm or Kubernetes would refuse it."""
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot be the name of a chart: take lower-case letters, digits and "
            "dashes, beginning with a letter and not ending with a dash, at most 53"
        )
    return name


def check_version(version: str) -> str:
    """The version of a release, or InvalidInput when it is no Semantic Version 2.0.0."""
    if len(version) > LONGEST_VERSION:
        raise InvalidInput(
            f"the version has {len(version)} characters, at most {LONGEST_VERSION} fit"
        )
    match = VERSION.fullmatch(version)
    if match is None:
        raise InvalidInput(f"{version!r} is not a semantic version{_tip(version)}")
    if any(int(number) >= NUMBER_LIMIT for number in match.group(1, 2, 3)):
        raise InvalidInput(f"{version!r} has a number that is too large for Helm")
    return version


def _tip(version: str) -> str:
    plain = version.strip().removeprefix("v").removeprefix("V")
    for guess in (plain, f"{plain}.0", f"{plain}.0.0"):
        if VERSION.fullmatch(guess):
            return f": did you mean {guess}?"
    return ", such as 1.2.0 or 1.2.0-rc.1"


def check_display_name(name: str) -> str:
    """The name that people see, or InvalidInput when it is too long for the chart's schema."""
    if len(name) > LONGEST_DISPLAY_NAME:
        raise InvalidInput(
            f"the display name has {len(name)} characters, at most {LONGEST_DISPLAY_NAME} fit"
        )
    return name


def tag_of(version: str) -> str:
    """A version as an image tag: `+` cannot stand there, and Helm writes `_` for it."""
    return version.replace("+", "_")


def shown(text: str) -> str:
    """A reference as people may see it: nobody's user and password in front of the host."""
    return re.sub(r"^((?:[a-z]+://)?)[^/]*@(?!sha)", r"\1***@", text)


def image(text: str, version: str) -> ImageRef:
    """An image reference; without a tag of its own it gets the release's version.

    Raises InvalidInput when the text is no image reference.
    """
    match = IMAGE.fullmatch(text) if len(text) <= LONGEST_IMAGE else None
    if match is None or len(match["repository"]) > LONGEST_REPOSITORY:
        raise InvalidInput(
            f"{shown(text)!r} is not an image: write it as registry.example.com/team/name, "
            "without https:// and in lower case"
        )
    return ImageRef(
        repository=match["repository"],
        tag=match["tag"] or tag_of(version),
        digest=match["digest"] or "",
    )
