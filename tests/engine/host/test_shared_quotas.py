"""Quotas that several processes use together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from appmixer.engine.contract import SystemClock, ThrottledError
from appmixer.engine.contract.manifest import QuotaRule
from appmixer.engine.host.quotas import SharedBuckets
from appmixer.engine.storage.database import migrate, open_database
from appmixer.engine.storage.tables import rates
from appmixer.engine.storage.writer import Writer

pytestmark = pytest.mark.anyio

BURST = 5
RULE = QuotaRule.model_validate(
    {"name": "pair", "limit": 1, "windowS": 3600, "scope": "x", "burst": BURST, "description": "d"}
)


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[sa.Engine]:
    database = open_database(sa.make_url(postgres).set(drivername="postgresql+psycopg"))
    await asyncio.to_thread(migrate, database)
    yield database
    database.dispose()


@pytest.fixture
async def processes(database: sa.Engine) -> AsyncIterator[list[SharedBuckets]]:
    writers = [Writer(database), Writer(database)]
    yield [SharedBuckets("test:echo", {"pair": RULE}, each, SystemClock()) for each in writers]
    for each in writers:
        await asyncio.to_thread(each.close)


class Patient(SystemClock):
    """Notes how long somebody wanted to sleep."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def took(buckets: SharedBuckets, key: str) -> bool:
    try:
        await buckets.take("pair", key)
    except ThrottledError:
        return False
    return True


async def test_two_processes_take_together_what_one_may_take(
    processes: list[SharedBuckets],
) -> None:
    taken = await asyncio.gather(*(took(each, "a") for _ in range(20) for each in processes))
    other = await took(processes[1], "b")

    assert sum(taken) == BURST
    assert other


async def test_nobody_takes_what_another_process_is_just_taking(
    processes: list[SharedBuckets], database: sa.Engine
) -> None:
    first, second = processes
    await first.take("pair", "a")
    all_of_it = sa.update(rates).values(full_at=rates.c.full_at + BURST * RULE.window_s)

    with database.connect() as taking:
        taking.execute(all_of_it)
        waiting = asyncio.create_task(took(second, "a"))
        done_before, _ = await asyncio.wait([waiting], timeout=0.2)
        taking.commit()

    assert (done_before, await waiting) == (set(), False)


async def test_who_is_refused_is_told_when_there_is_room_and_takes_nothing(
    processes: list[SharedBuckets],
) -> None:
    for _ in range(BURST):
        await processes[0].take("pair", "a")

    told: list[float] = []
    for each in processes:
        with pytest.raises(ThrottledError) as caught:
            await each.take("pair", "a")
        told.append(caught.value.retry_after_s)

    assert told == pytest.approx([3600, 3600], abs=60)


async def test_who_has_to_wait_a_little_waits_and_takes(processes: list[SharedBuckets]) -> None:
    clock = Patient()
    soon = RULE.model_copy(update={"window_s": 1.0, "burst": 1})
    first, second = (
        SharedBuckets(each.connector, {"pair": soon}, each.writer, clock) for each in processes
    )

    await first.take("pair", "soon")
    await second.take("pair", "soon")

    [waited_s] = clock.slept
    assert 0 < waited_s <= 1
