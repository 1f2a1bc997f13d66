"""Publishes a release: its image and its chart, into any registry, and reads both back.

Where there is no registry, `save` makes one file of the image, and `load` gives it to the local
engine.

Everything that is pushed is named by its digest before the first byte is sent, so an
interrupted push is simply run again: what the registry has is not sent twice.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from chartgen import report
from chartgen.errors import InvalidInput
from chartgen.image.access import Access
from chartgen.publish import charts, images
from chartgen.publish.goods import Goods, Target
from chartgen.publish.loading import Loaded, load
from chartgen.publish.saving import Saved, save
from chartgen.watcher import Watcher

__all__ = ["Access", "Loaded", "Published", "Saved", "Target", "load", "push", "save"]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What stands in a registry now: its reference, and whether it stood there before."""

    reference: str
    digest: str
    was_there: bool

    def __str__(self) -> str:
        return f"{self.reference}@{self.digest}"


def push(file: Path, target: Target, watcher: Watcher) -> tuple[Published, ...]:
    """Push the image and, when a chart repository is given, the chart of a release.

    `file` is the release's report; what it names lies beside it. Raises InvalidInput when
    the registry has another content under the same version, Unavailable when it fails.
    """
    release = report.read(file)
    goods: list[Goods] = [images.image(release, file.parent)]
    if target.chart_repository:
        goods.append(charts.chart(release, file.parent, target.chart_repository))
    _check(goods)
    with ExitStack() as stack:
        hosts = dict.fromkeys(one.place.host for one in goods)
        clients = {host: stack.enter_context(target.connect(host)) for host in hosts}
        watcher.step(f"asking {' and '.join(hosts)}")
        # All are asked for before one is sent: a refusal leaves no half of a release behind.
        there = [one.stands(clients[one.place.host], force=target.force) for one in goods]
        for one, stands in zip(goods, there, strict=True):
            if not stands:
                watcher.step(f"pushing {one.reference}")
                one.send(clients[one.place.host], target, watcher)
    return tuple(
        Published(reference=one.reference, digest=one.digest, was_there=stands)
        for one, stands in zip(goods, there, strict=True)
    )


def _check(goods: list[Goods]) -> None:
    """Refuse a chart that would take the place of its own image."""
    places = [(one.place, one.tag) for one in goods]
    if len(set(places)) < len(places):
        raise InvalidInput(
            f"image and chart would both be {goods[0].reference}: take another --chart-repository"
        )
