"""Amounts as Kubernetes writes them."""

from __future__ import annotations

import re
from fractions import Fraction

_FACTORS = {
    "": Fraction(1),
    "m": Fraction(1, 1000),
    **{letter: Fraction(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Fraction(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def exact(quantity: str | float) -> Fraction:
    """What a quantity says: `500m` is a half, `1Gi` is 1073741824. Raises ValueError."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)", str(quantity))
    if not match or match[2] not in _FACTORS:
        raise ValueError(f"{quantity!r} is no quantity")
    return Fraction(match[1]) * _FACTORS[match[2]]
