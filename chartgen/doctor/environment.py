"""Variables that a user adds: what weakens the runtime, and what is secret and stands in clear."""

from __future__ import annotations

from collections.abc import Iterator

from chartgen.doctor.release import Packaged
from chartgen.doctor.settings import Place, Settings
from chartgen.model import Finding
from chartgen.runtimes import Kind

CLEAR = "take valueFrom with a secretKeyRef in place of value"


def look(settings: Settings, release: Packaged, runtime: Kind) -> Iterator[Finding]:
    """What there is to say of `env`, of the parameters, and of other containers' variables."""
    for number, entry in settings.items("env"):
        name = entry.get("name")
        if isinstance(name, str):
            yield from _variable(settings, release, runtime, name, ("env", number))
    level = settings.text("logLevel")
    if weak := runtime.weakens(str(release.app.get("logLevelEnv")), level):
        message, fix = f"logLevel is {level}: {weak}", "say info, which is the most that is safe"
        yield from settings.said("weak-setting", ("logLevel",), message, fix)
    for group in ("initContainers", "sidecars"):
        for number, _ in settings.items(group):
            for inner, entry in settings.items(group, number, "env"):
                place = (group, number, "env", inner)
                yield from _clear(settings, runtime, entry.get("name"), (*place, "value"))
    for name in settings.mapping("parameters"):
        yield from _clear(settings, runtime, name, ("parameters", name))


def _variable(
    settings: Settings, release: Packaged, runtime: Kind, name: str, place: Place
) -> Iterator[Finding]:
    usual = release.environment.get(name)
    value = settings.get(*place, "value")
    back = f"leave it out: the chart sets it to {usual}" if usual is not None else "leave it out"
    if isinstance(value, str):
        weak = "" if value == usual else runtime.weakens(name, value)
        if weak:
            message = f"{name} is set so that {weak}"
            yield from settings.said("weak-setting", (*place, "value"), message, back)
        yield from _clear(settings, runtime, name, (*place, "value"))
    elif runtime.guards(name) and settings.mapping(*place, "valueFrom"):
        message = f"{name} is taken from elsewhere, so nobody sees here whether it weakens"
        yield from settings.said("weak-setting", place, message, back, level="info")


def _clear(settings: Settings, runtime: Kind, name: object, place: Place) -> Iterator[Finding]:
    value = settings.text(*place)
    if isinstance(name, str) and value and runtime.is_secret(name, value):
        message = f"{name} holds a secret in clear: whoever may read the Deployment sees it"
        yield from settings.said("clear-secret", place, message, CLEAR)
