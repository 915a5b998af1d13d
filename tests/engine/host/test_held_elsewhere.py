"""Events that were held for an account come when it is connected again, wherever that happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.contract import Connector
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import accounts, held

from ..conftest import CONNECTOR
from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    is_shared = request.param == "postgresql"
    url = request.getfixturevalue("postgres") if is_shared else None
    return Settings(data=tmp_path / "data", environment=key, database_url=url)


async def hold_one(engine: Engine, owner: str, hear: Hear, until: Until) -> None:
    """Let an event come while the account has to be connected again."""
    await start(engine, owner, flow({"text": "x"}))
    [account] = await engine.accounts.list(owner)
    await engine.accounts.mark_reconnect(account["id"], "The token has ended.")
    await hear("held")
    await until(lambda: engine.rows(sa.select(held.c.seq)))


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
async def test_what_is_held_comes_when_the_account_is_connected_at_a_process_that_stands_by(
    settings: Settings,
    connectors: dict[str, Connector],
    engine: Engine,
    owner: str,
    hear: Hear,
    ended_runs: Ended,
    until: Until,
) -> None:
    await hold_one(engine, owner, hear, until)
    second = replace(settings, data=settings.data.with_name("second"))

    async with open_engine(second, connectors) as other:
        await other.accounts.connect_token(owner, CONNECTOR, "hall+cellar", "keys")
        [run] = await ended_runs(owner, 1)
        had_turn = (engine.turn.is_mine.is_set(), other.turn.is_mine.is_set())

    assert run["status"] == "completed"
    assert had_turn == (True, False)


async def test_what_is_held_comes_when_the_process_ended_before_it_could_be_released(
    settings: Settings,
    connectors: dict[str, Connector],
    engine: Engine,
    owner: str,
    hear: Hear,
    until: Until,
) -> None:
    await hold_one(engine, owner, hear, until)
    await engine.stop()
    async with open_engine(settings, connectors) as again:
        # As a commit stores it after which the process is killed.
        connected = sa.update(accounts).values(state="connected", reason="")
        await again.writer.commit(lambda connection: connection.execute(connected))
    async with open_engine(settings, connectors) as again:

        async def completed() -> list[Any]:
            return await again.runs.list(owner, status="completed")

        [run] = await until(completed)

    assert run["status"] == "completed"
