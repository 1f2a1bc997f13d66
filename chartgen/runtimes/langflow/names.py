"""The names of variables: which a text may be, which cannot work, which to derive."""

from __future__ import annotations

import re

from chartgen.runtimes.langflow.facts import Facts, Provider
from chartgen.runtimes.langflow.graph import Component, Field

NAME = re.compile(r"[A-Z_][A-Z0-9_]*")
# Words that Langflow users put into variable names beside underscores.
LOOSE_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:[ ._-]+[A-Z0-9]+)*")
WORD_LENGTH = 20
WORD_DIGITS = 3
# Names that the process, its loader or Kubernetes give a meaning of their own.
SYSTEM_NAMES = frozenset(
    {
        "PATH",
        "HOME",
        "USER",
        "SHELL",
        "HOSTNAME",
        "PWD",
        "TMPDIR",
        "TZ",
        "LANG",
        "TERM",
        "IFS",
        "ENV",
        "BASH_ENV",
        "DO_NOT_TRACK",
    }
)
SYSTEM_PREFIXES = ("LD_", "PYTHON", "KUBERNETES_", "LC_", "UVICORN_", "GUNICORN_", "UV_")
RENAMED_PREFIX = "FLOW_"
SECRET_WORDS = frozenset(
    {
        "KEY",
        "APIKEY",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "CREDENTIAL",
        "CREDENTIALS",
        "AUTH",
        "AUTHORIZATION",
        "COOKIE",
        "DSN",
        "JWT",
        "BEARER",
        "PASSPHRASE",
    }
)
PLACEHOLDER = re.compile(
    r"(?i)(?:<.*>|\{\{?.*\}?\}|\$\{?\w+\}?|\*+|\.+|x{3,}|(?:your|my|insert|enter|add|put|paste|"
    r"replace|change)[\s_-].*|change-?me|placeholder|dummy|example|todo|none|null|n/?a|"
    r"(?:api|access)[\s_-]*(?:key|token)(?:[\s_-]*here)?|sk-(?:x+|\.+|your.*))"
)


def is_name(text: str, facts: Facts) -> bool:
    """Whether a text is safely the name of a variable and not a secret itself.

    Only upper-case words can be a name. A long word, or one with many digits in it, is
    what keys look like: `AKIA…` is a valid name by its characters alone.
    """
    if text in facts.known_variables or text in facts.imported_variables:
        return True
    words = re.split(r"[ ._-]+", text)
    return bool(LOOSE_NAME.fullmatch(text.strip("_"))) and all(
        len(word) <= WORD_LENGTH and sum(c.isdigit() for c in word) <= WORD_DIGITS for word in words
    )


def is_placeholder(text: str) -> bool:
    """Whether a text stands where a secret is to come and is none: `<your key>`, `xxx`."""
    return bool(PLACEHOLDER.fullmatch(text.strip()))


def usable(name: str, facts: Facts) -> str:
    """The name itself when Langflow resolves it from the environment, else one that it does.

    Not resolved: no C identifier (Kubernetes before 1.34), the denylist of
    lfx 1.13.0 `utils/env_var_security.py`, and names that `langflow run` takes for its own
    settings even without their prefix (`langflow/__main__.py`).
    """
    clean = re.sub(r"[^A-Z0-9_]+", "_", name.upper()).strip("_") or "VARIABLE"
    if clean[0].isdigit():
        clean = f"_{clean}"
    refused = (
        clean.startswith((*facts.refused_prefixes, *SYSTEM_PREFIXES))
        or clean in facts.refused_names | facts.settings_names | SYSTEM_NAMES
    )
    return f"{RENAMED_PREFIX}{clean}" if refused else clean


def looks_secret(name: str) -> bool:
    """Whether a variable or header of this name holds a secret, by its words."""
    words = set(_words(name))
    return bool(words & SECRET_WORDS) or {"CONNECTION", "STRING"} <= words


def derive(field: Field, facts: Facts) -> str:
    """A name for a secret field whose export has lost it.

    The provider's own variable when a model is chosen; a well-known variable that the
    component's and field's words spell; else `<COMPONENT>_<FIELD>`.
    """
    component, name = field.origin
    provider = next(iter(providers(component, facts)), None)
    if provider and name == "api_key" and provider.secret:
        return provider.secret
    # The type of a hand-made component says nothing; its display name does.
    anonymous = component.type in {"CustomComponent", "Component", "genericNode", ""}
    words = _words(component.display_name if anonymous else component.type)
    words = [word for word in words if word != "COMPONENT"] or ["FLOW"]
    fields = _words(name)
    known = {text.replace("_", ""): text for text in sorted(facts.known_variables)}
    for start in (words, _words(component.display_name)):
        for count in range(len(start), -1, -1):
            if found := known.get("".join([*start[:count], *fields])):
                return found
    return "_".join(fields if fields[0] == words[0] else [*words, *fields])


def providers(component: Component, facts: Facts) -> tuple[Provider, ...]:
    """The model providers that a component's fields have chosen, each once."""
    chosen: list[str] = []
    for field in component.fields:
        if field.data.get("type") == "model":
            value = field.value if isinstance(field.value, list) else [field.value]
            chosen += [str(item.get("provider")) for item in value if isinstance(item, dict)]
        elif field.name in {"agent_llm", "provider", "model_provider"}:
            chosen.append(str(field.value))
    found = {
        facts.providers[name].name: facts.providers[name]
        for name in chosen
        if name in facts.providers
    }
    return tuple(found.values())


def _words(text: str) -> list[str]:
    """The words of a name in capitals: `OpenAIModel` → OPENAI, MODEL."""
    plain = text.rpartition(":")[2].partition("@")[0]
    spaced = re.sub(r"(?<=[A-Za-z0-9])(?=[A-Z][a-z])", "_", plain)
    return [word for word in re.split(r"[^A-Z0-9]+", spaced.upper()) if word] or ["FLOW"]
