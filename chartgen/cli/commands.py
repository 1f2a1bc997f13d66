"""The commands: read options, walk the road, print the result.

What is slow to import is imported by the command that needs it: help comes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chartgen.cli import hints, options, output
from chartgen.cli.output import Mode

if TYPE_CHECKING:
    from chartgen.pipeline import Options, Release


@click.command()
@options.reading
def inspect(**flags: Any) -> int:
    """Show what flows hold: credentials, parameters, packages, hosts, findings.

    Ends with 1 when something keeps the flows from being packaged.

    \b
    Example:
      chartgen inspect flows/
    """
    from chartgen import pipeline, report
    from chartgen.cli import overview

    chosen = options.resolve(flags, needs_version=False)
    with output.Narrator() as narrator:
        app = pipeline.inspect(chosen, narrator)
    _mode().result(overview.lines(app), report.of(app))
    # Last, because the overview may fill many screens.
    output.findings(app.findings)
    refusal = pipeline.refusal(app)
    if refusal:
        output.wrong(refusal)
    return 1 if refusal else 0


@click.command()
@options.reading
@options.releasing
@options.building
def package(**flags: Any) -> None:
    """Make a release: the image, its build context, the chart and the report.

    \b
    Example:
      chartgen package flows/ --name support-bots --version 1.2.0 \\
        --image registry.example.com/team/support-bots --destination dist
    """
    from chartgen import pipeline

    _make(flags, pipeline.package)


@click.command()
@options.reading
@options.releasing
def chart(**flags: Any) -> None:
    """Make the Helm chart alone, for an image that is built elsewhere.

    \b
    Example:
      chartgen chart flows/ --name support-bots --version 1.2.0 \\
        --image registry.example.com/team/support-bots
    """
    from chartgen import pipeline

    _make(flags, lambda chosen, watcher, build: pipeline.make_chart(chosen, watcher))


@click.command()
@options.reading
@options.releasing
@options.building
def image(**flags: Any) -> None:
    """Build the runtime image alone, and write its build context.

    \b
    Example:
      chartgen image flows/ --name support-bots --version 1.2.0 \\
        --image registry.example.com/team/support-bots
    """
    from chartgen import pipeline

    _make(flags, pipeline.make_image)


@click.command()
@click.argument("report_file", type=click.Path(path_type=Path), metavar="RELEASE.json")
@options.starting
def credentials(report_file: Path, form: str, secret_name: str | None, **flags: Any) -> None:
    """Print what a release needs, with fresh keys for the runtime and blanks for the rest.

    What it prints is secret: keep it out of version control. RELEASE.json is what
    `chartgen package` wrote beside the chart.

    \b
    Example:
      chartgen credentials dist/support-bots-1.2.0.release.json > my-values.yaml
    """
    from chartgen.cli import starter

    release = starter.read(report_file)
    filled = starter.fill(release)
    text = starter.render(release, filled, form, secret_name)
    _mode().result(text.splitlines(), filled)


def _mode() -> Mode:
    return click.get_current_context().ensure_object(Mode)


def _make(flags: dict[str, Any], road: Callable[..., Release]) -> None:
    from chartgen import pipeline

    chosen: Options = options.resolve(flags)
    with output.Narrator() as narrator:
        release = road(chosen, narrator, build=not flags["dry_run"])
        if not flags["dry_run"]:
            narrator.step(f"writing {chosen.destination}")
            pipeline.write(release, chosen.destination)
    output.findings(release.app.findings)
    if flags["dry_run"]:
        written = [str(chosen.destination / path) for path in release.paths()]
        _mode().result(written, {**release.report, "files": written})
        return
    hints.image(release, chosen)
    names = [*release.folders, *release.files]
    lines = [str(chosen.destination / name) for name in sorted(names)]
    if release.image and release.image.id:
        lines.append(str(release.image.reference))
    _mode().result(lines, release.report)
