"""The report of a run: what went in, what came out, as plain data for `--output json`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chartgen import __version__
from chartgen.errors import InvalidInput
from chartgen.model import App, Chart, Credential, Finding, Host, ImageRef, Parameter

FORMAT = 1
# The ending of the folder beside a report that holds its image.
IMAGE_FOLDER = ".image"
# That of the archive which `chartgen save` makes of it.
IMAGE_ARCHIVE = ".image.tar"
NO_REPORT = "is no report of a release: name the .release.json that chartgen package wrote"
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
        "runtime": {
            "name": app.runtime.name,
            "version": app.runtime.version,
            "check": list(app.runtime.check),
        },
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


def image(reference: ImageRef, built_id: str, builder: str) -> dict[str, Any]:
    """The part about the image. Why there is none is left out: that differs from run to run."""
    return {
        "reference": f"{reference.repository}:{reference.tag}",
        "digest": reference.digest or None,
        "id": built_id or None,
        "builder": builder,
    }


def finding(item: Finding) -> dict[str, str]:
    """A finding without its empty parts."""
    return {key: value for key, value in asdict(item).items() if value}


def locked(file: str) -> dict[str, Any]:
    """What `--output json` prints of `chartgen lock`: the file that it wrote."""
    return {"format": FORMAT, "lock": file}


def published(found: list[dict[str, str]]) -> dict[str, Any]:
    """What `--output json` prints of a push: references and digests, the image first."""
    return {"format": FORMAT, "published": found}


def saved(archive: str, reference: str, digest: str, platform: str, size: int) -> dict[str, Any]:
    """What `--output json` prints of `chartgen save`; `size` is in bytes."""
    told = {"reference": reference, "digest": digest, "platform": platform, "size": size}
    return {"format": FORMAT, "archive": archive, **told}


def loaded(reference: str, engine_id: str, platform: str) -> dict[str, Any]:
    """What `--output json` prints of `chartgen load`."""
    return {"format": FORMAT, "loaded": reference, "id": engine_id, "platform": platform}


def composed(folder: str, files: list[str]) -> dict[str, Any]:
    """What `--output json` prints of `chartgen compose`: the folder and the files in it."""
    return {"format": FORMAT, "compose": folder, "files": files}


def running(container: str, url: str, flows: list[dict[str, str]]) -> dict[str, Any]:
    """What `--output json` prints of `chartgen run`, once the flows answer."""
    return {"format": FORMAT, "running": container, "url": url, "flows": flows}


def checked(name: str, version: str, flows: int) -> dict[str, Any]:
    """What `--output json` prints of `chartgen check`: how many flows can be loaded."""
    return {"format": FORMAT, "checked": f"{name} {version}", "flows": flows}


def examined(name: str, version: str, findings: Iterable[Finding]) -> dict[str, Any]:
    """What `--output json` prints of `chartgen doctor`."""
    told = [finding(item) for item in findings]
    return {"format": FORMAT, "examined": f"{name} {version}", "findings": told}


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


def read(file: Path) -> dict[str, Any]:
    """A release's report. Raises InvalidInput when the file is none."""
    # Slow to load, and `chartgen --help` needs this module too.
    from chartgen import schema

    try:
        data = json.loads(file.read_bytes())
    except OSError as fault:
        reason = (fault.strerror or "unknown reason").lower()
        raise InvalidInput(f"{file} cannot be read: {reason}") from fault
    except (ValueError, RecursionError) as fault:
        raise InvalidInput(f"{file} {NO_REPORT}") from fault
    if not isinstance(data, dict) or "generator" not in data:
        raise InvalidInput(f"{file} {NO_REPORT}")
    if findings := schema.check(data, "report.schema.json", file=str(file), part="report"):
        raise InvalidInput(f"{file} {NO_REPORT}", findings)
    return data
