"""Amounts as Kubernetes writes them."""

from __future__ import annotations

import re
from decimal import Decimal

FACTORS = {
    "m": Decimal(1) / 1000,
    "": Decimal(1),
    **{letter: Decimal(1000) ** (n + 1) for n, letter in enumerate("kMGTP")},
    **{f"{letter}i": Decimal(1024) ** (n + 1) for n, letter in enumerate("KMGTP")},
}


def exact(quantity: str | float) -> Decimal:
    """What a quantity says: "500m" is a half, "1Gi" is 1073741824."""
    match = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(quantity))
    if match is None or match[2] not in FACTORS:
        raise ValueError(f"{quantity!r} is no quantity")
    return Decimal(match[1]) * FACTORS[match[2]]


def amount(quantity: str | float) -> int:
    """A quantity of whole things, like bytes."""
    return int(exact(quantity))
