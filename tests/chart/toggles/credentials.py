"""Credentials, parameters, the database, and variables of the user's own."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tests.chart.toggles.toggle import (
    ANY,
    CHECKSUM,
    CONTAINER,
    GONE,
    POD,
    TEST,
    TEST_CONTAINER,
    Toggle,
    variable,
)
from tests.chart_pieces import EXTERNAL, PARTS, SAVED, merged
from tests.chart_pieces import SHARED as _SHARED

_KEYS = ("LANGFLOW_API_KEY", "LANGFLOW_SECRET_KEY", "OPENAI_API_KEY", "TAVILY_API_KEY")
_DATABASE = "LANGFLOW_DATABASE_URL"
_POOL = "LANGFLOW_DB_CONNECTION_SETTINGS"
# Whoever knows the database by its parts: the flows, and the backup.
_GIVEN = {"database": PARTS, "backup": SAVED}
_JOB = "CronJob-backup spec jobTemplate spec template spec"
_DUMP = f"{_JOB} containers dump"


def _where(name: str, secret: str, key: str) -> dict[str, Any]:
    """A variable of each container that has it points to another Secret."""
    pointer = f"env {name} valueFrom secretKeyRef"
    both = name == "LANGFLOW_API_KEY"
    return {
        f"{container} {pointer} {part}": text
        for container in (CONTAINER, *((TEST_CONTAINER,) if both else ()))
        for part, text in (("name", secret), ("key", key))
    }


def _pool(setting: str, value: object) -> Toggle:
    """All settings of the pool are in one variable, as the runtime fills in none."""
    settings = {
        "echo": False,
        "max_overflow": 10,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "pool_size": 5,
        "pool_timeout": 30,
    }
    text = json.dumps({**settings, setting: value}, separators=(",", ":"))
    return Toggle(value, {f"{CONTAINER} env {_POOL} value": text}, _SHARED)


def _setting(name: str, value: Any, text: str) -> dict[str, Toggle]:
    return {f"parameters.{name}": Toggle(value, {f"{CONTAINER} env {name} value": text})}


def _external() -> dict[str, Toggle]:
    """Credentials that an operator fetches: the sample's own would win over them."""
    place, given = "ExternalSecret-external spec", {"externalSecret": EXTERNAL}
    pointer = {"name": "demo-support-external", "key": "TAVILY_API_KEY", "optional": True}
    entry = {"name": "TAVILY_API_KEY", "valueFrom": {"secretKeyRef": pointer}}
    less = {"credentials": {"TAVILY_API_KEY": None}}
    off = merged({**given, **less}, {"externalSecret": {"enabled": False}})
    return {
        "externalSecret.enabled": Toggle(
            True, {"ExternalSecret-external": ANY, f"{CONTAINER} env TAVILY_API_KEY": entry}, off
        ),
        "externalSecret.key": Toggle("other", {f"{place} dataFrom 0 extract key": "other"}, given),
        "externalSecret.refreshInterval": Toggle("9m", {f"{place} refreshInterval": "9m"}, given),
        "externalSecret.secretStoreRef.name": Toggle(
            "other", {f"{place} secretStoreRef name": "other"}, given
        ),
        "externalSecret.secretStoreRef.kind": Toggle(
            "ClusterSecretStore", {f"{place} secretStoreRef kind": "ClusterSecretStore"}, given
        ),
    }


def _address(
    *, user: str = "robin", host: str = "db.example.com", port: int = 6432, name: str = "flows"
) -> str:
    return f"postgresql://{user}@{host}:{port}/{name}"


def _part(value: Any, address: str, saved: str, mode: str = "verify-full") -> Toggle:
    """A part of the address changes it, and one setting of pg_dump."""
    trust = f"?sslmode={mode}&sslrootcert=/run/chartgen/database/ca.crt"
    changes = {f"{CONTAINER} env {_DATABASE} value": f"{address}{trust}"}
    return Toggle(value, {**changes, f"{_DUMP} env {saved} value": str(value)}, _GIVEN)


def _port() -> Toggle:
    policies = ("NetworkPolicy spec egress 2", "NetworkPolicy-backup spec egress 1")
    opened = {f"{policy} ports 0 port": 5433 for policy in policies}
    told = _part(5433, _address(port=5433), "PGPORT")
    return replace(told, changes={**told.changes, **opened})


def _parts() -> dict[str, Toggle]:
    secret = {
        f"{at} env PGPASSWORD valueFrom secretKeyRef {part}": text
        for at in (CONTAINER, _DUMP)
        for part, text in (("name", "mine"), ("key", "k"))
    }
    authorities = {
        f"{at} volumes database-authority secret {part}": text
        for at in (POD, _JOB)
        for part, text in (("secretName", "authority"), ("items 0 key", "root"))
    }
    former = {"database": {**PARTS, "password": {"value": "former"}}, "backup": SAVED}
    return {
        "database.host": _part("other", _address(host="other"), "PGHOST"),
        "database.port": _port(),
        "database.name": _part("other", _address(name="other"), "PGDATABASE"),
        "database.user": _part("other", _address(user="other"), "PGUSER"),
        "database.password.existingSecret": Toggle({"name": "mine", "key": "k"}, secret, _GIVEN),
        "database.password.value": Toggle(
            "word", {CHECKSUM: ANY, "Secret data PGPASSWORD": "d29yZA=="}, former
        ),
        "database.tls.mode": _part("require", _address(), "PGSSLMODE", mode="require"),
        "database.tls.caSecret": Toggle({"name": "authority", "key": "root"}, authorities, _GIVEN),
    }


CREDENTIALS = {
    **{
        f"credentials.{name}.value": Toggle(
            "B" * 43, {f"Secret data {name}": "QkJC" * 14 + "Qg==", CHECKSUM: ANY}
        )
        for name in _KEYS
    },
    **{
        f"credentials.{name}.existingSecret": Toggle(
            {"name": "mine", "key": "token"},
            {**_where(name, "mine", "token"), f"Secret data {name}": GONE, CHECKSUM: ANY},
        )
        for name in _KEYS
    },
    "existingSecret": Toggle(
        "all",
        {
            f"{CONTAINER} env TAVILY_API_KEY": {
                "name": "TAVILY_API_KEY",
                "valueFrom": {
                    "secretKeyRef": {"name": "all", "key": "TAVILY_API_KEY", "optional": True}
                },
            }
        },
        {"credentials": {"TAVILY_API_KEY": None}},
    ),
    **_external(),
    **_parts(),
    "credentialsAs": Toggle(
        "file",
        {
            **{f"{CONTAINER} env {name}": GONE for name in _KEYS},
            f"{TEST_CONTAINER} env": GONE,
            f"{CONTAINER} volumeMounts /run/chartgen/credentials": ANY,
            f"{TEST_CONTAINER} volumeMounts": ANY,
            f"{POD} volumes credentials": ANY,
            f"{TEST} volumes": ANY,
        },
    ),
    "database.value": Toggle(
        "postgresql://db",
        {
            "Secret data LANGFLOW_DATABASE_URL": "cG9zdGdyZXNxbDovL2Ri",
            CHECKSUM: ANY,
            f"{CONTAINER} env {_DATABASE} value": GONE,
            f"{CONTAINER} env {_DATABASE} valueFrom": {
                "secretKeyRef": {"name": "demo-support", "key": _DATABASE}
            },
            f"{CONTAINER} env {_POOL}": ANY,
            "NetworkPolicy spec egress 2": ANY,
        },
    ),
    "database.existingSecret": Toggle(
        {"name": "db", "key": "url"},
        {
            f"{CONTAINER} env {_DATABASE} value": GONE,
            f"{CONTAINER} env {_DATABASE} valueFrom": {
                "secretKeyRef": {"name": "db", "key": "url"}
            },
            f"{CONTAINER} env {_POOL}": ANY,
            "NetworkPolicy spec egress 2": ANY,
        },
    ),
    "databasePool.size": _pool("pool_size", 6),
    "databasePool.maxOverflow": _pool("max_overflow", 0),
    "databasePool.timeoutSeconds": _pool("pool_timeout", 31),
    "databasePool.recycleSeconds": _pool("pool_recycle", 1),
    "databasePool.prePing": _pool("pool_pre_ping", False),
    **_setting("SUPPORT_TONE", "formal", "formal"),
    **_setting("MAX_TOKENS", 5, "5"),
    **_setting("TEMPERATURE", 1.5, "1.5"),
    **_setting("STREAM", True, "true"),
    **_setting("TOPICS", ["a & b"], '["a & b"]'),
    **_setting("HELP_URL", "$(HOME)", "$$(HOME)"),
    "parameters.SIGNATURE": Toggle("Yours", variable("SIGNATURE", "Yours")),
    "env": Toggle([{"name": "TZ", "value": "UTC"}], variable("TZ", "UTC")),
    "extraEnvFrom": Toggle(
        [{"secretRef": {"name": "more"}}],
        {
            f"{CONTAINER} envFrom": [{"secretRef": {"name": "more"}}],
            f"{TEST_CONTAINER} envFrom": [{"secretRef": {"name": "more"}}],
        },
    ),
}
