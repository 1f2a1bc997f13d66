"""The names of variables: which a text may be, which cannot work, which to derive."""

from __future__ import annotations

import re

from chartgen.runtimes.langflow.facts import Facts, Provider
from chartgen.runtimes.langflow.graph import Component, Field
from chartgen.runtimes.langflow.secrets import kinds, looks_secret, words

# Words that Langflow users put into variable names beside underscores.
LOOSE_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:[ ._-]+[A-Z0-9]+)*")
# What keys have and names have not: long words, digits between letters, all over.
LONG_WORD = 20
LONG_WORD_WITH_DIGITS = 12
DIGITS = 4
DIGITS_IN_WORD = 3
MIXED_WORDS = 2
AWS_KEY = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}")
LONGEST_NAME = 100
# No name that anybody knows has more.
MOST_WORDS = 20
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
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE",
        "VIRTUAL_ENV",
    }
)
SYSTEM_PREFIXES = ("LD_", "PYTHON", "KUBERNETES_", "LC_", "UVICORN_", "GUNICORN_", "UV_")
RENAMED_PREFIX = "FLOW_"


def is_name(text: str) -> bool:
    """Whether a text is safely the name of a variable and not a secret itself.

    Only upper-case words can be a name. A long word, or one with many digits in it, is
    what keys look like: `AKIA…` is a valid name by its characters alone.
    """
    bare = text.strip("_")
    if len(bare) > LONGEST_NAME or not LOOSE_NAME.fullmatch(bare):
        return False
    parts = re.split(r"[ ._-]+", bare)
    mixed = sum(not part.isalpha() and not part.isdigit() for part in parts)
    return mixed <= MIXED_WORDS and not any(map(_is_random, parts)) and not any(kinds(text))


def _is_random(word: str) -> bool:
    digits = sum(c.isdigit() for c in word)
    longest = LONG_WORD_WITH_DIGITS if digits else LONG_WORD
    most = DIGITS if word.isdigit() else DIGITS_IN_WORD
    return len(word) > longest or digits > most or bool(AWS_KEY.fullmatch(word))


def is_variable(text: str, key: str, facts: Facts) -> bool:
    """Whether a text that may be a name or a plain value (`PROD`, `GET`) is a name.

    In headers and cells Langflow takes a text for a variable's name if there is one, and
    for itself if there is none.
    """
    known = text in facts.known_variables or text in facts.imported_variables
    return is_name(text) and (known or "_" in text or looks_secret(key))


def usable(name: str, facts: Facts) -> str:
    """The name itself when Langflow resolves it from the environment, else one that it does.

    Not resolved: no C identifier (Kubernetes before 1.34), the denylist of
    lfx 1.13.0 `utils/env_var_security.py`, and names that `langflow run` takes for its own
    settings even without their prefix (`langflow/__main__.py`).
    """
    clean = re.sub(r"[^A-Z0-9_]+", "_", name.upper()).strip("_") or "VARIABLE"
    clean = clean[:LONGEST_NAME].rstrip("_")
    if clean[0].isdigit():
        clean = f"_{clean}"
    refused = (
        clean.startswith((*facts.refused_prefixes, *SYSTEM_PREFIXES))
        or clean in facts.refused_names | facts.settings_names | SYSTEM_NAMES
    )
    return f"{RENAMED_PREFIX}{clean}" if refused else clean


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
    start = words(component.display_name if anonymous else component.type)
    start = [word for word in start[:MOST_WORDS] if word != "COMPONENT"] or ["FLOW"]
    fields = words(name)[:MOST_WORDS]
    known = {text.replace("_", ""): text for text in sorted(facts.known_variables)}
    for before, after in (
        (start, fields),
        (words(component.display_name)[:MOST_WORDS], fields),
        ([], words(field.use.field)[:MOST_WORDS]),
    ):
        for count in range(len(before), -1, -1):
            if found := known.get("".join([*before[:count], *after])):
                return found
    return "_".join(fields if fields[0] == start[0] else [*start, *fields])


def providers(component: Component, facts: Facts) -> tuple[Provider, ...]:
    """The model providers that a component's fields have chosen, each once."""
    chosen: list[str] = []
    for field in component.effective:
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
