"""Prints the figures of docs/security.md."""

from __future__ import annotations

from tests.planting import figures

for row in figures.rows():
    print(row)  # noqa: T201 - the result
