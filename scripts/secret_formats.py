"""Collect the vendors' formats of secrets that chartgen ships as data.

Usage (needs only PyPI and ``uv``)::

    python scripts/secret_formats.py 2.14.0 > chartgen/runtimes/langflow/formats.json

The rules are those of Betterleaks (MIT, https://github.com/betterleaks/betterleaks) and Veles
(Apache-2.0), as that release of ``kingfisher-bin`` (Apache-2.0) lists them. Taken is what stands
by itself: a rule that begins with letters of the vendor's own, and needs no words around it.
What a rule says of the vendor's name near by is left to chartgen's own look at fields.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import subprocess
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

# What the rules say of the text behind a secret, and of the words before one.
BEHIND = r"""(?:\\?['"\x60]|[\s;]|\\[nr]|$)"""
AROUND = re.compile(r"\(\?:=\|>|\.\{0,|\[\\s\\S\]|\(\?:\.\|\.\*|\{\[\^|\(\?s:|https\?:|\(\?x\)")
FLAG_IN_THE_MIDDLE = re.compile(r"^([^(]*(?:\([^()]*\)[^(]*)*)\(\?i\)(.*)$", re.DOTALL)
SHORTEST = 3
# What Python makes of an expression.
parser: Any = importlib.import_module("re._parser")
MOST_PREFIXES = 40
# What no rule should be about: public keys, names, and words that any text may hold.
LEFT_OUT = re.compile(r"client-id|app-id|public|repository|private-key$|jwt|project-url|key-id$")
PREFIX = re.compile(r"[\w.:$+~=-]+")


def main() -> None:
    """Print the formats as one JSON document, a line for each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("version", help="of kingfisher-bin")
    version = arguments.parse_args().version
    print(written(rules(version)), end="")  # noqa: T201 - the result


def written(rules: Iterable[dict[str, Any]]) -> str:
    """The formats of the rules as one JSON document, each once."""
    return "[\n" + ",\n".join({json.dumps(one): None for one in collect(rules)}) + "\n]\n"


def rules(version: str) -> list[dict[str, Any]]:
    """Every rule that a release of kingfisher has."""
    command = ["uvx", "--from", f"kingfisher-bin=={version}", "kingfisher", "rules", "list"]
    done = subprocess.run(  # noqa: S603 - our own arguments
        [*command, "--format", "json"], check=True, capture_output=True
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def collect(rules: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The formats of the rules that stand by themselves."""
    for rule in sorted(rules, key=lambda rule: str(rule["id"])):
        name = re.sub(r"^\w+\.(?:secrets/)?|\.\d+$", "", rule["id"])
        shape = in_python(rule["pattern"])
        if AROUND.search(shape) or LEFT_OUT.search(name):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = parser.parse(shape)
        except re.error:
            continue
        found = sorted({text for text, _ in prefixes(tree)})
        if all(is_distinct(text) for text in found):
            yield {"kind": name, "prefixes": found, "shape": shape}


def is_distinct(prefix: str) -> bool:
    """Whether letters are a vendor's own: `hf_` and `AKIA` are, `key` and `pat` are not."""
    if not PREFIX.fullmatch(prefix) or len(prefix) < SHORTEST:
        return False
    is_word = prefix.islower() and prefix.isalpha()
    return prefix.endswith(("_", "-")) or (len(prefix) > SHORTEST and not is_word)


def in_python(pattern: str) -> str:
    """A rule's expression, written for RE2, as Python takes it, without what is around a secret."""
    text = pattern.replace(BEHIND, "").replace("[[:alnum:]]", "[A-Za-z0-9]").replace(r"\z", r"\Z")
    text = re.sub(r"\(\?P<\w+>", "(?:", text)
    text = re.sub(r"^(\(\?i\))?\\b", lambda match: match[1] or "", text)
    while match := FLAG_IN_THE_MIDDLE.match(text):
        if not match[1]:
            break
        text = f"{match[1]}(?i:{match[2]})" if match[1].count("(") == match[1].count(")") else "("
    return text


def prefixes(tree: Any) -> list[tuple[str, bool]]:
    """The letters that a match begins with, and whether they are the whole of it."""
    found = [("", True)]
    for operation, argument in tree:
        more = step(str(operation), argument)
        if more is None or len(found) * len(more) > MOST_PREFIXES:
            return [(text, False) for text, _ in found]
        found = [(text + added, whole) for text, _ in found for added, whole in more]
        if not all(whole for _, whole in found):
            return [(text, False) for text, _ in found]
    return found


def step(operation: str, argument: Any) -> list[tuple[str, bool]] | None:
    """What one part of an expression adds to the letters; None where it may be anything."""
    if operation == "LITERAL":
        return [(chr(argument), True)]
    if operation == "SUBPATTERN":
        return prefixes(argument[3])
    if operation == "BRANCH":
        return [one for branch in argument[1] for one in prefixes(branch)]
    if operation == "IN" and all(str(kind) == "LITERAL" for kind, _ in argument):
        return [(chr(code), True) for _, code in argument]
    return [("", True)] if operation == "AT" else None


if __name__ == "__main__":
    main()
