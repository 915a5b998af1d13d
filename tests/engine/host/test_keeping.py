"""How long records are kept."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.host.engine import Engine
from appmixer.engine.host.retention import DAY_S, remove_old
from appmixer.engine.storage.tables import answers, events, flow_versions, runs, segments, steps

from ..runs.test_runs import flow, start

pytestmark = pytest.mark.anyio

Hear = Callable[..., Awaitable[None]]
Ended = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[Any]]


async def counts(engine: Engine, *tables: sa.Table) -> list[int]:
    found = [await engine.rows(sa.select(sa.func.count()).select_from(table)) for table in tables]
    return [rows[0][0] for rows in found]


async def test_runs_go_after_thirty_days_and_their_events_with_them(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await hear("x")
    await ended_runs(owner, 1)

    await remove_old(engine.writer, now=time.time() + 29 * DAY_S)
    kept = await counts(engine, runs, steps, segments, events)
    await remove_old(engine.writer, now=time.time() + 31 * DAY_S)

    assert kept == [1, 2, 1, 1]
    # The newest event stays, so that its number is not given again.
    assert await counts(engine, runs, steps, segments, events) == [0, 0, 0, 1]


async def test_a_run_that_waits_stays_however_old(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "q", "then": "waitTwice"}))
    await hear("x")
    await ended_runs(owner, 1, "waiting")

    await remove_old(engine.writer, now=time.time() + 400 * DAY_S)

    assert await counts(engine, runs, events) == [1, 1]


async def test_an_event_without_a_run_is_known_for_fourteen_days_so_that_no_repeat_counts_as_new(
    engine: Engine, owner: str, hear: Hear, until: Until
) -> None:
    await hear("x", wait_keys=("answer:q",))
    await hear("y")

    async def has_both() -> bool:
        return len(await engine.visibility.unrouted(owner, is_administrator=False)) == 2

    await until(has_both)

    await remove_old(engine.writer, now=time.time() + 1 * DAY_S)
    after_one = await counts(engine, events, answers)
    await remove_old(engine.writer, now=time.time() + 13 * DAY_S)
    after_thirteen = await counts(engine, events, answers)
    await remove_old(engine.writer, now=time.time() + 15 * DAY_S)

    assert (after_one, after_thirteen) == ([2, 1], [2, 0])
    assert await counts(engine, events, answers) == [1, 0]


async def test_the_documents_of_a_deleted_flow_stay_as_long_as_its_runs(
    engine: Engine, owner: str, hear: Hear, ended_runs: Ended
) -> None:
    await start(engine, owner, flow({"text": "x"}))
    await hear("x")
    await ended_runs(owner, 1)
    await engine.flows.delete(owner, "f")

    await remove_old(engine.writer, now=time.time())
    before = await counts(engine, flow_versions)
    await remove_old(engine.writer, now=time.time() + 31 * DAY_S)

    assert (before, await counts(engine, flow_versions)) == ([1], [0])


async def test_what_a_draft_was_run_as_stays_as_long_as_the_draft(
    engine: Engine, owner: str
) -> None:
    await engine.flows.drafts.put(owner, "f", flow({"text": "x"}))
    await engine.flows.drafts.executable(owner, "f")

    await remove_old(engine.writer, now=time.time() + 31 * DAY_S)
    before = await counts(engine, flow_versions)
    await engine.flows.drafts.delete(owner, "f")
    await remove_old(engine.writer, now=time.time())

    assert (before, await counts(engine, flow_versions)) == ([1], [0])
