"""The schemas of kinds that a cluster gets from others, strictly, as their makers publish them.

They come from the makers' Go modules, through Go's own checksum database, and are kept in
`.cache/crds`. What they demand in CEL (`x-kubernetes-validations`) only a cluster can judge.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

from tests.standards.documents import Document, parse

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "crds"
_GATEWAY = ("sigs.k8s.io/gateway-api@v1.6.3", "config/crd/standard/gateway.networking.k8s.io_")
_PROMETHEUS = (
    "github.com/prometheus-operator/prometheus-operator@v0.85.0",
    "example/prometheus-operator-crd/monitoring.coreos.com_",
)
_SECRETS = (
    "github.com/external-secrets/external-secrets@v1.3.2",
    "config/crds/bases/external-secrets.io_",
)
_CILIUM = ("github.com/cilium/cilium@v1.20.2", "pkg/k8s/apis/cilium.io/client/crds/v2/")
# Kind → module with its version, and the file in it.
SOURCES = {
    kind: (
        module,
        f"{start}{kind.lower().removesuffix('y')}{'ies' if kind[-1] == 'y' else 's'}.yaml",
    )
    for (module, start), kinds in {
        _GATEWAY: ("HTTPRoute", "BackendTLSPolicy"),
        _PROMETHEUS: ("ServiceMonitor", "PodMonitor", "PrometheusRule"),
        _SECRETS: ("ExternalSecret",),
        _CILIUM: ("CiliumNetworkPolicy",),
    }.items()
    for kind in kinds
}
_SECONDS = 300


class Missing(Exception):
    """A definition that is not here and cannot be fetched, and why."""


def faults(document: Document) -> list[str]:
    """What the definition of a kind finds wrong with a document."""
    version = document["apiVersion"].rpartition("/")[2]
    validator = _validator(document["kind"], version)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]


@cache
def _validator(kind: str, version: str) -> Any:
    schemas = {
        each["name"]: each["schema"]["openAPIV3Schema"]
        for each in definition(kind)["spec"]["versions"]
        if each["served"]
    }
    return jsonschema.Draft202012Validator(strict(schemas[version]))


@cache
def definition(kind: str) -> dict[str, Any]:
    """The CustomResourceDefinition of a kind."""
    module, path = SOURCES[kind]
    kept = CACHE / module.replace("/", "+") / Path(path).name
    if not kept.exists():
        _keep(_fetched(module), f"{module}/{path}", kept)
    (found,) = parse(kept.read_text("utf-8"))
    return found


def strict(schema: Any) -> Any:
    """Make a schema refuse what a cluster would drop in silence: fields that it does not name.

    >>> strict({"properties": {"a": {"type": "string", "nullable": True}}})
    {'properties': {'a': {'type': ['string', 'null']}}, 'additionalProperties': False}
    """
    result = dict(schema)
    for part in ("properties", "patternProperties"):
        if part in result:
            result[part] = {name: strict(each) for name, each in result[part].items()}
    for part in ("items", "additionalProperties"):
        if isinstance(result.get(part), dict):
            result[part] = strict(result[part])
    # Below allOf, anyOf and the like a structural schema only repeats what stands above.
    open_ended = result.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in result and not open_ended:
        result.setdefault("additionalProperties", False)
    if result.pop("nullable", False) and "type" in result:
        result["type"] = [result["type"], "null"]
    return result


def _fetched(module: str) -> Path:
    """Have Go fetch a module and check it; its archive."""
    if shutil.which("go") is None:
        raise Missing("there is no Go: https://go.dev/doc/install")
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(  # noqa: S603 - our own arguments, and no shell
            ["go", "mod", "download", "-json", module],  # noqa: S607 - the developer's own Go
            cwd=empty,
            env={**os.environ, "GOFLAGS": "-mod=mod"},
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    if done.returncode:
        raise Missing(f"{module} cannot be fetched: {(done.stdout + done.stderr)[-300:]}")
    return Path(json.loads(done.stdout)["Zip"])


def _keep(archive: Path, member: str, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive) as opened:
        data = opened.read(member)
    # Another run of the tests may be at it: a file is there whole or not at all.
    with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as unfinished:
        unfinished.write(data)
    Path(unfinished.name).rename(kept)
