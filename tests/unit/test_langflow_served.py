"""The flows in the image are those that are served, whatever a database held before."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import types
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chartgen.runtimes.langflow import guard

PACKAGED = guard.Flow("1", "Echo", "echo"), guard.Flow("2", "Bot", "bot")


def test_flows_of_a_former_release_are_removed_and_those_of_this_one_stay() -> None:
    former = guard.Flow("3", "Former", "former")
    assert guard.strangers([former, *PACKAGED], PACKAGED) == [former]
    assert guard.strangers(PACKAGED, PACKAGED) == []


@pytest.mark.parametrize(
    ("stored", "blocks"),
    [
        (guard.Flow("3", "Echo", "another"), True),
        (guard.Flow("3", "Another", "echo"), True),
        (guard.Flow("2", "Echo", "bot"), True),
        (guard.Flow("2", "Bot", "echo"), True),
        (guard.Flow("2", "Before", "before"), False),
        (guard.Flow("2", "Bot", None), False),
        (guard.Flow("3", "Another", None), False),
    ],
)
def test_a_flow_makes_room_for_a_packaged_one_of_its_name_or_endpoint(
    stored: guard.Flow, blocks: bool
) -> None:
    assert guard.in_the_way([stored], PACKAGED) == ([stored] if blocks else [])


def test_every_packaged_flow_that_cannot_be_asked_is_named() -> None:
    assert guard.unserved(PACKAGED, PACKAGED) == []
    renamed = guard.Flow("1", "Echo", "echo-2")
    (echo, bot) = guard.unserved([renamed], PACKAGED)
    assert "'Echo'" in echo
    assert "'Bot'" in bot


class Database:
    """The table of flows, and what Langflow does with it when it loads the packaged ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *stored: guard.Flow) -> None:
        self.flows = {flow.id: flow for flow in stored}
        self.loaded: tuple[guard.Flow, ...] = PACKAGED
        module: Any = types.ModuleType("langflow.services.deps")
        module.session_scope = self.session
        monkeypatch.setitem(sys.modules, module.__name__, module)
        for name in ("_stored", "_rename", "_remove"):
            monkeypatch.setattr(guard, name, getattr(self, name))

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Any]:
        yield None

    async def load(self) -> None:
        """Write each flow into the one that has its endpoint or name, as Langflow does."""
        for new in self.loaded:
            same = [old for old in self.flows.values() if new[1] == old[1] or new[2] == old[2]]
            identifier = same[0].id if same else new.id
            self.flows[identifier] = new._replace(id=identifier)

    async def _stored(self, _: Any) -> list[guard.Flow]:
        return [*self.flows.values()]

    async def _rename(self, _: Any, flow: guard.Flow) -> None:
        self.flows[flow.id] = guard.Flow(flow.id, flow.id, None)

    async def _remove(self, _: Any, flow: guard.Flow) -> None:
        del self.flows[flow.id]


@pytest.mark.parametrize(
    "stored",
    [
        (),
        PACKAGED,
        (guard.Flow("3", "Former", "former"),),
        (guard.Flow("3", "Echo", "echo"), guard.Flow("4", "Other", "bot")),
        (guard.Flow("1", "Bot", "bot"), guard.Flow("2", "Echo", "echo")),
    ],
    ids=["empty", "same", "former", "other ids", "swapped"],
)
def test_exactly_the_packaged_flows_are_served_whatever_the_database_held(
    stored: tuple[guard.Flow, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(monkeypatch, *stored)
    asyncio.run(guard.bring(PACKAGED, database.load))
    assert sorted(database.flows.values()) == sorted(PACKAGED)


def test_a_server_that_does_not_have_every_packaged_flow_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(monkeypatch)
    database.loaded = PACKAGED[:1]
    with pytest.raises(guard.NotServed):
        asyncio.run(guard.bring(PACKAGED, database.load))
    assert capsys.readouterr().err == (
        "chartgen: the flow 'Bot' is packaged and not served: Langflow's log says why\n"
    )
