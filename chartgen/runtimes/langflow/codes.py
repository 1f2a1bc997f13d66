"""Only the packaged code runs: whatever other code a flow holds by then, Langflow refuses it.

Code is a part of flows, and flows lie in the database: who writes there has code run in the pod.
Langflow's own lock (1.13.0, lfx/utils/flow_validation.py) lets in all custom components or none,
knows code by 12 digits of its hash, and by default runs its own code where a component's differs.
So the lock is where Langflow makes a class of a code, and `contract.json` has the keys. The bundles
in the image pass, too: Langflow makes their components when it starts.

This file is copied into the image as it is, and imports nothing but the standard library and
Langflow.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

Make = Callable[..., Any]

# What it names the modules of bundles that are installed (lfx 1.13.0, extension/loader).
BUNDLES = "_lfx_ext.official."
# It does nothing, so nobody packages it.
PROBE = "from lfx.custom import Component\nclass Probe(Component): ..."
REFUSED = "a component's code is not that of the image, and does not run"
OPEN = "Langflow would run code that is not packaged: this launcher does not know its release"


class NotPackaged(ValueError):
    """A component's code is not in the image."""


def enforce(packaged: Iterable[str]) -> None:
    """Have Langflow refuse all code but that with these hashes; see that it does, or end."""
    validate: Any = importlib.import_module("lfx.custom.validate")
    # Langflow evaluates code in one place, which calls this by its name.
    validate.create_class = only(frozenset(packaged), validate.create_class)
    loading = importlib.import_module("lfx.interface.initialize.loading")
    try:
        # As it is done for a flow that is called.
        loading.eval_custom_component_code(PROBE)
    except NotPackaged:
        return
    raise SystemExit(f"chartgen: {OPEN}")


def only(packaged: frozenset[str], make: Make) -> Make:
    """What makes a class of a code, for code that is packaged, or a file of a bundle."""

    def checked(code: str, class_name: str) -> Any:
        known = digest(code)
        if known in packaged or of_bundle(code, class_name):
            return make(code, class_name)
        if code != PROBE:
            # Langflow tells the caller alone.
            print(f"chartgen: {REFUSED}: sha256 {known}", file=sys.stderr, flush=True)  # noqa: T201
        raise NotPackaged(REFUSED)

    return checked


def of_bundle(code: str, class_name: str) -> bool:
    """Whether a code is a file of Langflow's bundles, all of which it evaluates as it starts."""
    for name, module in list(sys.modules.items()):
        if name.startswith(BUNDLES) and class_name in vars(module):
            with contextlib.suppress(OSError):
                if inspect.getsource(module) == code:
                    return True
    return False


def digest(code: str) -> str:
    """The SHA-256 by which a component's code is known."""
    return hashlib.sha256(code.encode()).hexdigest()
