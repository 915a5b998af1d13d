"""What is said of a run to one process stops it in the one that executes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from appmixer.engine.contract import connectors_of
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings, TemporalSettings

from ..listing import each_do, listing_module
from ..runs.test_lists import start, told

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(("verb", "state"), [("pause", "held"), ("cancel", "cancelled")])
async def test_a_command_stops_what_another_process_executes(
    tmp_path: Path, postgres: str, temporal_server: str, until: Until, verb: str, state: str
) -> None:
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode(), "APPMIXER_MAX_SIDE_BY_SIDE": "3"}
    first = Settings(
        data=tmp_path / "1",
        environment=key,
        database_url=postgres,
        temporal=TemporalSettings(temporal_server),
    )
    texts = " ".join(f"slow:{number}" for number in range(9))
    async with open_engine(first, connectors_of(listing_module())) as hands_out:
        await hands_out.turn.is_mine.wait()
        second = replace(first, data=tmp_path / "2")
        async with open_engine(second, connectors_of(listing_module())) as executes:
            only_hand_out(hands_out)
            owner = hands_out.owners.first_owner_id
            await hands_out.accounts.connect_token(owner, "test:echo", "hall", "keys")
            await start(hands_out, owner, each_do(texts))
            await told(hands_out, "x")
            plugin: Any = executes.plugins["test:echo"]
            await until(lambda: _returned(len(plugin.acts) == 3))
            [run] = await hands_out.runs.list(owner)

            await getattr(hands_out.commands, verb)(owner, run["id"])
            await until(lambda: _returned(_are_stopped(executes)))
            plugin.is_over.set()
            await until(lambda: _returned(not executes.executor.under_way))
            found = await hands_out.runs.get(owner, run["id"])

    assert (found["status"], found["stepCount"]) == (state, 2 + 3)


def only_hand_out(engine: Engine) -> None:
    """Let an engine leave all that it is given to execute to another one."""
    assert engine.temporal is not None
    engine.temporal.activities.fresh = lambda _: None
    engine.temporal.activities.connectors = lambda: ()


def _are_stopped(engine: Engine) -> bool:
    return all(segment.is_stopped for segment in engine.executor.under_way)


async def _returned(found: Any) -> Any:
    await asyncio.sleep(0)
    return found
