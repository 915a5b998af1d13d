"""Events that are routed after their time: those that were held, and those that are replayed."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, events, held, listeners, takings
from .beginnings import Beginnings
from .finding import Finder
from .starts import leave_out_known, routed_of, store_starts, store_takings

# So many of one account are looked at before the next one has its turn.
BATCH = 500
_CONNECTED_AGAIN = (
    sa.select(held.c.account_id)
    .join(accounts, accounts.c.id == held.c.account_id)
    .where(accounts.c.state == CONNECTED)
    .distinct()
    .limit(BATCH)
)


@dataclass
class Later:
    """Starts what did not start when its event came."""

    storage: Storage
    finder: Finder
    beginnings: Beginnings
    # How often accounts are looked for that another process has connected again.
    look_s: float = math.inf
    _look_at: float = 0.0
    # Accounts that were connected again, for which events may be held.
    _released: set[str] = field(default_factory=set[str])

    def release(self, account_id: str) -> None:
        """Let an account have what was held for it."""
        self._released.add(account_id)

    def look(self) -> None:
        """Look for accounts that were connected again while another process was at work."""
        self._look_at = 0.0

    async def release_held(self) -> None:
        """Route what was held for accounts that have been connected again."""
        now = self.storage.clock.elapsed
        if now >= self._look_at:
            for row in await self.storage.rows(_CONNECTED_AGAIN):
                self.release(row.account_id)
            self._look_at = now + self.look_s
        while self._released:
            account_id = next(iter(self._released))
            query = (
                sa.select(events, held.c.listener_id)
                .join(held, held.c.seq == events.c.seq)
                .where(held.c.account_id == account_id)
                .order_by(events.c.seq)
                .limit(BATCH)
            )
            for row in await self.storage.rows(query):
                await self._release_one(row)
            if not await self.storage.rows(
                sa.select(held.c.seq).where(held.c.account_id == account_id).limit(1)
            ):
                self._released.discard(account_id)

    async def _release_one(self, row: sa.Row[Any]) -> None:
        routed = [routed_of(row)]
        listening = await self.finder.listeners(routed, listeners.c.id == row.listener_id)
        await self.finder.find_starts(routed, listening, holds=False)
        await leave_out_known(self.storage, routed)
        gone = sa.delete(held).where(held.c.seq == row.seq, held.c.listener_id == row.listener_id)

        def store(connection: sa.Connection) -> None:
            connection.execute(gone)
            store_starts(connection, routed, self.storage.clock.now)
            store_takings(connection, routed)

        await self.storage.writer.commit(store)
        await self.beginnings.tell(routed)

    async def replay(self, owner_id: str, seq: int, by: str) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        rows = await self.storage.rows(sa.select(events).where(events.c.seq == seq))
        routed = [routed_of(row) for row in rows]
        listening = await self.finder.listeners(routed, listeners.c.owner_id == owner_id)
        await self.finder.find_starts(routed, listening, again=uuid.uuid4().hex, holds=False)

        def store(connection: sa.Connection) -> None:
            store_starts(connection, routed, self.storage.clock.now)
            if any(each.starts for each in routed):
                row = {"seq": seq, "owner_id": owner_id}
                mark = {"replayed_at": self.storage.clock.now, "replayed_by": by}
                statement = insert(takings, connection).values({**row, **mark})
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["seq", "owner_id"], set_=mark)
                )

        await self.storage.writer.commit(store)
        await self.beginnings.tell(routed)
        return [start.run_id for each in routed for start in each.starts]
