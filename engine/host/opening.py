"""Opening what an engine stores in, and closing it: nothing that hangs is waited for too long."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa

from ..contract import Clock, Log
from ..errors import StartError
from ..observe.stream import Stream
from ..observe.tasks import Tasks
from ..settings import TEMPORAL_VARIABLES, Settings
from ..storage.claims import one_executes_alone, others_execute
from ..storage.database import is_current, migrate
from ..storage.patience import in_time
from ..storage.readers import FIRST_ANSWER_S, Readers
from ..storage.seal import KEY_VARIABLE, load_seal, mark
from ..storage.storage import Storage
from ..storage.writer import Writer


async def open_storage(
    opened: contextlib.AsyncExitStack,
    settings: Settings,
    clock: Clock,
    *,
    database: sa.Engine,
    durable: sa.Engine,
    unfinished: list[str],
) -> Storage:
    """Bring the tables up to date; what closing could not wait for is added to `unfinished`.

    Raise StartError beside processes that execute in another way.
    """
    readers = Readers(database)

    async def close_readers() -> None:
        if not await readers.close():
            unfinished.append("questions to the database")

    opened.push_async_callback(close_readers)
    if not await readers.read(is_current, within_s=FIRST_ANSWER_S):
        await asyncio.to_thread(migrate, database)
    key = settings.environment.get(KEY_VARIABLE)
    seal = await readers.read(partial(load_seal, settings.data, key))
    writer = Writer(durable)

    async def close_writer() -> None:
        if not await asyncio.to_thread(writer.close):
            unfinished.append("a commit: it was acknowledged to nobody")

    opened.push_async_callback(close_writer)
    if database.dialect.name != "sqlite":
        await in_time(writer.commit(partial(mark, seal=seal)), FIRST_ANSWER_S)
        await readers.read(partial(_check_others, is_over_temporal=settings.temporal is not None))
    return Storage(readers, writer, seal, clock)


def _check_others(connection: sa.Connection, *, is_over_temporal: bool) -> None:
    """Raise StartError if another process executes in another way."""
    named = f"--temporal ({TEMPORAL_VARIABLES['address']})"
    stop = "stop the others first; one that has died counts for ten seconds."
    if is_over_temporal and connection.scalar(sa.select(one_executes_alone())):
        raise StartError(
            "Another process on this database executes runs by itself, and all have to be over"
            f" Temporal or none. Leave {named} out, or {stop}"
        )
    if not is_over_temporal and connection.scalar(sa.select(others_execute())):
        raise StartError(
            "Other processes on this database execute runs over Temporal, and all have to or"
            f" none. Name the service with {named}, or {stop}"
        )


def open_rates(
    opened: contextlib.AsyncExitStack, settings: Settings, database: sa.Engine
) -> Writer | None:
    """Open what takes from quotas for all processes, where several of them execute."""
    if settings.temporal is None:
        return None
    writer = Writer(database)

    async def close() -> None:
        await asyncio.to_thread(writer.close)

    opened.push_async_callback(close)
    return writer


def begin_relay(
    tasks: Tasks,
    database: sa.Engine,
    stream: Stream,
    readers: Readers,
    wake: Callable[[float], None],
    log: Log,
) -> None:
    """Let who watches at other processes on the database see what happens here, and here theirs.

    `wake` is called with a time for which another process has asked.
    """
    if database.dialect.name != "postgresql":
        return
    # Imported here: an engine that is alone has no use for the driver.
    from .relay import Relay

    relay = stream.elsewhere = Relay(stream, readers, database.url, wake, log)
    tasks.begin("stream heard", relay.listen)
    tasks.begin("stream passed on", relay.tell)
