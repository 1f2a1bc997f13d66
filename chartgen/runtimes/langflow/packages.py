"""Which Python packages the flows need, and which base image has them."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from chartgen.model import Base, Finding
from chartgen.runtimes.langflow.facts import Facts
from chartgen.runtimes.langflow.graph import Component, one_line
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
    """Requirement strings that the chosen base lacks, pins of the runtime's own packages."""

    base: Base
    packages: tuple[str, ...]
    constraints: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A distribution that a component asks for, perhaps because it is one of its bundle."""

    distribution: str
    component: str
    is_bundle: bool


def wanted(component: Component, facts: Facts) -> Iterator[Wanted]:
    """What one component needs beyond the smaller base."""
    place = f"{component.flow} → {component.display_name}"
    for distribution, is_bundle in dict.fromkeys(_distributions(component, facts)):
        yield Wanted(distribution=distribution.lower(), component=place, is_bundle=is_bundle)


def choose(
    wanted: Iterable[Wanted], facts: Facts, *, base: str = "", extra: Iterable[str] = ()
) -> Needs:
    """The base image for what components want, and what must be added to it.

    `base` names an image of the user's own: everything that Langflow's smaller image lacks
    is then installed on it, since nobody knows what it has.
    """
    askers: dict[str, str] = {}
    bundled: set[str] = set()
    for one in wanted:
        askers.setdefault(one.distribution, one.component)
        if one.is_bundle:
            bundled.add(one.distribution)
    profile, reason = _profile(askers, bundled, facts)
    present = facts.base_distributions if base or profile == "base" else facts.full_distributions
    packages = [name for name in askers if _bare(name) not in present]
    own = ("lfx", "langflow-base", *(("langflow",) if profile == "full" and not base else ()))
    return Needs(
        base=Base(
            reference=base or f"{IMAGES[profile]}:{facts.version}",
            profile="custom" if base else profile,
            reason="named by the user" if base else reason,
        ),
        packages=tuple(sorted({*packages, *extra})),
        constraints=tuple(f"{name}=={facts.version}" for name in sorted(own)),
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


def _profile(askers: dict[str, str], bundled: set[str], facts: Facts) -> tuple[str, str]:
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


def _distributions(component: Component, facts: Facts) -> Iterator[tuple[str, bool]]:
    """What one component needs beyond the base: distribution, and whether it is a bundle."""
    for module in sorted({*imports(component.code), *_declared(component)}):
        match = COMPONENT_PATH.match(module)
        bundle = facts.bundles.get(match[1]) if match else None
        if bundle:
            yield bundle.distribution, True
        elif not match:
            for distribution in _of_module(module, facts):
                yield distribution, False
    for provider in providers(component, facts):
        for package in provider.packages:
            if package not in facts.base_distributions:
                yield package, False


def _of_module(module: str, facts: Facts) -> Iterator[str]:
    top = module.partition(".")[0]
    for extra in facts.extra_distributions.get(top, ()):
        if extra not in facts.base_distributions:
            yield extra
    if top not in OURS and top not in sys.stdlib_module_names:
        distribution = _distribution(module, top, facts)
        if distribution:
            yield distribution


def _distribution(module: str, top: str, facts: Facts) -> str:
    """The distribution of a module that the base lacks, or "" when the base has it."""
    parts = module.split(".")[:MODULE_PARTS]
    for length in range(len(parts), 0, -1):
        if known := facts.import_distributions.get(".".join(parts[:length])):
            return "" if _bare(known) in facts.base_distributions else known
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


def imports(source: str) -> frozenset[str]:
    """Every module that Python source imports, functions and `try` blocks included.

    Relative imports stay inside the component; source that does not parse has none here.
    """
    return parse(source)[0]


def _imported(tree: ast.Module) -> frozenset[str]:
    found: set[str] = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from google import genai` names a module too.
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement; expressions hold none, and most of a tree is expressions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            inner = getattr(node, name, None)
            # The branches of `a if b else c` are no list.
            waiting += inner if isinstance(inner, list) else ()


# Flows share most of their code, and parsing is what takes the time.
@lru_cache(maxsize=512)
def parse(source: str) -> tuple[frozenset[str], str]:
    """What component source imports, with the reason when it cannot be run, or ""."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _imported(ast.parse(source)), ""
    except SyntaxError as fault:
        reason = f"{fault.msg} (line {fault.lineno})"
    except (ValueError, RecursionError, MemoryError) as fault:
        reason = str(fault) or "it is nested too deeply"
    return frozenset(), reason


def _bare(requirement: str) -> str:
    return re.split(r"[\[<>=!~]", requirement)[0].lower()
