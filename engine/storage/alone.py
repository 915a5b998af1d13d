"""What one process at a time does, for a moment: a lease in the table, gone when it is done."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial

import sqlalchemy as sa

from .database import DATABASE_AWAY
from .fence import outside_fence
from .statements import insert
from .tables import leases
from .writer import Writer

# A process that has died at it is waited for so long.
LEASE_S = 120.0
LOOK_S = 0.25
GRACE_S = 3.0


@asynccontextmanager
async def alone(writer: Writer, name: str) -> AsyncGenerator[None]:
    """Be the only process inside that does what has this name, and wait for another that is."""
    holder = uuid.uuid4().hex
    while True:
        # Whoever does it for a step may have lost the turn by now, and does it all the same.
        with outside_fence():
            is_taken = await writer.commit(partial(_take, name=name, holder=holder))
        if is_taken:
            break
        await asyncio.sleep(LOOK_S)
    try:
        yield
    finally:
        with outside_fence(), suppress(TimeoutError, *DATABASE_AWAY):
            async with asyncio.timeout(GRACE_S):
                await writer.commit(partial(_give_back, name=name, holder=holder))


def _take(connection: sa.Connection, *, name: str, holder: str) -> bool:
    if connection.dialect.name == "sqlite":  # a folder has one process
        return True
    now = sa.extract("epoch", sa.func.clock_timestamp())
    row = {"name": name, "holder": holder, "term": 0, "expires_at": now + LEASE_S}
    statement = insert(leases, connection).values(row)
    taking = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "expires_at": statement.excluded.expires_at},
        where=leases.c.expires_at < now,
    )
    return connection.execute(taking.returning(leases.c.name)).first() is not None


def _give_back(connection: sa.Connection, *, name: str, holder: str) -> None:
    mine = (leases.c.name == name) & (leases.c.holder == holder)
    connection.execute(sa.delete(leases).where(mine))
