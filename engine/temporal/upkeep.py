"""What each process sees to by itself: that it stops what is to stop, and that nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

import sqlalchemy as sa

from ..contract import Log
from ..runs.states import RunState
from ..storage.claims import remove_claims
from ..storage.database import DATABASE_AWAY, ReadRows
from ..storage.tables import rates, runs
from ..storage.writer import Writer

# What was said to another process of a run that is under way here is heard after this.
LOOK_S = 0.5
REMOVE_EVERY_S = 600.0
STOPPED = [state.value for state in RunState if state.is_final or state == RunState.HELD]


@dataclass(frozen=True)
class Upkeep:
    """`stop` lets a run begin no further step, of those that are `under_way` in this process."""

    writer: Writer
    rows: ReadRows
    under_way: Callable[[], Collection[str]]
    stop: Callable[[str], None]
    log: Log

    async def heed_stops(self) -> None:
        """Stop the runs that somebody has paused, cancelled or ended, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            ids = {*self.under_way()}
            if not ids:
                continue
            stopped = sa.select(runs.c.id).where(runs.c.id.in_(ids), runs.c.state.in_(STOPPED))
            try:
                for row in await self.rows(stopped):
                    self.stop(row.id)
            except DATABASE_AWAY as error:
                self.log.warning("stops_not_read", error=type(error).__name__)

    async def remove_old(self) -> None:
        """Remove what is of no use any more, now and then, until cancelled."""
        while True:
            await asyncio.sleep(REMOVE_EVERY_S)
            try:
                await self.writer.commit(remove_claims)
                await self.writer.commit(_remove_full_buckets)
            except DATABASE_AWAY as error:
                self.log.warning("claims_left", error=type(error).__name__)


def _remove_full_buckets(connection: sa.Connection) -> None:
    """Remove what is no different from a bucket that never was."""
    now = sa.extract("epoch", sa.func.clock_timestamp())
    connection.execute(sa.delete(rates).where(rates.c.full_at < now))
