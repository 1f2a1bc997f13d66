"""Helm's own engine for tests: a chart and values in, objects or the refusal out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import helm_python
import pytest
import yaml
from helm_python import _native

from chartgen import tree
from chartgen.tree import Tree

Objects = dict[str, dict[str, Any]]


def values_of(files: Tree, path: str = "ci/test-values.yaml") -> dict[str, Any]:
    """Read a YAML file of a chart with the parser that Helm uses."""
    return helm_python.values_from_yaml(files[path].decode())


def texts(
    files: Tree,
    values: Mapping[str, Any] | None = None,
    *,
    name: str = "demo",
    api_versions: Sequence[str] = (),
) -> dict[str, str]:
    """Render a chart: path of the template below `templates` → text."""
    options = {"name": name, "namespace": "prod", "api_versions": list(api_versions)}
    with helm_python.Chart.load_archive(tree.tgz(files, "chart", 0, first="Chart.yaml")) as chart:
        # Chart.render says the same but cannot name the API versions of a cluster.
        answer = _native.call_string(
            "helm_render", chart._raw(), json.dumps(values or {}), json.dumps(options)
        )
    rendered: dict[str, str] = json.loads(answer)
    return {path.partition("/templates/")[2]: text for path, text in rendered.items()}


def objects(
    files: Tree,
    values: Mapping[str, Any] | None = None,
    *,
    name: str = "demo",
    api_versions: Sequence[str] = (),
) -> Objects:
    """Render a chart: kind → object; of several, the one with the shortest name, the flows' own."""
    rendered = texts(files, values, name=name, api_versions=api_versions)
    del rendered["NOTES.txt"]
    documents = [
        document for text in rendered.values() for document in yaml.safe_load_all(text) if document
    ]
    documents.sort(key=lambda document: -len(document["metadata"]["name"]))
    return {document["kind"]: document for document in documents}


def refusal(files: Tree, values: Mapping[str, Any]) -> str:
    """Render a chart that must be refused, and return the words."""
    with pytest.raises(helm_python.HelmError) as caught:
        texts(files, values)
    return str(caught.value)


def without_schema(files: Tree) -> Tree:
    """Do what --skip-schema-validation does."""
    return {path: data for path, data in files.items() if path != "values.schema.json"}


def pod(rendered: Objects) -> dict[str, Any]:
    """Return the pod's spec of a rendered chart."""
    spec: dict[str, Any] = rendered["Deployment"]["spec"]["template"]["spec"]
    return spec


def env(rendered: Objects) -> dict[str, Any]:
    """Return the container's environment: name → text or secretKeyRef; names are unique."""
    entries = pod(rendered)["containers"][0]["env"]
    found = {
        entry["name"]: entry.get("value", entry.get("valueFrom", {}).get("secretKeyRef"))
        for entry in entries
    }
    assert len(found) == len(entries)
    return found
