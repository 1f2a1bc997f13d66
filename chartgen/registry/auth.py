"""Logins: read from the files that `docker login`, `podman login` and `helm registry login` write.

Nothing is ever written. What is broken is noted, not raised: many things can be pulled without
any login, and where one is wanted the notes stand in the error.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chartgen.registry.location import HUB_LOGIN, HUB_NAMES

HELPER_SECONDS = 30
# By this name a helper says that the secret is an identity token, not a password.
IDENTITY = "<token>"


@dataclass(frozen=True, kw_only=True)
class Login:
    """What a registry is told about the user; all empty when nothing was found.

    `source` is the file it came from, `notes` say which files and helpers were of no use.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    source: str = ""
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.username or self.secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything in it that must never be shown."""
        return tuple(filter(None, (self.password, self.identity_token, self.registry_token)))


def find(host: str, environment: Mapping[str, str]) -> Login:
    """The login for a host: the first file that has one decides."""
    names = _names(host)
    notes: list[str] = []
    for path in files(environment):
        config = _load(path, notes)
        login = _ask_helper(config, names, environment, notes) or _entry(config, names, path, notes)
        if login:
            return replace(login, source=str(path), notes=tuple(notes))
    return Login(notes=tuple(notes))


def files(environment: Mapping[str, str]) -> Iterator[Path]:
    """The files that may hold logins, in the order in which they are asked."""
    home = Path(environment.get("HOME") or Path.home())
    settings = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    yield Path(environment.get("DOCKER_CONFIG") or home / ".docker") / "config.json"
    if given := environment.get("REGISTRY_AUTH_FILE"):
        yield Path(given)
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "containers" / "auth.json"
    yield settings / "containers" / "auth.json"
    mac = sys.platform == "darwin" and "XDG_CONFIG_HOME" not in environment
    default = (home / "Library" / "Preferences" if mac else settings) / "helm"
    helm = Path(environment.get("HELM_CONFIG_HOME") or default)
    yield Path(environment.get("HELM_REGISTRY_CONFIG") or helm / "registry" / "config.json")


def _names(host: str) -> tuple[str, ...]:
    """The names a host goes by in those files; the first is the one that helpers are asked for."""
    return (HUB_LOGIN, *sorted(HUB_NAMES)) if host in HUB_NAMES else (host,)


def _load(path: Path, notes: list[str]) -> Mapping[str, Any]:
    try:
        config = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as fault:
        notes.append(f"{path} cannot be read ({fault.strerror})")
        return {}
    except (ValueError, RecursionError):
        notes.append(f"{path} is not valid JSON")
        return {}
    return config if isinstance(config, dict) else {}


def _text(mapping: Any, key: str) -> str:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else ""


def _entry(
    config: Mapping[str, Any], names: tuple[str, ...], path: Path, notes: list[str]
) -> Login | None:
    auths = config.get("auths")
    entries = auths if isinstance(auths, dict) else {}
    bare = {re.sub(r"^https?://|/(v[12]/?)?$", "", key): key for key in reversed(entries)}
    for name in names:
        entry = entries.get(name if name in entries else bare.get(name, name))
        if isinstance(entry, dict) and entry:
            return _decode(entry, f"{path}: the login for {name}", notes)
    return None


def _decode(entry: Mapping[str, Any], what: str, notes: list[str]) -> Login | None:
    username, password = _text(entry, "username"), _text(entry, "password")
    if auth := _text(entry, "auth"):
        try:
            username, _, password = base64.b64decode(auth, validate=True).decode().partition(":")
        except ValueError:
            notes.append(f"{what} is not base64")
            return None
    return _login(
        username,
        password.strip("\0"),
        identity_token=_text(entry, "identitytoken"),
        registry_token=_text(entry, "registrytoken"),
    )


def _login(
    username: str, password: str, *, identity_token: str = "", registry_token: str = ""
) -> Login:
    if username == IDENTITY:
        return Login(identity_token=identity_token or password)
    return Login(
        username=username,
        password="" if identity_token else password,
        identity_token=identity_token,
        registry_token=registry_token,
    )


def _ask_helper(
    config: Mapping[str, Any],
    names: tuple[str, ...],
    environment: Mapping[str, str],
    notes: list[str],
) -> Login | None:
    """The login that the `docker-credential-*` command responsible for a host knows."""
    helpers = config.get("credHelpers")
    for server in names:
        if helper := _text(helpers, server):
            return _run_helper(helper, server, environment, notes)
    if store := _text(config, "credsStore"):
        return _run_helper(store, names[0], environment, notes)
    return None


def _run_helper(
    helper: str, server: str, environment: Mapping[str, str], notes: list[str]
) -> Login | None:
    """Ask one helper: the host goes in on stdin, JSON comes out on stdout, which is never shown."""
    name = f"docker-credential-{helper}"
    sound = re.fullmatch(r"[A-Za-z0-9._-]+", helper)
    command = shutil.which(name, path=environment.get("PATH")) if sound else None
    if command is None:
        notes.append(f"{name} is not installed" if sound else "a helper's name is not one")
        return None
    try:
        done = subprocess.run(  # noqa: S603 - the command that the user's own file names, no shell
            [command, "get"],
            input=server.encode(),
            env=dict(environment),
            capture_output=True,
            timeout=HELPER_SECONDS,
            check=False,
        )
        if done.returncode:
            if b"credentials not found" not in done.stdout:
                notes.append(f"{name} fails with exit code {done.returncode}")
            return None
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        notes.append(f"{name} does not answer within {HELPER_SECONDS} seconds")
    except OSError as fault:
        notes.append(f"{name} cannot be run ({fault.strerror})")
    except (ValueError, RecursionError):
        notes.append(f"{name} does not answer in JSON")
    else:
        return _login(_text(answer, "Username"), _text(answer, "Secret"))
    return None
