"""The commands for a release without a cluster."""

from __future__ import annotations

from chartgen.cli import options
from chartgen.cli.command import command

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from typing import Any

    from chartgen.cli.output import Mode

    Flags = dict[str, Any]


@command(options.report, options.reaching)
def check(flags: Flags, mode: Mode) -> None:
    """Load every component of every flow in the image, in the local Docker engine.

    A module that the image lacks is told with flow and component, and ends this with 1. The
    builder docker does the same while it builds; the builder oci runs nothing by itself.

    Example:
      chartgen check dist/support-bots-1.2.0.release.json
    """
    from chartgen import local, report
    from chartgen.cli import output, resolve

    with output.Narrator() as narrator:
        release = local.check(flags["report_file"], resolve.access(flags), narrator)
    count = len(release["flows"])
    line = f"every component of {count} flow{'s' if count > 1 else ''} can be loaded"
    mode.result([line], report.checked(release["name"], release["version"], count))


@command(options.report, options.composing)
def compose(flags: Flags, mode: Mode) -> None:
    """Write a release as files for Docker Compose: replicas behind NGINX, and PostgreSQL.

    The containers are the chart's pods: the same image, settings and limits. Credentials come
    from a .env in the same folder, of which .env.example has every name.

    Example:
      chartgen compose dist/support-bots-1.2.0.release.json
    """
    from chartgen import local, report
    from chartgen.cli import hints

    more = {"replicas": flags["replicas"]} if flags["replicas"] else {}
    made = local.compose(flags["report_file"], destination=flags["destination"], **more)
    hints.composed(made, flags["report_file"])
    files = [str(file) for file in made.files]
    mode.result(files, report.composed(str(made.folder), files))


@command(options.report, options.running)
def run(flags: Flags, mode: Mode) -> None:
    """Run a release in the local Docker engine, in one container, until Ctrl-C.

    The container is the chart's pod, with a database of its own that goes when it goes. What is
    missing is asked for; the runtime's own keys are made, and kept nowhere.

    Example:
      chartgen run dist/support-bots-1.2.0.release.json --env-file .env
    """
    from chartgen import local, report
    from chartgen.cli import output, resolve

    def ready(started: local.Started) -> None:
        told = report.running(started.container, started.url, started.flows)
        narrator.step(f"answering at {started.url}")
        # Ends the line, too, where a terminal shows both streams.
        narrator.line("Ctrl-C stops it")
        mode.result(started.lines, told)

    file = flags["report_file"]
    with output.Narrator() as narrator:
        given = resolve.given(file, flags, narrator)
        local.run(file, given, flags["port"], resolve.access(flags), narrator, ready)
