"""Images: the build context, and the ways to build it."""

from __future__ import annotations

from chartgen.image.choice import BUILDERS, Builder, build
from chartgen.image.context import build as context
from chartgen.image.locking import make_lock
from chartgen.image.model import Built, Order

__all__ = ["BUILDERS", "Builder", "Built", "Order", "build", "context", "make_lock"]
