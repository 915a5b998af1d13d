"""What is said of a run to a process that stands by reaches the one that executes it."""

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
from appmixer.engine.settings import Settings

from ..listing import each_do, listing_module
from .test_lists import start, told

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]


@pytest.mark.parametrize(("verb", "state"), [("pause", "held"), ("cancel", "cancelled")])
async def test_a_command_given_to_another_process_stops_what_is_under_way_here(
    tmp_path: Path, postgres: str, until: Until, verb: str, state: str
) -> None:
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode(), "APPMIXER_MAX_SIDE_BY_SIDE": "3"}
    settings = Settings(data=tmp_path / "1", environment=key, database_url=postgres)
    texts = " ".join(f"slow:{number}" for number in range(9))
    async with open_engine(settings, connectors_of(listing_module())) as works:
        await works.turn.is_mine.wait()
        data = replace(settings, data=tmp_path / "2")
        async with open_engine(data, connectors_of(listing_module())) as stands_by:
            owner = works.owners.first_owner_id
            await works.accounts.connect_token(owner, "test:echo", "hall", "keys")
            await start(works, owner, each_do(texts))
            await told(works, "x")
            plugin: Any = works.plugins["test:echo"]
            await until(lambda: _returned(len(plugin.acts) == 3))
            [run] = await works.runs.list(owner)

            await getattr(stands_by.commands, verb)(owner, run["id"])
            await until(lambda: _returned(_are_stopped(works)))
            plugin.is_over.set()
            await until(lambda: _returned(not works.queue.tasks))
            found = await works.runs.get(owner, run["id"])

    assert (found["status"], found["stepCount"]) == (state, 2 + 3)


def _are_stopped(engine: Engine) -> bool:
    return all(segment.is_stopped for segment in engine.executor.under_way)


async def _returned(found: Any) -> Any:
    await asyncio.sleep(0)
    return found
