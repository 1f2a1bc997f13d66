"""What chartgen knows of the Langflow release it packages for.

`facts.json` is written by `scripts/langflow_facts.py` from that release's own packages, with
a few names that no package states (which distribution an import name belongs to).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable that a model provider reads, and the component field that may set it."""

    name: str
    secret: bool
    required: bool
    field: str
    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A model provider: the distributions its models need and the variables they read."""

    name: str
    packages: tuple[str, ...]
    variables: tuple[Variable, ...]

    @property
    def secret(self) -> str:
        """The name of its API key's variable, or ""."""
        return next((v.name for v in self.variables if v.secret), "")


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The distribution that carries a provider's components, and whether `full` has it."""

    distribution: str
    in_full: bool


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Facts of one Langflow release. Imports map to distributions; `full` adds to `base`.

    `code_types`: of which component types a code is, by the first digits of its hash.
    """

    version: str
    base_imports: Mapping[str, str]
    full_imports: Mapping[str, str]
    base_distributions: frozenset[str]
    full_distributions: frozenset[str]
    bundles: Mapping[str, Bundle]
    providers: Mapping[str, Provider]
    known_variables: frozenset[str]
    imported_variables: frozenset[str]
    refused_prefixes: tuple[str, ...]
    refused_names: frozenset[str]
    settings_names: frozenset[str]
    code_types: Mapping[str, frozenset[str]]
    code_interpreter_types: frozenset[str]
    import_distributions: Mapping[str, str]
    extra_distributions: Mapping[str, tuple[str, ...]]


@cache
def load() -> Facts:
    """The facts, read once."""
    raw = json.loads(resources.files(__package__).joinpath("facts.json").read_bytes())
    base, full = raw["profiles"]["base"], raw["profiles"]["full"]
    return Facts(
        version=raw["version"],
        base_imports=base["imports"],
        full_imports={**base["imports"], **full["imports"]},
        base_distributions=frozenset(base["distributions"]),
        full_distributions=frozenset([*base["distributions"], *full["distributions"]]),
        bundles={name: Bundle(**bundle) for name, bundle in raw["bundles"].items()},
        providers=_providers(raw["providers"]),
        known_variables=frozenset(raw["known_variables"]),
        imported_variables=frozenset(raw["imported_variables"]),
        refused_prefixes=tuple(raw["refused_prefixes"]),
        refused_names=frozenset(raw["refused_names"]),
        settings_names=frozenset(name.upper() for name in raw["settings_names"]),
        code_types={code: frozenset(types) for code, types in raw["code_types"].items()},
        code_interpreter_types=frozenset(raw["code_interpreter_types"]),
        import_distributions=raw["import_distributions"],
        extra_distributions={k: tuple(v) for k, v in raw["extra_distributions"].items()},
    )


def _providers(raw: Mapping[str, Any]) -> dict[str, Provider]:
    providers: dict[str, Provider] = {}
    for name, data in raw.items():
        provider = Provider(
            name=name,
            packages=tuple(data["packages"]),
            variables=tuple(
                Variable(
                    name=variable["name"],
                    secret=variable["secret"],
                    required=variable["required"],
                    field=variable.get("field") or "",
                    options=tuple(variable.get("options") or ()),
                )
                for variable in data["variables"]
            ),
        )
        for key in (name, *data.get("aliases", ())):
            providers[key] = provider
    return providers
