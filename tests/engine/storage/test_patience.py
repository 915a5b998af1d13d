"""Who waits for the database waits while this process runs, and not while it stands still."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from appmixer.engine.storage import patience
from appmixer.engine.storage.database import DatabaseTimeout
from appmixer.engine.storage.patience import (
    SPANS,
    Impatient,
    StoringTimeout,
    in_time,
    is_done,
    storing,
)
from appmixer.engine.storage.readers import Readers

pytestmark = pytest.mark.anyio
WITHIN_S, STILL_S = 0.4, 0.8


@pytest.fixture
def readers() -> Iterator[Readers]:
    database = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    yield Readers(database, WITHIN_S)
    database.dispose()


def stands_still() -> None:
    asyncio.get_running_loop().call_soon(time.sleep, STILL_S)


async def test_what_was_read_while_the_process_stood_still_is_there(readers: Readers) -> None:
    stands_still()

    assert await readers.read(lambda connection: connection.scalar(sa.text("SELECT 1"))) == 1
    await readers.close()


async def test_what_could_not_be_done_while_the_process_stood_still_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    work: asyncio.Future[None] = loop.create_future()

    stands_still()
    loop.call_soon(lambda: loop.call_later(WITHIN_S / SPANS / 2, work.set_result, None))

    assert await is_done(work, WITHIN_S)


async def test_what_is_stored_at_a_start_while_the_process_stood_still_is_stored() -> None:
    async def work() -> str:
        stands_still()
        await asyncio.sleep(0)
        await asyncio.sleep(WITHIN_S / SPANS)
        return "stored"

    assert await in_time(work(), WITHIN_S) == "stored"
    with pytest.raises(DatabaseTimeout):
        await in_time(asyncio.sleep(60, "stored"), WITHIN_S)


async def test_a_database_that_does_not_answer_is_given_up(readers: Readers) -> None:
    with pytest.raises(DatabaseTimeout):
        await readers.read(lambda _: time.sleep(4 * WITHIN_S))
    await readers.close()


@pytest.mark.parametrize(("lasts_s", "is_in_time"), [(WITHIN_S / 4, True), (60, False)])
async def test_what_is_stored_after_the_process_stood_still_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, lasts_s: float, is_in_time: bool
) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", WITHIN_S)

    async def work() -> None:
        with storing():
            stands_still()
            await asyncio.sleep(0)
            await asyncio.sleep(lasts_s)

    impatient = Impatient(lambda _: None)
    if is_in_time:
        await impatient.do(work())
    else:
        with pytest.raises(StoringTimeout):
            await impatient.do(work())
