"""Waits are ended in time by timers of Temporal, whichever process lives then."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from temporalio.client import Client, WorkflowExecutionStatus

from appmixer.engine.contract import Connector
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings, TemporalSettings
from appmixer.engine.temporal.names import Names

from ..conftest import CONNECTOR
from ..runs.queue_conformance import Record, segment
from .temporal_site import TemporalSite, temporal_site

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
# Whatever ends in time is not ended by what looks for what was left.
NEVER_S = 3600.0
ASKS: dict[str, Any] = {
    "name": "Asks and waits",
    "components": {
        "heard": {"type": "test.echo.Heard", "account": "keys", "input": {"room": "hall"}},
        "ask": {
            "type": "test.echo.Say",
            "account": "keys",
            "source": {"in": {"heard": ["heard"]}},
            "input": {"text": "well?", "then": "wait"},
        },
    },
}


async def timers(site: TemporalSite) -> list[WorkflowExecutionStatus | None]:
    client = await Client.connect(site.settings.address)
    mine = f'WorkflowType = "timer" AND TaskQueue = "{Names(site.seal).task_queue}"'
    return [each.status async for each in client.list_workflows(mine)]


async def test_a_wait_is_ended_in_time(postgres: str, temporal_server: str, until: Until) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        site.late_s = NEVER_S
        record = Record(site.patience_s)
        process = await site.open(record.execute)

        await process.wait(segment("later"), 0.5)
        await record.until_ended(["later"])
        await until(lambda: _are(site, [WorkflowExecutionStatus.COMPLETED]))

        assert record.begun == ["later"]


async def test_a_timer_outlives_the_process_that_has_made_it(
    postgres: str, temporal_server: str, until: Until
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        site.late_s = NEVER_S
        dies, lives = Record(site.patience_s, slow={"later"}), Record(site.patience_s)
        process = await site.open(dies.execute)
        await process.wait(segment("later"), 3.0)
        await until(lambda: timers(site))

        await process.die()
        await site.open(lives.execute)
        await lives.until_ended(["later"])

        assert dies.ended == []


async def test_a_wait_has_one_timer_however_often_it_is_asked_for(
    postgres: str, temporal_server: str, until: Until
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        site.late_s = NEVER_S
        record = Record(site.patience_s)
        process = await site.open(record.execute)

        await process.wait(segment("later"), 60.0)
        for _ in range(3):
            process.temporal.add_end("later", time.time())
        await process.wait(segment("now"), 0.0)
        await record.until_ended(["now"])
        running, completed = WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED
        await until(lambda: _are(site, [running, completed]))

        assert record.begun == ["now"]


async def test_a_wait_that_has_no_timer_is_ended_a_little_later(
    postgres: str, temporal_server: str
) -> None:
    async with temporal_site(postgres, temporal_server) as site:
        record = Record(site.patience_s)
        process = await site.open(record.execute)

        await process.store_wait(segment("forgotten"), 0.1)
        await record.until_ended(["forgotten"])

        assert await timers(site) == []


async def test_a_wait_that_was_stored_before_there_was_temporal_is_ended_a_little_late(
    tmp_path: Path,
    postgres: str,
    temporal_server: str,
    connectors: dict[str, Connector],
    until: Until,
) -> None:
    clock = Clock()
    key = {"APPMIXER_SECRET_KEY": Fernet.generate_key().decode()}
    before = Settings(data=tmp_path, environment=key, database_url=postgres)
    async with open_engine(before, connectors, clock) as engine:
        owner = engine.owners.first_owner_id
        await engine.accounts.connect_token(owner, CONNECTOR, "hall", "keys")
        await engine.flows.put(owner, "asks", ASKS)
        await engine.flows.start(owner, "asks")
        event = {"id": "1", "kind": "heard", "payload": {"text": "x"}, "routes": ["room:hall"]}
        await engine.events.accept(CONNECTOR, json.dumps({**event, "answers": []}).encode())
        await until(lambda: _has_run(engine, "waiting"))

    after = replace(before, temporal=TemporalSettings(temporal_server))
    async with open_engine(after, connectors, clock) as engine:

        async def has_ended() -> bool:
            clock.advance(1)
            return await _has_run(engine, "completed")

        await until(has_ended)


async def _has_run(engine: Engine, status: str) -> bool:
    runs = await engine.runs.list(engine.owners.first_owner_id)
    return [each["status"] for each in runs] == [status]


async def _are(site: TemporalSite, statuses: list[WorkflowExecutionStatus]) -> bool:
    await asyncio.sleep(0.05)
    return sorted(map(str, await timers(site))) == sorted(map(str, statuses))
