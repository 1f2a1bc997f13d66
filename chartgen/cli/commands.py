"""The commands: read options, walk the road, print the result.

What is slow to import is imported by the command that needs it: help comes at once.
"""

from __future__ import annotations

from chartgen.cli import options
from chartgen.cli.command import command
from chartgen.cli.doctor import doctor
from chartgen.cli.local import check, compose, run

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from chartgen.cli.output import Mode
    from chartgen.release import Release

    Flags = dict[str, Any]


@command(options.reading)
def inspect(flags: Flags, mode: Mode) -> int:
    """Show what flows hold: credentials, parameters, packages, hosts, findings.

    Ends with 1 when something keeps the flows from being packaged.

    Example:
      chartgen inspect flows/
    """
    from chartgen import pipeline, report
    from chartgen.cli import output, overview, resolve

    chosen = resolve.options(flags, needs_version=False)
    with output.Narrator() as narrator:
        app = pipeline.inspect(chosen, narrator)
    mode.result(overview.lines(app), report.of(app))
    # Last, because the overview may fill many screens.
    output.findings(app.findings)
    refusal = pipeline.refusal(app)
    if refusal:
        output.wrong(refusal)
    return 1 if refusal else 0


@command(options.reading, options.releasing, options.building)
def package(flags: Flags, mode: Mode) -> None:
    r"""Make a release: the image, its build context, the chart and the report.

    Example:
      chartgen package flows/ --name support-bots --version 1.2.0 \
        --image registry.example.com/team/support-bots --destination dist
    """
    from chartgen import pipeline

    _make(flags, mode, pipeline.package)


@command(options.reading, options.releasing)
def chart(flags: Flags, mode: Mode) -> None:
    r"""Make the Helm chart alone, for an image that is built elsewhere.

    Example:
      chartgen chart flows/ --name support-bots --version 1.2.0 \
        --image registry.example.com/team/support-bots
    """
    from chartgen import pipeline

    _make(flags, mode, lambda chosen, watcher, build: pipeline.make_chart(chosen, watcher))


@command(options.reading, options.releasing, options.building)
def image(flags: Flags, mode: Mode) -> None:
    r"""Build the runtime image alone, and write its build context.

    Example:
      chartgen image flows/ --name support-bots --version 1.2.0 \
        --image registry.example.com/team/support-bots
    """
    from chartgen import pipeline

    _make(flags, mode, pipeline.make_image)


@command(options.reading, options.locking)
def lock(flags: Flags, mode: Mode) -> None:
    """Record the base image and the Python packages, so that packaging looks up nothing.

    Writes chartgen.lock beside chartgen.yaml, or with the flows. With it the builder oci needs
    no network for the base, gives the same digests everywhere, and can add packages.

    Example:
      chartgen lock flows/
    """
    from chartgen import lock as locks
    from chartgen import pipeline, report, tree
    from chartgen.cli import output, resolve

    chosen = resolve.options(flags, needs_version=False)
    file = locks.place(chosen.paths, flags["config"])
    with output.Narrator() as narrator:
        data = pipeline.make_lock(chosen, narrator)
        if not flags["dry_run"]:
            tree.write_file(file, data)
    mode.result([str(file)], report.locked(str(file)))


@command(options.report, options.pushing)
def push(flags: Flags, mode: Mode) -> None:
    r"""Push a release's image and chart, and print both references with their digests.

    Logins are those of `docker login` and `helm registry login`. An interrupted push is simply
    run again; a version that is published already is only replaced with --force.

    Example:
      chartgen push dist/support-bots-1.2.0.release.json \
        --chart-repository oci://registry.example.com/charts
    """
    from chartgen import publish, report
    from chartgen.cli import output

    target = publish.Target(
        chart_repository=flags["chart_repository"] or "",
        plain_http=flags["plain_http"],
        ca_file=flags["ca_file"],
        force=flags["force"],
    )
    with output.Narrator() as narrator:
        published = publish.push(flags["report_file"], target, narrator)
    for one in published:
        if one.was_there:
            output.tell(f"{one.reference} was there already, with the same content")
    found = [{"reference": one.reference, "digest": one.digest} for one in published]
    mode.result([str(one) for one in published], report.published(found))


@command(options.report, options.saving)
def save(flags: Flags, mode: Mode) -> None:
    """Write a release's image as one file, for machines that reach no registry.

    The file is an OCI layout and what `docker load` takes, both at once, with the base's layers:
    skopeo reads it as oci-archive and as docker-archive.

    Example:
      chartgen save dist/support-bots-1.2.0.release.json
    """
    from chartgen import publish, report
    from chartgen.cli import output, resolve

    file, to, platform = flags["report_file"], flags["archive"], flags["platform"] or ""
    with output.Narrator() as narrator:
        made = publish.save(file, resolve.access(flags), narrator, platform=platform, to=to)
    told = report.saved(str(made.file), made.reference, made.digest, made.platform, made.size)
    mode.result([str(made.file)], told)


@command(options.report, options.loading)
def load(flags: Flags, mode: Mode) -> None:
    """Give a release's image to the local Docker engine, with no registry between.

    Where the engine has the base, only the layer with the flows is sent.

    Example:
      chartgen load dist/support-bots-1.2.0.release.json
    """
    from chartgen import publish, report
    from chartgen.cli import output, resolve

    file, platform = flags["report_file"], flags["platform"] or ""
    with output.Narrator() as narrator:
        loaded = publish.load(file, resolve.access(flags), narrator, platform=platform)
    if loaded.was_there:
        output.tell(f"{loaded.reference} was there already, with the same content")
    told = report.loaded(loaded.reference, loaded.id, loaded.platform)
    mode.result([f"{loaded.reference} {loaded.id}"], told)


@command(options.report, options.starting)
def credentials(flags: Flags, mode: Mode) -> None:
    """Print what a release needs, with fresh keys for the runtime and blanks for the rest.

    What it prints is secret: keep it out of version control. RELEASE.json is what
    `chartgen package` wrote beside the chart.

    Example:
      chartgen credentials dist/support-bots-1.2.0.release.json > my-values.yaml
    """
    from chartgen import report
    from chartgen.cli import starter

    release = report.read(flags["report_file"])
    filled = starter.fill(release)
    text = starter.render(release, filled, flags["format"], flags["secret_name"])
    mode.result(text.splitlines(), filled)


def _make(flags: Flags, mode: Mode, road: Callable[..., Release]) -> None:
    from chartgen import runtimes
    from chartgen.cli import hints, output, resolve, trial
    from chartgen.release import write

    chosen = resolve.options(flags)
    with output.Narrator() as narrator:
        release = road(chosen, narrator, build=not flags["dry_run"])
        if not flags["dry_run"]:
            if chosen.check:
                trial.check(release, chosen.access, narrator)
            narrator.step(f"writing {chosen.destination}")
            write(release, chosen.destination)
    output.findings((*release.app.findings, *runtimes.stale(chosen.request)))
    if flags["dry_run"]:
        written = [str(chosen.destination / path) for path in release.paths()]
        mode.result(written, {**release.report, "files": written})
        return
    hints.image(release, chosen)
    names = [*release.folders, *release.files]
    lines = [str(chosen.destination / name) for name in sorted(names)]
    if release.image and release.image.id:
        lines.append(str(release.image.reference))
    mode.result(lines, release.report)


COMMANDS = {
    command.name: command
    for command in (
        *(inspect, package, chart, image, lock),
        *(push, save, load, check, compose, run, credentials, doctor),
    )
}
