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
    from chartgen import report
    from chartgen.cli import starter

    release = report.read(report_file)
    filled = starter.fill(release)
    text = starter.render(release, filled, form, secret_name)
    _mode().result(text.splitlines(), filled)


@click.command()
@options.reading
@options.locking
def lock(**flags: Any) -> None:
    """Record the base image and the Python packages, so that packaging looks up nothing.

    Writes chartgen.lock beside chartgen.yaml, or with the flows. With it the builder oci needs
    no network for the base, gives the same digests everywhere, and can add packages.

    \b
    Example:
      chartgen lock flows/
    """
    from chartgen import lock as locks
    from chartgen import pipeline, report, tree

    chosen = options.resolve(flags, needs_version=False)
    file = locks.place(chosen.paths, flags["config_file"])
    with output.Narrator() as narrator:
        data = pipeline.make_lock(chosen, narrator)
        if not flags["dry_run"]:
            tree.write_file(file, data)
    _mode().result([str(file)], report.locked(str(file)))


@click.command()
@click.argument("report_file", type=click.Path(path_type=Path), metavar="RELEASE.json")
@options.pushing
def push(report_file: Path, **flags: Any) -> None:
    """Push a release's image and chart, and print both references with their digests.

    Logins are those of `docker login` and `helm registry login`. An interrupted push is simply
    run again; a version that is published already is only replaced with --force.

    \b
    Example:
      chartgen push dist/support-bots-1.2.0.release.json \\
        --chart-repository oci://registry.example.com/charts
    """
    from chartgen import publish, report

    target = publish.Target(
        chart_repository=flags["chart_repository"] or "",
        plain_http=flags["plain_http"],
        ca_file=flags["ca_file"],
        force=flags["force"],
    )
    with output.Narrator() as narrator:
        published = publish.push(report_file, target, narrator)
    for one in published:
        if one.was_there:
            output.tell(f"{one.reference} was there already, with the same content")
    found = [{"reference": one.reference, "digest": one.digest} for one in published]
    _mode().result([str(one) for one in published], report.published(found))


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
