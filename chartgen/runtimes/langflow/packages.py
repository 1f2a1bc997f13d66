"""Which Python packages the flows need, and which base image has them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from chartgen.model import Base, Finding, Module, Use
from chartgen.runtimes.langflow import releases
from chartgen.runtimes.langflow.facts import Facts
from chartgen.runtimes.langflow.graph import Component, one_line
from chartgen.runtimes.langflow.imports import parse
from chartgen.runtimes.langflow.names import providers

IMAGES = {"base": "langflowai/langflow-backend", "full": "langflowai/langflow"}
# From so many packages on, the image in which Langflow's makers have installed them
# together is the better bet than a set that nobody has tried.
MANY = 5
# No import name that is known goes deeper.
MODULE_PARTS = 4
OURS = frozenset({"lfx", "langflow", "langflow_base"})
COMPONENT_PATH = re.compile(r"(?:lfx|langflow)\.components\.(\w+)")
REQUIREMENT = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]+\])?"
    r"(?:(?:==|>=|<=|~=|!=|<|>)[A-Za-z0-9.*+!_-]+(?:,(?:==|>=|<=|~=|!=|<|>)[A-Za-z0-9.*+!_-]+)*)?"
)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Requirement strings that the chosen base lacks, pins of the runtime's own packages.

    `modules` are those that the packages must have, because code imports them as it is loaded.
    """

    base: Base
    packages: tuple[str, ...]
    constraints: tuple[str, ...]
    modules: tuple[Module, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A distribution that a component asks for, perhaps because it is one of its bundle.

    `module` is what its code imports of it as soon as it is loaded, "" when it does so later.
    """

    distribution: str
    used_by: Use
    is_bundle: bool
    module: str


def known(facts: Facts, said: Mapping[str, str]) -> Facts:
    """The facts, with what a user says of modules: the distribution that has each, or ""."""
    if not said:
        return facts
    return replace(facts, import_distributions={**facts.import_distributions, **said})


def wanted(component: Component, facts: Facts) -> Iterator[Wanted]:
    """What one component needs beyond the smaller base."""
    place = Use(flow=component.flow, component=component.display_name, field="")
    for name, is_bundle, module in dict.fromkeys(_distributions(component, facts)):
        yield Wanted(distribution=name.lower(), used_by=place, is_bundle=is_bundle, module=module)


def choose(
    wanted: Iterable[Wanted], facts: Facts, *, base: str = "", extra: Iterable[str] = ()
) -> Needs:
    """The base image for what components want, and what must be added to it.

    `base` names an image of the user's own: everything that Langflow's smaller image lacks
    is then installed on it, since nobody knows what it has.
    """
    askers: dict[str, Use] = {}
    bundled: set[str] = set()
    expected: dict[tuple[str, str], dict[Use, None]] = {}
    for one in wanted:
        askers.setdefault(one.distribution, one.used_by)
        if one.is_bundle:
            bundled.add(one.distribution)
        if one.module:
            expected.setdefault((one.module, one.distribution), {})[one.used_by] = None
    profile, reason = _profile(askers, bundled, facts)
    present = facts.base_distributions if base or profile == "base" else facts.full_distributions
    packages = {name for name in askers if _bare(name) not in present}
    reference = base or f"{IMAGES[profile]}:{facts.version}"
    version = releases.named(reference)
    # What the base holds stays; before 1.12 its packages had numbers of their own.
    pinned = version if releases.share_number(version) else facts.version
    own = ("lfx", "langflow-base", *(("langflow",) if profile == "full" and not base else ()))
    return Needs(
        base=Base(
            reference=reference,
            profile="custom" if base else profile,
            reason="named by the user" if base else reason,
            version=version,
        ),
        packages=tuple(sorted({*packages, *extra})),
        constraints=tuple(f"{name}=={pinned}" for name in sorted(own)),
        modules=tuple(
            Module(name=module, package=package, used_by=tuple(uses))
            for (module, package), uses in sorted(expected.items())
            if package in packages
        ),
    )


def check(requirements: Iterable[str]) -> tuple[Finding, ...]:
    """An error for every requirement string that is none, whoever wrote it."""
    return tuple(
        Finding(
            level="error",
            code="bad-package",
            message=f"{one_line(text)!r} is not a package to install",
            fix="write it as name, name[extra] or name==version",
        )
        for text in requirements
        if not REQUIREMENT.fullmatch(text)
    )


def _profile(askers: dict[str, Use], bundled: set[str], facts: Facts) -> tuple[str, str]:
    in_full = {
        name
        for name in askers
        if _bare(name) in facts.full_distributions - facts.base_distributions
    }
    if carried := sorted(bundled & in_full):
        return "full", f"{askers[carried[0]]} imports the components of {carried[0]}"
    if len(in_full) >= MANY:
        return "full", f"the flows need {len(in_full)} packages that only the full image has"
    if not askers:
        return "base", "the flows need nothing beyond Langflow itself"
    return "base", f"few packages are missing in it: {', '.join(sorted(askers))}"


def _distributions(component: Component, facts: Facts) -> Iterator[tuple[str, bool, str]]:
    """What one component needs beyond the base: distribution, whether a bundle, which module."""
    found, _ = parse(component.code)
    for module in sorted({*found.every, *_declared(component)}):
        match = COMPONENT_PATH.match(module)
        bundle = facts.bundles.get(match[1]) if match else None
        if bundle:
            yield bundle.distribution, True, ""
        elif not match:
            top = module.partition(".")[0]
            for extra in facts.extra_distributions.get(top, ()):
                if extra not in facts.base_distributions:
                    yield extra, False, ""
            if distribution := _distribution(module, top, facts):
                yield distribution, False, module if module in found.loaded else ""
    for provider in providers(component, facts):
        for package in provider.packages:
            if package not in facts.base_distributions:
                yield package, False, ""


def _distribution(module: str, top: str, facts: Facts) -> str:
    """The distribution of a module that the base lacks, or "" when the base has it."""
    if top in OURS or top in sys.stdlib_module_names:
        return ""
    parts = module.split(".")[:MODULE_PARTS]
    for length in range(len(parts), 0, -1):
        said = facts.import_distributions.get(".".join(parts[:length]))
        if said is not None:
            return "" if _bare(said) in facts.base_distributions else said
    if top in facts.base_imports:
        return ""
    return facts.full_imports.get(top) or top.replace("_", "-")


def _declared(component: Component) -> Iterator[str]:
    """Import names that Langflow itself has noted in the node since 1.6."""
    noted = component.node.get("metadata")
    for _ in range(2):
        noted = noted.get("dependencies") if isinstance(noted, dict) else None
    for entry in noted if isinstance(noted, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            yield entry["name"]


def _bare(requirement: str) -> str:
    return re.split(r"[\[<>=!~]", requirement)[0].lower()
