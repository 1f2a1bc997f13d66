"""Credentials that lie in a folder as files, in place of the container's environment.

What a process is started with can be read in /proc/PID/environ, by `kubectl exec` and by whoever
sees the pod's specification. So the launcher only looks at these files, and the server takes them
in when it is up: what it sets then is in its memory alone.

A file is called as its variable. A variable that the container has already stays as it is, even
an empty one: `env` in the chart's values replaces what the chart sets. One line break at the end
of a file is no part of a value: `echo` and editors write it, and `kubectl create secret
--from-file` keeps it. Whoever needs one at the end writes two.

This file is copied into the image as it is, and imports nothing but the standard library.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

# Kubernetes keeps folders and links like `..data` beside the files.
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LINE_BREAK = re.compile(r"\r?\n\Z")


def read(folder: Path) -> dict[str, str]:
    """The value of each file; nothing where there is no such folder."""
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {file.name: _value(file) for file in files if VARIABLE.fullmatch(file.name)}


def beside(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """An environment, and what lies in the folder for it."""
    return {**read(folder), **environment}


def take_in(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Set what lies in the folder, where an environment lacks it."""
    for name, value in read(folder).items():
        environment.setdefault(name, value)


def _value(file: Path) -> str:
    # Bytes that are no UTF-8 pass through as they do in an environment.
    return LINE_BREAK.sub("", os.fsdecode(file.read_bytes()))
