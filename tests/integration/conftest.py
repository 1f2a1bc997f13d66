from __future__ import annotations

from tests.integration.engine import engine

__all__ = ["engine"]
