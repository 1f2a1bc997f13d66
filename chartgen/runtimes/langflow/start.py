"""Starts Langflow in the container: checks what it needs, sets parameters, then steps aside.

This file is copied into the image as it is and runs on the image's own Python, so it
imports nothing but the standard library and `mounted.py`. It reads `contract.json` beside it.

Langflow answers 200 with an empty text when a credential is missing (1.13.0), and takes the
text "false" for true, hence the check and the typed parameters.

Credentials that lie as files are looked at here and not passed on: what a program is started with
can be read in /proc. The server takes them in by itself (`guard.py`).
"""

from __future__ import annotations

import importlib
import json
import math
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TYPES: Mapping[str, set[type]] = {
    "integer": {int},
    "number": {int, float},
    "boolean": {bool},
    "array": {list},
}
CONFIGURATION_FAULT = 78  # sysexits.h, EX_CONFIG
# It lies beside this file, in the image and in the package.
mounted: Any = importlib.import_module(f"{__package__}.mounted" if __package__ else "mounted")


def main(contract_file: Path, environment: Mapping[str, str]) -> None:
    """Replace this process by the server, or end it with the reason on stderr."""
    contract = json.loads(contract_file.read_text("utf-8"))
    settings = dict(environment)
    try:
        given = mounted.beside(Path(contract["credentials_folder"]), environment)
        faults = [*missing(contract, given), *unusable(given)]
        values = parameters(contract, given, faults)
        if faults:
            end(*faults)
        if values:
            substitute(contract, values)
            settings[contract["flows_variable"]] = contract["written_flows"]
        os.execvpe(contract["command"][0], contract["command"], settings)  # noqa: S606 - no shell
    except OSError as fault:
        end(f"cannot start: {fault.strerror}: {fault.filename}")


def end(*faults: str) -> None:
    """Say why and stop; nobody reads a traceback in a pod's log."""
    for fault in faults:
        print(f"chartgen: {fault}", file=sys.stderr)  # noqa: T201 - the pod's log
    raise SystemExit(CONFIGURATION_FAULT)


def missing(contract: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """One sentence for every required variable that is not set, or empty."""
    return [
        f"{name} is not set: {uses or 'needed by the runtime'}"
        for name, uses in contract["required"].items()
        if not environment.get(name, "").strip()
    ]


def unusable(environment: Mapping[str, str]) -> list[str]:
    """One sentence for every file whose content no variable can hold."""
    return [f"{name} holds a zero byte" for name, value in environment.items() if "\0" in value]


def parameters(
    contract: Mapping[str, Any], environment: Mapping[str, str], faults: list[str]
) -> dict[str, Any]:
    """The parameters that the environment sets, in their types; what is no value is a fault."""
    values: dict[str, Any] = {}
    for name, kind in contract["parameters"].items():
        if environment.get(name, "") == "":
            continue
        try:
            values[name] = typed(environment[name], kind)
        except (ValueError, RecursionError):
            faults.append(f"{name} is not of type {kind}")
    return values


def typed(text: str, kind: str) -> Any:
    """A text as JSON value of a type: string, integer, number, boolean or array of strings."""
    if kind == "string":
        return text
    value = json.loads(text)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) not in TYPES[kind] or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(kind)
    if kind == "array" and not all(isinstance(item, str) for item in value):
        raise ValueError(kind)
    return value


def substitute(contract: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Copy the flows to a writable folder and write the parameters into them."""
    target = Path(contract["written_flows"])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(Path(contract["flows"]).iterdir()):
        places = [
            place
            for place in contract["substitutions"]
            if place["file"] == file.name and place["parameter"] in values
        ]
        if not places:
            shutil.copyfile(file, target / file.name)
            continue
        flow = json.loads(file.read_text("utf-8"))
        for place in places:
            *way, last = place["path"]
            item = flow
            for step in way:
                item = item[step]
            item[last] = values[place["parameter"]]
        (target / file.name).write_text(json.dumps(flow, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(__file__).with_name("contract.json"), os.environ)
