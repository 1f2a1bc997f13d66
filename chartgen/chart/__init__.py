"""The chart room: an application and its image become a Helm chart."""

from chartgen.chart.assemble import build

__all__ = ["build"]
