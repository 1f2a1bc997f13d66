"""Runs `uv pip`, which finds and unpacks wheels for a Python that is not this one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chartgen.errors import InvalidInput, Unavailable
from chartgen.oci.descriptor import Platform

SECONDS = 900
# The C library of Langflow's own images is newer; wheels for newer ones are rare.
PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
DOCKER = "--builder docker can install them"
# By itself uv trusts its own list of authorities, and not that of a company.
SETTINGS = {"UV_SYSTEM_CERTS": "true"}
_NO_NETWORK = re.compile(
    r"Request failed|error sending request|Failed to (?:fetch|download)|network was disabled|"
    r"dns error|timed out|tcp connect|HTTP status server error",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where packages will run: a Python such as 3.14, and a platform of the base."""

    python: str
    platform: Platform

    def options(self) -> list[str]:
        """The target as `uv` is told it."""
        known = PLATFORMS.get(self.platform.architecture)
        if known is None or self.platform.os != "linux":
            raise InvalidInput(
                f"Python packages for {self.platform} cannot be had as wheels: {DOCKER}, and "
                f"--platform leaves platforms out ({', '.join(PLATFORMS)} have wheels)"
            )
        return ["--python-version", self.python, "--python-platform", known]

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform}"


def command() -> str:
    """Where `uv` is: beside our Python, as pip installs it, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.is_file() else shutil.which("uv")
    if not found:
        raise Unavailable(f"uv, which fetches them, is missing: `pip install uv`; or {DOCKER}")
    return found


def run(arguments: list[str], folder: str, names: Sequence[str], target: Target) -> tuple[str, str]:
    """Run `uv pip`, and give what it said and what it put out."""
    try:
        program = command()
    except Unavailable as fault:
        raise Unavailable(
            f"the flows need Python packages that the base lacks ({', '.join(names)}): "
            f"{fault.message}"
        ) from None
    # The index and its login are the user's own settings; a project's around us are not meant.
    common = ["--python", sys.executable, "--no-python-downloads", "--no-progress"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and names were checked
            [program, "pip", *arguments, *common, "--color", "never"],
            cwd=folder,
            env={**SETTINGS, **os.environ},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as fault:
        raise Unavailable(f"uv was not done after {SECONDS // 60} minutes") from fault
    if done.returncode:
        raise _failure(done.stderr, names, target)
    return done.stderr, done.stdout


def _failure(said: str, names: Sequence[str], target: Target) -> InvalidInput | Unavailable:
    lines = [line.strip() for line in said.splitlines() if not line.startswith("warning:")]
    reason = " ".join(line.removeprefix("error: ") for line in lines if line)
    if _NO_NETWORK.search(said) and "Hash mismatch" not in said:
        return Unavailable(f"the Python packages {', '.join(names)} cannot be fetched: {reason}")
    return InvalidInput(
        f"{', '.join(names)} cannot be had as wheels for {target}: {reason.rstrip('.')}. {DOCKER}"
    )
