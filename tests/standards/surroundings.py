"""G: what stands around the pods: networks, Services, budgets, accounts, names."""

from __future__ import annotations

from tests.standards.counts import COUNTS
from tests.standards.networks import NETWORKS
from tests.standards.objects import OBJECTS
from tests.standards.rules import Rules

SURROUNDINGS = Rules({**NETWORKS, **COUNTS, **OBJECTS})
