"""The report of a run: what went in, what came out, as plain data for `--output json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from chartgen import __version__
from chartgen.model import App, Chart, Credential, Finding, Host, Parameter

FORMAT = 1
# What moves a terminal's cursor, turns the direction of a text, or cannot be encoded.
_UNSEEN = re.compile(r"[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")


def of(app: App, **parts: Any) -> dict[str, Any]:
    """The report on an application; `parts` are what else there is (chart, image, files).

    It holds no time, no path of this machine and nothing secret, so that the same input
    gives the same report.
    """
    return {
        "format": FORMAT,
        "generator": f"chartgen {__version__}",
        "name": app.name,
        "version": app.version,
        "description": app.description,
        "runtime": {"name": app.runtime.name, "version": app.runtime.version},
        "base": asdict(app.base),
        "inputs": [asdict(item) for item in app.inputs],
        "flows": [asdict(flow) for flow in app.flows],
        "credentials": [_credential(item) for item in app.credentials],
        "parameters": [_parameter(item) for item in app.parameters],
        "packages": list(app.packages),
        "hosts": [_host(item) for item in app.hosts],
        "findings": [finding(item) for item in app.findings],
        **parts,
    }


def chart(made: Chart, file: str) -> dict[str, Any]:
    """The part about the chart: the archive's file name and SHA-256 digest."""
    return {"file": file, "digest": made.digest, "size": len(made.archive)}


def finding(item: Finding) -> dict[str, str]:
    """A finding without its empty parts."""
    return {key: value for key, value in asdict(item).items() if value}


def failure(message: str, code: int, findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """What `--output json` prints when a run fails; `code` is what the process ends with."""
    return {
        "format": FORMAT,
        "error": message,
        "exitCode": code,
        "findings": [finding(item) for item in findings],
    }


def dump(data: Mapping[str, Any]) -> str:
    """JSON as people read it, with a line break at the end; safe for terminals."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _credential(item: Credential) -> dict[str, Any]:
    return {
        "name": item.name,
        "required": item.required,
        "description": item.description,
        "pattern": item.pattern,
        "minLength": item.min_length,
        "usedBy": [asdict(use) for use in item.used_by],
    }


def _parameter(item: Parameter) -> dict[str, Any]:
    optional = {
        "default": list(item.default) if isinstance(item.default, tuple) else item.default,
        "choices": list(item.choices) or None,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "description": item.description or None,
    }
    return {
        "name": item.name,
        "type": item.type,
        "required": item.required,
        **{key: value for key, value in optional.items() if value is not None},
        "usedBy": [asdict(use) for use in item.used_by],
    }


def _host(item: Host) -> dict[str, Any]:
    return {
        "name": item.name,
        "port": item.port,
        "usedBy": [asdict(use) for use in item.used_by],
    }
