"""Where the files that chartgen ships with lie: the chart template and the schemas."""

from __future__ import annotations

from pathlib import Path

from chartgen import tree
from chartgen.tree import Tree

_HERE = Path(__file__).parent
_CHECKOUT = _HERE.parents[1]


def folder(name: str) -> Path:
    """Return the folder `chart-templates` or `schemas`.

    A wheel carries them beside this file; in a checkout they lie at the top of the repository.
    """
    packaged = _HERE / name
    return packaged if packaged.is_dir() else _CHECKOUT / name


def chart_template() -> Tree:
    """Return the chart that every generated chart starts from."""
    return tree.read(folder("chart-templates") / "app")


def chart_icon() -> bytes:
    """Return the icon of generated charts, an SVG."""
    return (folder("chart-templates") / "icon.svg").read_bytes()


def text_template(name: str) -> str:
    """Return the source of one Jinja file, such as `README.md.j2`."""
    return (folder("chart-templates") / "text" / name).read_text(encoding="utf-8")


def schema(name: str) -> bytes:
    """Return the bytes of one JSON Schema, such as `flow.schema.json`."""
    return (folder("schemas") / name).read_bytes()
