"""Images: the build context, and the ways to build it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chartgen.image import docker
from chartgen.image.context import build as context
from chartgen.image.model import Built
from chartgen.model import ImageRef
from chartgen.tree import Tree
from chartgen.watcher import Watcher

Builder = Callable[[Tree, ImageRef, Watcher], Built]

# A builder is one module and one line here; "none" and "auto" are choices, not builders.
BUILDERS: Mapping[str, Builder] = {"docker": docker.build}

__all__ = ["BUILDERS", "Builder", "Built", "context"]
