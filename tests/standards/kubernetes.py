"""Kubernetes' own schemas, strictly: an unknown field is an error, as with `kubectl --validate`.

What `kubernetes_validate.validate` does, with the same schemas, but reading each of them once:
its definitions are megabytes, and every object of every variant is checked against eight minors.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
from kubernetes_validate import utils  # type: ignore[import-untyped] # it has no types
from referencing import Registry, Resource

from tests.standards.documents import Document

MINORS = tuple(f"1.{minor}" for minor in range(30, 38))


def knows(document: Document) -> bool:
    """Say whether a document is of Kubernetes itself, not of something installed into it."""
    group = document["apiVersion"].rpartition("/")[0]
    return "." not in group or (group.endswith(".k8s.io") and group not in _INSTALLED)


# Groups with the name of Kubernetes that a cluster does not have from the start.
_INSTALLED = frozenset(["gateway.networking.k8s.io", "snapshot.storage.k8s.io"])


def faults(document: Document, minor: str) -> list[str]:
    """What a minor version of Kubernetes finds wrong with a document."""
    return list(_faults(json.dumps(document, sort_keys=True), minor))


@cache
def _faults(text: str, minor: str) -> tuple[str, ...]:
    document = json.loads(text)
    validator = _validator(document["kind"], document["apiVersion"], minor)
    return tuple(f"{error.json_path}: {error.message}" for error in validator.iter_errors(document))


@cache
def _validator(kind: str, version: str, minor: str) -> Any:
    group, _, number = version.rpartition("/")
    name = "-".join(filter(None, (kind.lower(), group.partition(".")[0], number)))
    schema = utils.schema_contents(f"{_folder(minor)}/{name}.json", minor)
    return jsonschema.Draft202012Validator(schema, registry=_registry(minor))


@cache
def _registry(minor: str) -> Any:
    path = f"{_folder(minor)}/_definitions.json"
    return Resource.from_contents(utils.schema_contents(path, minor)) @ Registry()


def _folder(minor: str) -> str:
    return f"kubernetes-json-schema/v{minor}.0-local-strict"
