"""What a run does: flag over CHARTGEN_* over chartgen.yaml over default."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chartgen import reference
from chartgen.cli import terminal
from chartgen.cli.output import tell
from chartgen.cli.parser import Usage
from chartgen.errors import InvalidInput
from chartgen.model import Allowance, Exemption, Request, Selection

if TYPE_CHECKING:
    from chartgen.cli.output import Narrator
    from chartgen.image.access import Access
    from chartgen.local import Given
    from chartgen.local.variables import Variable
    from chartgen.pipeline import Options

# Tar headers hold 33 bits, which is ten digits.
EPOCH = re.compile(r"[0-9]{1,10}")
LATEST_EPOCH = (1 << 33) - 1
ENV_FILE = ".env"


def options(flags: Mapping[str, Any], *, needs_version: bool = True) -> Options:
    """All options of a run. Raises InvalidInput for what cannot be used, UsageError for gaps."""
    from chartgen import lock
    from chartgen.pipeline import Options

    given: tuple[Path, ...] = tuple(flags["paths"])
    said = _said(given, flags.get("config"))
    paths = given or tuple(Path(path) for path in said.get("flows", ()))
    if not paths:
        raise Usage("name the flows: a file, a folder or a ZIP archive")

    def pick(flag: str, key: str, default: Any) -> Any:
        value = flags.get(flag)
        return said.get(key, default) if value is None else value

    version = pick("version", "version", None if needs_version else "0.0.0")
    if version is None:
        raise Usage("give the release a version: --version 1.0.0")
    name = reference.check_name(pick("name", "name", _name_of(paths[0])))
    reference.check_version(version)
    return Options(
        paths=paths,
        image=reference.image(pick("image", "image", name), version),
        destination=Path(pick("destination", "destination", "dist")),
        builder=pick("builder", "builder", "auto"),
        require_image=pick("require_image", "requireImage", False),
        check=pick("check", "check", False),
        strict=pick("strict", "strict", False),
        epoch=_epoch(),
        platforms=tuple(flags.get("platform") or said.get("platforms", ())),
        lock=lock.find(paths, flags.get("config")),
        **({"access": access(flags)} if "plain_http" in flags else {}),
        request=_request(name, version, pick, said),
    )


def access(flags: Mapping[str, Any]) -> Access:
    """How registries are reached."""
    from chartgen.image.access import Access

    return Access(plain_http=flags["plain_http"], ca_file=flags["ca_file"])


def given(file: Path, flags: Mapping[str, Any], narrator: Narrator) -> Given:
    """Where `chartgen run` finds values: the environment, a file, fresh keys, a person.

    `file` is the release's report. As for Compose, the environment wins over the file.
    """
    from chartgen import report
    from chartgen.cli import starter
    from chartgen.local import Given, envfile

    usual = Path(ENV_FILE)
    chosen = flags["env_file"] or (usual if usual.is_file() else None)
    filled = starter.fill(report.read(file))["credentials"]
    return Given(
        environment=os.environ,
        file=envfile.read(chosen) if chosen else {},
        fresh={name: entry["value"] for name, entry in filled.items() if entry},
        ask=(lambda variable: _ask(variable, narrator)) if terminal.can_ask() else None,
    )


def _ask(variable: Variable, narrator: Narrator) -> str:
    """Ask a person for a value, which is not shown while it is typed."""
    import getpass

    narrator.line(f"{variable.name} is not set: {variable.why}")
    return getpass.getpass(f"  {variable.name}: ")


def today() -> str:
    """The day in UTC, as ISO 8601 writes it."""
    return datetime.now(UTC).date().isoformat()


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
    from chartgen.image.bases import is_local

    base = pick("base", "base", "")
    if base and not is_local(base):
        reference.image(base, version)
    return Request(
        display_name=reference.check_display_name(pick("display_name", "displayName", "")),
        name=name,
        version=version,
        description=said.get("description", ""),
        base=base,
        packages=tuple(said.get("packages", ())),
        modules=said.get("modules", {}),
        credentials=tuple(Selection(**item) for item in said.get("credentials", ())),
        parameters=tuple(Selection(**item) for item in said.get("parameters", ())),
        bind_literals=pick("bind_literals", "bindLiterals", False),
        exceptions=tuple(Exemption(**item) for item in said.get("exceptions", ())),
        old_bases=tuple(Allowance(**item) for item in said.get("allowOldBase", ())),
        # The real day: SOURCE_DATE_EPOCH must not make an exception last.
        today=today(),
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
