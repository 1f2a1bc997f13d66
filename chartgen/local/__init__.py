"""A release without a cluster: as files for Docker Compose, or as one container.

Both are the chart's pod: what they run, and how, is read from the chart itself.
"""

from __future__ import annotations

from chartgen.local.checking import check
from chartgen.local.composing import Composed, compose
from chartgen.local.needs import Given
from chartgen.local.running import Started, run

__all__ = ["Composed", "Given", "Started", "check", "compose", "run"]
