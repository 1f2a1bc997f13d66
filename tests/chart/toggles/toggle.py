"""One row of the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import ANY

from tests.chart.differences import GONE

__all__ = ["ANY", "CONTAINER", "GONE", "POD", "TEST", "TEST_CONTAINER", "Toggle", "variable"]

POD = "Deployment spec template spec"
CONTAINER = f"{POD} containers runtime"
TEST = "Pod-test spec"
TEST_CONTAINER = f"{TEST} containers verify"
CHECKSUM = "Deployment spec template metadata annotations checksum/secret"


@dataclass(frozen=True)
class Toggle:
    """Another value, what it makes different, and the values under which it does so.

    A path may have `*` in it; the value ANY stands for whatever is there afterwards.
    """

    value: Any
    changes: Mapping[str, Any]
    needs: Mapping[str, Any] = field(default_factory=dict)


def variable(name: str, text: str) -> dict[str, Any]:
    """A variable of the container, as it is added."""
    return {f"{CONTAINER} env {name}": {"name": name, "value": text}}
