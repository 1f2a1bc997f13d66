"""What a builder gives back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Built:
    """An image that was built: its id, and its manifest digest or "" while nobody knows it."""

    id: str
    digest: str
