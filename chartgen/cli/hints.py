"""What is left to do after a run: build the image, push it, give it a registry."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from chartgen.cli.output import one_line, tell

if TYPE_CHECKING:
    from chartgen.pipeline import Options, Release


def image(release: Release, chosen: Options) -> None:
    """Say loudly that no image was built, or that one is not in a registry yet; and how to."""
    made = release.image
    if made is None or made.reference.digest:
        return
    name = f"{made.reference.repository}:{made.reference.tag}"
    push = f"  docker push {name}"
    if made.id:
        tell(f"The image is in the local Docker engine only. For a cluster:\n{push}")
    else:
        folder = shlex.quote(str(chosen.destination / next(iter(release.folders))))
        loud = f"\nTHE IMAGE WAS NOT BUILT: {one_line(made.reason)}"
        tell(click.style(loud, fg="yellow", bold=True))
        tell("Nothing runs without it. Where there is a Docker engine:")
        tell(f"  docker build -t {name} {folder}\n{push}")
    if "/" not in name:
        tell(f"{name} names no registry; --image registry.example.com/team/bots would.")
