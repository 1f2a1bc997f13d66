"""The options of the commands, in the order of the help.

A flag wins over CHARTGEN_*, that over chartgen.yaml, and that over the default.
"""

from __future__ import annotations

from chartgen.cli import values

TYPE_CHECKING = False  # typing itself is slow to load
if TYPE_CHECKING:
    from chartgen.cli.parser import Parser

FLOWS, RELEASE, IMAGE, RESULT = "Flows", "Release", "Image", "Result"
REGISTRY, RUN, GENERAL = "Registry", "Container", "General"
BUILDERS = ("auto", "oci", "docker", "none")
FORMATS = ("values", "kubectl", "env")
FORMS = ("text", "json")


def reading(parser: Parser) -> None:
    """For commands that read flows."""
    parser.argument(
        "paths",
        "PATH...",
        "Flows: files, folders, ZIP archives [default: those that chartgen.yaml names]",
        reads=values.path,
        many=True,
    )
    parser.option(
        FLOWS,
        "--config",
        "FILE",
        "Options file [default: chartgen.yaml beside the flows]",
        reads=values.file,
    )
    parser.switch(FLOWS, "--strict", "--no-strict", text="JSON that is no flow is an error")
    parser.switch(
        FLOWS,
        "--bind-literals",
        "--no-bind-literals",
        text="Cut literal secrets out and bind their fields to variables",
    )
    parser.option(RELEASE, "--name", "NAME", "Name of the release [default: the flows' folder]")
    parser.option(RELEASE, "--version", "VERSION", "Semantic version of the release")
    parser.option(
        IMAGE, "--base", "IMAGE", "Image to build on, in place of the one chartgen chooses"
    )
    parser.option(
        RESULT,
        "--destination",
        "FOLDER",
        "Folder for the results [default: dist]",
        reads=values.folder,
    )


def releasing(parser: Parser) -> None:
    """For commands that make parts of a release."""
    parser.option(RELEASE, "--display-name", "NAME", "Name that people see, at most 63 characters")
    parser.option(
        IMAGE, "--image", "IMAGE", "Image: registry/repository, perhaps :tag or @sha256:digest"
    )
    _dry_run(parser)


def building(parser: Parser) -> None:
    """For commands that build images."""
    parser.choice(
        IMAGE,
        "--builder",
        BUILDERS,
        "oci builds without Docker, docker with an engine, none writes the context only, "
        "auto takes what works here [default: auto]",
    )
    _platform(parser)
    parser.switch(
        IMAGE,
        "--require-image",
        "--no-require-image",
        text="Exit with 3 when no image was built",
    )
    parser.switch(
        IMAGE,
        "--check",
        "--no-check",
        text="Write nothing unless the image loads every component, in the local Docker engine",
    )
    _access(parser)


def locking(parser: Parser) -> None:
    """For the command that writes a lock."""
    _platform(parser)
    _dry_run(parser)
    _access(parser)


def report(parser: Parser) -> None:
    """For commands that read the report of a release."""
    parser.argument(
        "report_file",
        "RELEASE.json",
        "What chartgen package wrote beside the chart",
        reads=values.path,
    )


def pushing(parser: Parser) -> None:
    """For the command that publishes."""
    parser.option(
        REGISTRY,
        "--chart-repository",
        "URL",
        "Where the chart goes: oci://registry.example.com/charts",
    )
    parser.switch(
        REGISTRY, "--force", text="Replace what is published under the same version", default=False
    )
    _access(parser)


def saving(parser: Parser) -> None:
    """For the command that writes an image as a file."""
    parser.option(
        RESULT,
        "--archive",
        "FILE",
        "Where it goes [default: <name>-<version>.image.tar beside RELEASE.json]",
        reads=values.file,
    )
    _one_platform(parser, "What docker load will take, such as linux/arm64")
    _access(parser)


def loading(parser: Parser) -> None:
    """For the command that gives an image to the local engine."""
    _one_platform(parser, "Platform to load, such as linux/arm64")
    _access(parser)


def starting(parser: Parser) -> None:
    """For the command that prints credentials."""
    parser.choice(
        RESULT,
        "--format",
        FORMATS,
        "A Helm values file, a kubectl command, or NAME=value lines",
        default=FORMATS[0],
    )
    parser.option(
        RESULT,
        "--secret-name",
        "NAME",
        "Secret that kubectl makes [default: <release>-credentials]",
    )


def reaching(parser: Parser) -> None:
    """For commands that read a base and no more."""
    _access(parser)


def composing(parser: Parser) -> None:
    """For the command that writes files for Docker Compose."""
    parser.option(
        RESULT,
        "--replicas",
        "NUMBER",
        "Containers with the flows, 1 to 5 [default: 2]",
        reads=values.number(1, 5),
    )
    parser.option(
        RESULT,
        "--destination",
        "FOLDER",
        "Folder that gets <name>-<version>.compose [default: that of RELEASE.json]",
        reads=values.folder,
    )


def running(parser: Parser) -> None:
    """For the command that runs a release in the local engine."""
    parser.option(
        RUN,
        "--env-file",
        "FILE",
        "NAME=value lines with the credentials [default: .env, if it is there]",
        reads=values.existing_file,
    )
    parser.option(
        RUN,
        "--port",
        "NUMBER",
        "Port of this machine that the flows answer on [default: 7860]",
        reads=values.number(1, 65535),
    )
    _access(parser)


def general(parser: Parser) -> None:
    """For all commands."""
    parser.choice(
        GENERAL,
        "--output",
        FORMS,
        "What stdout gets",
        default=FORMS[0],
    )
    parser.section(GENERAL).add_argument("-h", "--help", action="help", help="Show this help")


def _platform(parser: Parser) -> None:
    parser.option(
        IMAGE,
        "--platform",
        "PLATFORM",
        "Platform to build for, such as linux/arm64; may stand more than once "
        "[default: all of the base]",
        many=True,
    )


def _one_platform(parser: Parser, text: str) -> None:
    parser.option(IMAGE, "--platform", "PLATFORM", f"{text} [default: this machine's]")


def _access(parser: Parser) -> None:
    parser.switch(
        REGISTRY,
        "--plain-http",
        "--https",
        text="Speak HTTP or HTTPS [default: HTTPS, but HTTP on this machine]",
    )
    parser.option(
        REGISTRY,
        "--ca-file",
        "FILE",
        "Certificates to trust beside the system's",
        reads=values.existing_file,
    )


def _dry_run(parser: Parser) -> None:
    parser.switch(
        RESULT, "--dry-run", text="Only name the files that would be written", default=False
    )
