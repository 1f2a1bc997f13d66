"""The options that commands share: flag over CHARTGEN_* over chartgen.yaml over default."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chartgen import reference
from chartgen.cli.output import Mode, tell
from chartgen.errors import InvalidInput
from chartgen.model import Request, Selection

if TYPE_CHECKING:
    from chartgen.pipeline import Options

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]
BUILDERS = ["auto", "oci", "docker", "none"]
FORMATS = ["values", "kubectl", "env"]
# Tar headers hold 33 bits, which is ten digits.
EPOCH = re.compile(r"[0-9]{1,10}")
LATEST_EPOCH = (1 << 33) - 1


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that the environment sets too: --dry-run reads CHARTGEN_DRY_RUN."""
    long = next(name for name in names if name.startswith("--"))
    variable = "CHARTGEN_" + long.partition("/")[0].strip("-").replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def _all(*decorators: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


def _set_mode(context: click.Context, _: click.Parameter, value: str) -> None:
    context.ensure_object(Mode).as_json = value == "json"


# Eager: whatever is wrong with another option is told in the form that was asked for.
_output = _option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    is_eager=True,
    expose_value=False,
    callback=_set_mode,
    help="What stdout gets",
)

_dry_run = _option("--dry-run", is_flag=True, help="Only name the files that would be written")

reading: Decorator[Any] = _all(
    click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH..."),
    _option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Options file  [default: chartgen.yaml beside the flows]",
    ),
    _option("--name", help="Name of the release  [default: the flows' folder]"),
    _option("--version", "release", help="Semantic version of the release"),
    _option("--base", help="Image to build on, in place of the one chartgen chooses"),
    _option(
        "--destination",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder for the results  [default: dist]",
    ),
    _option(
        "--bind-literals/--no-bind-literals",
        default=None,
        help="Cut literal secrets out and bind their fields to variables",
    ),
    _option("--strict/--no-strict", default=None, help="JSON that is no flow is an error"),
    _output,
)
releasing: Decorator[Any] = _all(
    _option("--image", help="Image: registry/repository, perhaps :tag or @sha256:digest"),
    _option("--display-name", help="Name that people see, at most 63 characters"),
    _dry_run,
)
_platform = _option(
    "--platform",
    "platforms",
    multiple=True,
    help="Platform to build for, such as linux/arm64; may stand more than once  "
    "[default: all of the base]",
)
building: Decorator[Any] = _all(
    _option(
        "--builder",
        type=click.Choice(BUILDERS),
        help="oci builds without Docker, docker with an engine, none writes the context only, "
        "auto takes what works here  [default: auto]",
    ),
    _platform,
    _option(
        "--require-image/--no-require-image",
        default=None,
        help="Exit with 3 when no image was built",
    ),
)
locking: Decorator[Any] = _all(_platform, _dry_run)
pushing: Decorator[Any] = _all(
    _option("--chart-repository", help="Where the chart goes: oci://registry.example.com/charts"),
    _option("--force", is_flag=True, help="Replace what is published under the same version"),
    _option(
        "--plain-http/--https",
        default=None,
        help="Speak HTTP or HTTPS  [default: HTTPS, but HTTP on this machine]",
    ),
    _option(
        "--ca-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Certificates to trust beside the system's",
    ),
    _output,
)
starting: Decorator[Any] = _all(
    _option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="values",
        show_default=True,
        help="A Helm values file, a kubectl command, or NAME=value lines",
    ),
    _option("--secret-name", help="Secret that kubectl makes  [default: <release>-credentials]"),
    _output,
)


def resolve(flags: Mapping[str, Any], *, needs_version: bool = True) -> Options:
    """All options of a run. Raises InvalidInput for what cannot be used, UsageError for gaps."""
    from chartgen import lock
    from chartgen.pipeline import Options

    given: tuple[Path, ...] = tuple(flags["paths"])
    said = _said(given, flags.get("config_file"))
    paths = given or tuple(Path(path) for path in said.get("flows", ()))
    if not paths:
        raise click.UsageError("name the flows: a file, a folder or a ZIP archive")

    def pick(flag: str, key: str, default: Any) -> Any:
        value = flags.get(flag)
        return said.get(key, default) if value is None else value

    version = pick("release", "version", None if needs_version else "0.0.0")
    if version is None:
        raise click.UsageError("give the release a version: --version 1.0.0")
    name = reference.check_name(pick("name", "name", _name_of(paths[0])))
    reference.check_version(version)
    return Options(
        paths=paths,
        image=reference.image(pick("image", "image", name), version),
        destination=Path(pick("destination", "destination", "dist")),
        display_name=reference.check_display_name(pick("display_name", "displayName", "")),
        builder=pick("builder", "builder", "auto"),
        require_image=pick("require_image", "requireImage", False),
        strict=pick("strict", "strict", False),
        epoch=_epoch(),
        platforms=tuple(flags.get("platforms") or said.get("platforms", ())),
        lock=lock.find(paths, flags.get("config_file")),
        request=_request(name, version, pick, said),
    )


def _said(given: tuple[Path, ...], file: Path | None) -> Mapping[str, Any]:
    """What chartgen.yaml says, if there is one."""
    from chartgen import config

    file = file or config.find(given or (Path(),))
    if file is None:
        return {}
    tell(f"options from {file}")
    return config.load(file)


def _request(
    name: str, version: str, pick: Callable[[str, str, Any], Any], said: Mapping[str, Any]
) -> Request:
    from chartgen.image.bases import is_layout

    base = pick("base", "base", "")
    if base and not is_layout(base):
        reference.image(base, version)
    return Request(
        name=name,
        version=version,
        description=said.get("description", ""),
        base=base,
        packages=tuple(said.get("packages", ())),
        credentials=tuple(Selection(**item) for item in said.get("credentials", ())),
        parameters=tuple(Selection(**item) for item in said.get("parameters", ())),
        bind_literals=pick("bind_literals", "bindLiterals", False),
    )


def _name_of(path: Path) -> str:
    """A release's name from where its flows lie: a folder called `flows` says nothing."""
    folder = path.resolve() if path.is_dir() else path.resolve().parent
    word = folder.parent.name if folder.name in {"flows", "flow", "src"} else folder.name
    plain = re.sub(r"[^a-z0-9]+", "-", word.lower()).lstrip("0123456789-")
    return plain[:53].strip("-") or "flows"


def _epoch() -> int | None:
    """SOURCE_DATE_EPOCH in seconds, None when absent (reproducible-builds.org/specs)."""
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if not text:
        return None
    if not EPOCH.fullmatch(text) or int(text) > LATEST_EPOCH:
        raise InvalidInput(f"SOURCE_DATE_EPOCH is {text!r}, and not a number of seconds since 1970")
    return int(text)
