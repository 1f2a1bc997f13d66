"""app.json: what the templates know of an application beyond its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from chartgen.model import App, Credential, Parameter
from chartgen.render import one_line

# Whoever takes these back does not want what they bring.
_DISPENSABLE = frozenset(
    {
        *("resources", "backup.resources", "podSecurityContext", "securityContext"),
        *("startupProbe", "readinessProbe", "livenessProbe", "parameters", "image.tag"),
        *("image.digest", "preStopSeconds", "metrics.dashboard.labels"),
        "autoscaling.targetCPUUtilizationPercentage",
    }
)


def build(app: App, display_name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of app.json; `values` are the chart's own."""
    runtime = app.runtime
    return {
        "name": app.name,
        "version": app.version,
        "displayName": display_name,
        "runtime": {"name": runtime.name, "version": runtime.version},
        # What values say of the image may be a former chart's.
        "image": {"digest": str(values["image"]["digest"])},
        "port": runtime.port,
        "command": list(runtime.command),
        "verification": list(runtime.verification),
        "health": {
            "startup": runtime.health.startup,
            "readiness": runtime.health.readiness,
            "liveness": runtime.health.liveness,
        },
        "environment": dict(sorted(runtime.environment.items())),
        "writablePaths": list(runtime.writable_paths),
        "database": {
            "env": runtime.database.env,
            "default": runtime.database.default,
            "poolEnv": runtime.database.pool_env,
            "folder": runtime.database.folder,
        },
        "metrics": {
            "port": runtime.metrics.port,
            "path": runtime.metrics.path,
            "environment": dict(sorted(runtime.metrics.environment.items())),
        },
        "logLevelEnv": runtime.log_level_env,
        "credentialsFolder": runtime.credentials_folder,
        "callPaths": list(runtime.call_paths),
        "authentication": {"header": runtime.api_key_header, "credential": runtime.api_key},
        "credentials": {credential.name: _credential(credential) for credential in app.credentials},
        "parameters": {parameter.name: _parameter(parameter) for parameter in app.parameters},
        "flows": [
            {
                "name": flow.name,
                "id": flow.id,
                "endpoint": flow.endpoint,
                "path": url_path(flow.path),
                "sha256": flow.sha256,
            }
            for flow in app.flows
        ],
        "request": dict(runtime.request),
        "mcp": {"path": url_path(runtime.mcp_path)},
        "settings": list(_settings(values)),
    }


def _settings(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The values that cannot be done without: what has a default, and its groups."""
    for name, value in values.items():
        path = f"{prefix}{name}"
        if path not in _DISPENSABLE and value not in ("", None, {}, []):
            yield path
            if isinstance(value, Mapping):
                yield from _settings(value, f"{path}.")


def url_path(path: str) -> str:
    """Percent-encode what may not stand in a URL, or could end the shell word around it."""
    return quote(path, safe="/%")


def _credential(credential: Credential) -> dict[str, Any]:
    return {
        "required": credential.required,
        "usedBy": [one_line(use) for use in credential.used_by],
        "description": one_line(credential.description),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "required": parameter.required,
        "type": parameter.type,
        "usedBy": [one_line(use) for use in parameter.used_by],
    }
