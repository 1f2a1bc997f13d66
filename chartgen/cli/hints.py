"""What is left to do after a run: build the image, push it, give it a registry."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from chartgen.cli.output import one_line, tell
from chartgen.cli.terminal import style

if TYPE_CHECKING:
    from pathlib import Path

    from chartgen.local import Composed
    from chartgen.pipeline import Options
    from chartgen.release import Image, Release


def image(release: Release, chosen: Options) -> None:
    """Say loudly that no image was built, or that one is not in a registry yet; and how to."""
    made = release.image
    if made is None or (made.reference.digest and made.builder != "oci"):
        return
    name = f"{made.reference.repository}:{made.reference.tag}"
    if made.builder == "oci":
        _check(release, chosen)
        _publish(release, chosen, made)
    elif made.id:
        tell(f"The image is in the local engine only. For a cluster:\n  docker push {name}")
    else:
        _unbuilt(release, chosen, made, name)
    if "/" not in name:
        tell(f"{name} names no registry; --image registry.example.com/team/bots would.")


def composed(made: Composed, report: Path) -> None:
    """What is left to do before Docker Compose can start a release."""
    from chartgen.local import variables

    folder, file = shlex.quote(str(made.folder)), shlex.quote(str(report))
    tell(
        f"To start it, once {folder}/.env has what .env.example names:\n"
        f"  docker compose --project-directory {folder} up --detach --wait\n"
        f"Where the image is in no registry:\n"
        f"  chartgen load {file}\n"
        f"  echo {variables.RUNTIME}={made.image} >> {folder}/.env"
    )


def _check(release: Release, chosen: Options) -> None:
    if not chosen.check and release.app.runtime.check:
        tell("To have the image load every component, in the local Docker engine:")
        tell(f"  chartgen check {_report(release, chosen)}")


def _report(release: Release, chosen: Options) -> str:
    """Where the report was written, as a word for the shell."""
    return shlex.quote(str(chosen.destination / release.report_file))


def _publish(release: Release, chosen: Options, made: Image) -> None:
    from chartgen import registry

    file = _report(release, chosen)
    if release.chart is None:
        tell(f"To publish the image:\n  chartgen push {file}")
        return
    host = registry.parse(made.reference.repository).host
    repository = f"oci://{'registry.example.com' if host == registry.HUB else host}/charts"
    tell(f"To publish image and chart:\n  chartgen push {file} --chart-repository {repository}")


def _unbuilt(release: Release, chosen: Options, made: Image, name: str) -> None:
    from chartgen.image.bases import is_local

    folder = shlex.quote(str(chosen.destination / next(iter(release.folders))))
    loud = f"\nTHE IMAGE WAS NOT BUILT: {one_line(made.reason)}"
    tell(style(loud, "yellow", "bold"))
    tell("Nothing runs without it. Where there is a Docker engine:")
    tell(f"  docker build -t {name} {folder}\n  docker push {name}")
    base = one_line(release.app.base.reference)
    if not release.app.packages and not is_local(base):
        tell(f"Or run the same again where {base} can be reached: that needs no engine.")
