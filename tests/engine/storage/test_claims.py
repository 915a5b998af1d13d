"""Which of several processes executes a segment, and what keeps out those that have lost it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.host.turn import Turn
from appmixer.engine.observe.logs import get_log
from appmixer.engine.storage.claims import (
    PROCESS,
    Claim,
    claim,
    is_claimed,
    release,
    remove_claims,
)
from appmixer.engine.storage.database import LeaseLostError, migrate, open_database
from appmixer.engine.storage.fence import Term, check_right, context_of
from appmixer.engine.storage.tables import claims, leases, segments, store
from appmixer.engine.storage.writer import Writer

from ..runs.embedded_site import row_of
from ..runs.queue_conformance import segment

pytestmark = pytest.mark.anyio


class Living:
    """A process: a writer, and a lease that it keeps."""

    def __init__(self, database: sa.Engine, name: str) -> None:
        self.writer = Writer(database)
        self.turn = Turn(
            self.writer,
            get_log("test"),
            on_lost=lambda: None,
            is_alone=False,
            name=f"{PROCESS}{name}",
        )

    @property
    def lease(self) -> Term:
        assert self.turn.fence.term is not None
        return self.turn.fence.term

    async def claim(self, segment_id: str) -> Claim | None:
        return await claim(self.writer, segment_id, self.lease)

    async def store_by(self, held: Claim, key: str) -> None:
        row = {"namespace": "test", "key": key, "value": "1", "expires_at": None}
        insert = sa.insert(store).values(row)
        writing = self.writer.commit(lambda connection: connection.execute(insert))
        await asyncio.create_task(writing, context=context_of(held))


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[sa.Engine]:
    database = open_database(sa.make_url(postgres).set(drivername="postgresql+psycopg"))
    await asyncio.to_thread(migrate, database)
    with database.begin() as connection:
        connection.execute(sa.insert(segments), [row_of(segment(name)) for name in "ab"])
    yield database
    database.dispose()


@pytest.fixture
async def processes(database: sa.Engine) -> AsyncIterator[tuple[Living, Living]]:
    async with AsyncExitStack() as kept:
        both = Living(database, "1"), Living(database, "2")
        for each in both:
            await each.turn.make()
            keeping = asyncio.create_task(each.turn.keep())
            kept.push_async_callback(asyncio.to_thread, each.writer.close)
            kept.callback(keeping.cancel)
            await each.turn.is_mine.wait()
        yield both


def change(database: sa.Engine, statement: Any) -> None:
    with database.begin() as connection:
        connection.execute(statement)


def end_lease(database: sa.Engine, of: Living) -> None:
    """Let it be over as if the process had hung for as long as it lasts."""
    mine = leases.c.name == of.turn.name
    change(database, sa.update(leases).where(mine).values(expires_at=0.0))


def keys(database: sa.Engine) -> set[str]:
    with database.connect() as connection:
        return set(connection.scalars(sa.select(store.c.key)))


async def test_one_process_at_a_time_has_a_segment(
    processes: tuple[Living, Living], database: sa.Engine
) -> None:
    first, second = processes

    held = await first.claim("a")
    refused = await second.claim("a")
    other = await second.claim("b")
    with database.connect() as connection:
        found = connection.scalar(sa.select(is_claimed(segments.c.id)).where(segments.c.id == "a"))
    assert held is not None
    await release(first.writer, held, is_done=True)
    again = await second.claim("a")

    assert (held.is_first, refused, other is not None, found) == (True, None, True, True)
    assert again is not None
    assert again.is_first, "nothing was left of it"


async def test_many_that_ask_at_once_get_each_segment_once(
    processes: tuple[Living, Living],
) -> None:
    asked = [process.claim(name) for _ in range(20) for name in "ab" for process in processes]
    found = await asyncio.gather(*asked)

    by = {each.segment_id: set[str]() for each in found if each is not None}
    for each in found:
        if each is not None:
            by[each.segment_id].add(each.lease.name)
    assert {name: len(holders) for name, holders in by.items()} == {"a": 1, "b": 1}


async def test_a_segment_that_ends_while_it_is_claimed_is_claimed_by_nobody(
    processes: tuple[Living, Living], database: sa.Engine
) -> None:
    done = sa.update(segments).where(segments.c.id == "a").values(state="done")

    with database.connect() as ending:
        ending.execute(done)
        claiming = asyncio.create_task(processes[0].claim("a"))
        done_before, _ = await asyncio.wait([claiming], timeout=0.2)
        ending.commit()
    found = await claiming

    assert (done_before, found) == (set(), None)


async def test_what_a_process_leaves_is_known_to_have_been_begun(
    processes: tuple[Living, Living],
) -> None:
    first, second = processes
    held = await first.claim("a")
    assert held is not None

    await release(first.writer, held, is_done=False)
    again = await second.claim("a")

    assert again is not None
    assert not again.is_first


async def test_a_segment_that_is_not_due_is_claimed_by_nobody(
    processes: tuple[Living, Living], database: sa.Engine
) -> None:
    change(database, sa.update(segments).where(segments.c.id == "a").values(state="done"))

    assert await processes[0].claim("a") is None
    assert await processes[0].claim("gone") is None


async def test_what_a_process_writes_late_that_another_has_taken_over_from_is_refused(
    processes: tuple[Living, Living], database: sa.Engine
) -> None:
    first, second = processes
    mine, kept = await first.claim("a"), await first.claim("b")
    assert mine is not None
    assert kept is not None
    await first.store_by(mine, "in time")
    first.turn.writer = second.writer  # its own hangs
    end_lease(database, first)

    taken = await second.claim("a")
    with pytest.raises(LeaseLostError):
        await first.store_by(mine, "late")
    await asyncio.gather(first.store_by(kept, "not taken"), second.store_by(taken or kept, "taken"))

    assert taken is not None
    assert not taken.is_first
    assert keys(database) == {"in time", "not taken", "taken"}


async def test_a_lease_that_is_over_lets_nothing_more_be_begun(
    processes: tuple[Living, Living],
) -> None:
    held = await processes[0].claim("a")
    assert held is not None
    context_of(held).run(check_right)
    held.lease.ends_at = 0.0

    with pytest.raises(LeaseLostError):
        context_of(held).run(check_right)


async def test_what_dead_processes_have_left_is_removed_and_nothing_else(
    processes: tuple[Living, Living], database: sa.Engine
) -> None:
    first, second = processes
    for process, name in ((first, "a"), (second, "b")):
        assert await process.claim(name) is not None
    change(database, sa.update(segments).values(state="done"))
    end_lease(database, first)
    old = {"name": f"{PROCESS}old", "holder": "", "term": 1, "expires_at": 1.0}
    change(database, sa.insert(leases).values(old))

    await first.writer.commit(remove_claims)

    with database.connect() as connection:
        assert set(connection.scalars(sa.select(claims.c.segment_id))) == {"b"}
        names = set(connection.scalars(sa.select(leases.c.name)))
    assert names - {first.turn.name} == {"turn", second.turn.name}
