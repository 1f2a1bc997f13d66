"""What a component's source imports: all of it, and what must be there as soon as it is loaded."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# Python's parser takes up to 500 times the size of a source. The longest of Langflow's own
# components has 86 000 characters.
LONGEST = 256 * 1024
# What is kept of a component for each takes ten times its text. The most that one of Langflow's own
# imports is 75.
MOST = 250


@dataclass(frozen=True, kw_only=True)
class Imports:
    """Dotted names of modules; `from google import genai` is `google.genai`.

    `every` is all that the source imports, functions and `try` blocks included. `loaded` is what
    stands at the top of it: Langflow (1.13.0, lfx/custom/validate.py) imports that when it loads
    the component, and nothing that stands in a block.
    """

    every: frozenset[str] = frozenset()
    loaded: frozenset[str] = frozenset()


# Flows share most of their code, and parsing is what takes the time.
@lru_cache(maxsize=512)
def parse(source: str) -> tuple[Imports, str]:
    """What component source imports, with the reason when it cannot be run, or "".

    Relative imports stay inside the component; source that does not parse has none here.
    """
    if len(source) > LONGEST:
        return Imports(), f"it has more than {LONGEST} characters, and is not read"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
            every, loaded = _imported(_statements(tree)), _imported(tree.body)
        if len(every) > MOST:
            return Imports(), f"it imports more than {MOST} modules, and is not read"
        return Imports(every=every, loaded=loaded), ""
    except SyntaxError as fault:
        reason = f"{fault.msg} (line {fault.lineno})"
    except (ValueError, RecursionError, MemoryError) as fault:
        reason = str(fault) or "it is nested too deeply"
    return Imports(), reason


def _imported(nodes: Iterable[ast.AST]) -> frozenset[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # What is imported from a package may be a module of it.
            found.update(f"{node.module}.{alias.name}".removesuffix(".*") for alias in node.names)
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
