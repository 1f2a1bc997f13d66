"""Credentials in values: where they stand, and whether somebody could guess them. None is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chartgen.doctor.release import Packaged
from chartgen.doctor.settings import Place, Settings
from chartgen.model import Finding

FEWEST_DIFFERENT = 8
# What people write when they are asked for a secret and want to go on.
GUESSED = re.compile(
    r"(?i)change.?me|pass.?word|secret|example|sample|dummy|placeholder|langflow|admin|qwerty|"
    r"test|demo|123456|letmein|foo.?bar"
)
LONGEST_GUESS = 32
FRESH = "take a fresh one: chartgen credentials makes it"
OTHER = "take one of your own, made at random"
ASIDE = (
    "keep this file out of version control, or make a Secret of it (chartgen credentials "
    "--format kubectl) and name it as existingSecret"
)


def look(settings: Settings, release: Packaged) -> Iterator[Finding]:
    """What there is to say of credentials and of the database's password."""
    given = dict(_given(settings))
    for file in dict.fromkeys(settings.file(place) for place in given):
        yield Finding(
            level="info",
            code="clear-secret",
            file=file,
            message=f"credentials stand here in clear: {_names(settings, given, file)}",
            fix=ASIDE,
        )
    met: dict[str, Place] = {}
    for place, value in given.items():
        yield from _weak(settings, release, place, value)
        if value in met:
            message = f"{_name(place)} is the same as {_name(met[value])}: who has one has both"
            yield from settings.said("weak-secret", place, message, "take another one for each")
        met.setdefault(value, place)
    if settings.text("credentialsAs") == "env":
        yield from settings.said(
            "clear-secret",
            ("credentialsAs",),
            "credentials stand in the environment of the process, which others may be shown",
            "say credentialsAs: file",
            level="info",
        )
    for number, item in settings.items("extraManifests"):
        if item.get("kind") == "Secret" and (item.get("data") or item.get("stringData")):
            yield from settings.said(
                "clear-secret",
                ("extraManifests", number),
                "a Secret stands here in clear: base64 hides nothing",
                "have an operator make it, or make it beside the release",
            )


def _given(settings: Settings) -> Iterator[tuple[Place, str]]:
    places: list[Place] = [
        *(("credentials", name, "value") for name in settings.mapping("credentials")),
        ("database", "value"),
        ("database", "password", "value"),
    ]
    for place in places:
        # An existing Secret wins over a value.
        aside = settings.mapping(*place[:-1], "existingSecret")
        if (value := settings.text(*place)) and not aside and settings.file(place):
            yield place, value


def _weak(settings: Settings, release: Packaged, place: Place, value: str) -> Iterator[Finding]:
    name = place[1]
    shown = release.examples.get("credentials", {}).get(name, {}).get("value")
    is_ours = name in release.own or place == ("database", "password", "value")
    if place[0] == "credentials" and value == shown:
        reason = "is the chart's own example, which everybody can read"
    elif is_ours and len(set(value)) < FEWEST_DIFFERENT:
        reason = f"has less than {FEWEST_DIFFERENT} different characters"
    elif is_ours and len(value) <= LONGEST_GUESS and GUESSED.search(value):
        reason = "has a word in it that is guessed first"
    else:
        return
    fix = FRESH if name in release.own else OTHER
    yield from settings.said("weak-secret", place, f"{_name(place)} {reason}", fix)


def _names(settings: Settings, given: dict[Place, str], file: str) -> str:
    return ", ".join(sorted(_name(place) for place in given if settings.file(place) == file))


def _name(place: Place) -> str:
    return str(place[1]) if place[0] == "credentials" else ".".join(map(str, place[:-1]))
