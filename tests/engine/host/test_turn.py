"""Whose turn it is, of several processes on one database, and what keeps out all others."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from appmixer.engine.host.turn import LEASE_S, LOOK_S, Turn, take
from appmixer.engine.observe.logs import get_log
from appmixer.engine.storage.claims import PROCESS
from appmixer.engine.storage.database import (
    LeaseLostError,
    database_url,
    migrate,
    open_database,
)
from appmixer.engine.storage.tables import store
from appmixer.engine.storage.writer import Writer

pytestmark = pytest.mark.anyio

Until = Callable[..., Awaitable[Any]]
Begin = Callable[..., Awaitable[Turn]]
TAKE_OVER_S = 15.0


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[sa.Engine]:
    database = open_database(sa.make_url(postgres).set(drivername="postgresql+psycopg"))
    await asyncio.to_thread(migrate, database)
    yield database
    database.dispose()


@asynccontextmanager
async def _kept(
    database: sa.Engine, *, lease_s: float = LEASE_S, look_s: float = LOOK_S, **more: Any
) -> AsyncGenerator[Turn]:
    turn = Turn(
        Writer(database),
        get_log("test"),
        on_lost=lambda: None,
        is_alone=False,
        lease_s=lease_s,
        look_s=look_s,
        **more,
    )
    keeping = asyncio.create_task(turn.keep(), name="keep")
    try:
        yield turn
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await turn.close()
        await asyncio.to_thread(turn.writer.close)


@pytest.fixture
async def begin(database: sa.Engine) -> AsyncIterator[Begin]:
    """Begin processes that want the turn; each gives it back when the test ends."""
    async with AsyncExitStack() as kept:

        async def begin(**more: Any) -> Turn:
            return await kept.enter_async_context(_kept(database, **more))

        yield begin


def put(key: str) -> Callable[[sa.Connection], object]:
    row = {"namespace": "test", "key": key, "value": "1", "expires_at": None}
    return lambda connection: connection.execute(sa.insert(store), row)


def keys(database: sa.Engine) -> set[str]:
    with database.connect() as connection:
        return set(connection.scalars(sa.select(store.c.key)))


@asynccontextmanager
async def stuck(turn: Turn) -> AsyncGenerator[None]:
    """Let the writer of a process write nothing."""
    goes_on = threading.Event()
    waiting = asyncio.create_task(turn.writer.commit(lambda _: goes_on.wait(60)))
    try:
        yield
    finally:
        goes_on.set()
        await waiting


def taken_away(database: sa.Engine) -> None:
    """Let another process have it, as if the lease had ended unnoticed."""
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
        assert take(connection, holder="another", lease_s=60.0) is not None


def test_a_take_over_lasts_as_long_as_is_promised() -> None:
    assert LEASE_S + 2 * LOOK_S < TAKE_OVER_S


async def test_one_of_several_has_the_turn_and_keeps_it(begin: Begin, database: sa.Engine) -> None:
    first = await begin(lease_s=3.0, look_s=0.1)
    await first.is_mine.wait()
    second = await begin(lease_s=3.0, look_s=0.1)

    for _ in range(50):
        await first.writer.commit(lambda _: None)
        await asyncio.sleep(0.1)  # longer than the lease in all, which is renewed meanwhile

    assert (first.is_mine.is_set(), second.is_mine.is_set()) == (True, False)


async def test_another_takes_over_at_once_from_one_that_ends_in_order(
    begin: Begin, database: sa.Engine
) -> None:
    async with _kept(database, lease_s=3600.0) as first:
        await first.is_mine.wait()
        second = await begin()
    async with asyncio.timeout(60):
        await second.is_mine.wait()


async def test_one_that_executes_alone_gives_way_to_those_that_share_what_is_due(
    begin: Begin,
) -> None:
    alone = await begin(look_s=0.1, executes_alone=True)
    await alone.is_mine.wait()
    shares = await begin(lease_s=2.0, look_s=0.1)
    lease = await begin(name=f"{PROCESS}one", look_s=0.1)
    await lease.make()
    async with asyncio.timeout(60):
        await shares.is_mine.wait()

    assert not alone.is_mine.is_set()


async def test_one_that_does_not_reach_the_database_loses_the_turn_by_itself(
    begin: Begin, database: sa.Engine, until: Until
) -> None:
    lost: list[str] = []
    first = await begin(lease_s=2.0, look_s=0.1)
    first.on_lost = lambda: lost.append("first")
    await first.is_mine.wait()
    second = await begin(look_s=0.1)

    async with stuck(first):
        await until(lambda: _returned(lost))
        had_it = first.is_mine.is_set()
        async with asyncio.timeout(60):
            await second.is_mine.wait()

    assert (had_it, lost) == (False, ["first"])


async def test_nothing_is_stored_by_right_of_a_turn_that_another_process_has_had_since(
    begin: Begin, database: sa.Engine
) -> None:
    turn = await begin()
    context = await _in_term(turn)
    taken_away(database)

    async def late() -> None:
        await turn.writer.commit(put("late"))

    with pytest.raises(LeaseLostError):
        await asyncio.create_task(late(), context=context)
    with pytest.raises(LeaseLostError):
        await asyncio.create_task(turn.writer.commit_in_the_end(put("late")), context=context)

    assert keys(database) == set()


async def test_whoever_shares_a_commit_with_what_is_refused_is_stored(
    begin: Begin, database: sa.Engine
) -> None:
    turn = await begin()
    context = await _in_term(turn)
    taken_away(database)
    busy = asyncio.create_task(turn.writer.commit(lambda _: time.sleep(0.2)))
    await asyncio.sleep(0)

    async def commit(key: str) -> None:
        await turn.writer.commit(put(key))

    late = asyncio.create_task(commit("late"), context=context)
    accepted = asyncio.create_task(commit("accepted"))
    found = await asyncio.gather(busy, late, accepted, return_exceptions=True)

    assert isinstance(found[1], LeaseLostError)
    assert keys(database) == {"accepted"}


async def test_what_was_begun_in_one_term_is_not_stored_in_the_next(
    begin: Begin, database: sa.Engine, until: Until
) -> None:
    turn = await begin(look_s=0.1)
    former = await _in_term(turn)
    taken_away(database)
    with database.begin() as connection:
        connection.execute(sa.text("UPDATE leases SET expires_at = 0"))
    await until(lambda: _returned(turn.fence.term is not None and turn.fence.term.number == 3))

    async def commit(key: str) -> None:
        await turn.writer.commit(put(key))

    await asyncio.create_task(commit("now"), context=turn.fence.context())
    with pytest.raises(LeaseLostError):
        await asyncio.create_task(commit("then"), context=former)

    assert keys(database) == {"now"}


async def test_what_is_under_way_goes_on_where_no_other_has_had_the_turn_meanwhile(
    begin: Begin, database: sa.Engine, until: Until
) -> None:
    turn = await begin(lease_s=3.0, look_s=0.1)
    before = await _in_term(turn)

    async with stuck(turn):
        await until(lambda: _returned(not turn.is_mine.is_set()))
    async with asyncio.timeout(60):
        await turn.is_mine.wait()

    async def commit() -> None:
        await turn.writer.commit(put("under way"))

    await asyncio.create_task(commit(), context=before)

    assert keys(database) == {"under way"}


async def test_a_process_that_stops_within_a_commit_keeps_nobody_from_taking_over(
    begin: Begin, database: sa.Engine
) -> None:
    stopped = await begin(lease_s=1.0)
    term = stopped.fence.term if await stopped.is_mine.wait() else None
    assert term is not None

    with database.connect() as connection:
        term.prove(connection)  # and then it is stopped: its transaction stays open
        stopped.writer.close()
        second = await begin(look_s=0.1)
        longest_s = 0.0
        async with asyncio.timeout(60):
            while not second.is_mine.is_set():
                asked_at = time.monotonic()
                await second.writer.commit(lambda _: None)
                longest_s = max(longest_s, time.monotonic() - asked_at)
        with pytest.raises(Exception, match="idle-in-transaction"):
            connection.execute(sa.text("SELECT 1"))
        connection.invalidate()

    assert longest_s < 2.5, "what others have to store waits for nobody's turn"


async def test_a_commit_that_the_server_has_ended_meanwhile_is_made_again(
    database: sa.Engine,
) -> None:
    """What is stopped and goes on finds its connection closed: that is no fault of the write."""
    writer, tries = Writer(database), list[int]()

    def write(connection: sa.Connection) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            connection.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 50"))
            time.sleep(0.5)
        put("again")(connection)

    await writer.commit(write)
    await asyncio.to_thread(writer.close)

    assert (tries, keys(database)) == ([0, 1], {"again"})


async def test_on_sqlite_the_folder_is_the_turn_and_no_lease_is_kept(tmp_path: Any) -> None:
    database = open_database(database_url(tmp_path, None))
    writer = Writer(database)
    migrate(database)
    turn = Turn(writer, get_log("test"), on_lost=lambda: None, is_alone=True, look_s=0.0)
    keeping = asyncio.create_task(turn.keep())
    await turn.is_mine.wait()
    with database.connect() as connection:
        leases = list(connection.execute(sa.text("SELECT holder, term FROM leases")))
    keeping.cancel()
    writer.close()
    database.dispose()

    assert leases == [("", 0)]


async def _in_term(turn: Turn) -> Any:
    await turn.is_mine.wait()
    return turn.fence.context()


async def _returned(found: Any) -> Any:
    await asyncio.sleep(0)
    return found
