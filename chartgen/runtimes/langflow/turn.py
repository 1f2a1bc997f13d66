"""Pods that share a PostgreSQL take turns with it when they start.

Those that wait for Langflow's own lock keep a transaction open, for which `CREATE INDEX
CONCURRENTLY` of the one that has the lock waits in turn (langflow 1.13.0,
services/database/service.py), until after five minutes all give up.

This file is copied into the image as it is, and imports nothing but the standard library and what
Langflow brings along.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
from collections.abc import AsyncIterator
from typing import Any

# An advisory lock of PostgreSQL: the number is arbitrary, and ours.
TURN = "SELECT pg_try_advisory_lock(7163082351539873134)"
PAUSE, ATTEMPTS = 0.5, 60


@contextlib.asynccontextmanager
async def take(address: str) -> AsyncIterator[None]:
    """Have the database for oneself among the pods that start. An SQLite is the pod's own."""
    if not address.startswith("postgres"):
        yield
        return
    connection = await _connection(address)
    try:
        while not connection.exec_driver_sql(TURN).scalar():
            await asyncio.sleep(PAUSE)
        yield
    finally:
        connection.close()  # and PostgreSQL gives the turn to another


async def _connection(address: str) -> Any:
    """A connection without transactions, as soon as the database answers."""
    sqlalchemy = importlib.import_module("sqlalchemy")
    options = {"isolation_level": "AUTOCOMMIT", "poolclass": sqlalchemy.NullPool}
    # The driver that Langflow itself takes for what comes before its pool.
    plain = re.sub(r"^postgres(ql)?(\+\w+)?:", "postgresql:", address)
    engine = sqlalchemy.create_engine(plain, **options)
    for left in reversed(range(ATTEMPTS)):
        try:
            return engine.connect()
        except sqlalchemy.exc.OperationalError:
            if not left:
                raise
            await asyncio.sleep(PAUSE)
    raise AssertionError
