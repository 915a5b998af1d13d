"""Events as plugins publish them: stored once each, before anybody is told that they were taken."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from .contract import Event, ThrottledError
from .database import Prepared, events, insert, runs
from .times import iso
from .writer import Writer

# A repeated event has the id of an earlier one and another content: kept, but for people only.
NEW, ROUTED, UNROUTED, REPEATED = "new", "routed", "unrouted", "repeated"
# PostgreSQL keeps no NUL in a text; in JSON it is escaped.
NUL, REPLACEMENT = "\0", "\ufffd"
# How many more events are read than shown, because some of them are other owners'.
SEEN_BY_OTHERS = 20


@dataclass
class _Batch:
    rows: list[dict[str, Any]]
    done: asyncio.Future[None]


@dataclass
class Events:
    """The events table; `arrived` is set when there is something to route."""

    database: sa.Engine
    writer: Writer
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    published: int = 0
    _next: _Batch | None = None
    _committing: asyncio.Task[None] | None = None

    async def publish(self, connector: str, new: Sequence[Event]) -> None:
        """Return when the events are durable; raise ThrottledError when they are not.

        Everything that is published while a commit runs goes into the next one.
        """
        if not new:
            return
        now = time.time()
        if self._next is None:
            self._next = _Batch([], asyncio.get_running_loop().create_future())
        batch = self._next
        batch.rows.extend(_row(connector, event, now) for event in new)
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        await asyncio.shield(batch.done)

    async def _commit(self) -> None:
        while self._next is not None:
            batch, self._next = self._next, None
            try:
                await self.writer.commit(partial(_ADD.execute, rows=batch.rows))
            except Exception as error:  # goes to everybody whose events were in the batch
                batch.done.set_exception(_not_stored(error))
            else:
                self.published += len(batch.rows)
                batch.done.set_result(None)
                self.arrived.set()
        self._committing = None

    async def of_owner(
        self,
        owner_id: str,
        *,
        flow_id: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the newest events first that started runs of the owner's, or of one flow.

        `before` is the id of the last event of the page before.
        """
        mine = sa.select(runs.c.event_seq).where(runs.c.owner_id == owner_id)
        if flow_id is not None:
            mine = mine.where(runs.c.flow_id == flow_id)
        query = sa.select(events).where(events.c.seq.in_(mine))
        if before is not None:
            query = query.where(events.c.seq < before)
        return await asyncio.to_thread(
            self._shown, query.order_by(events.c.seq.desc()).limit(limit)
        )

    async def unrouted(
        self, visible: Callable[[str, tuple[str, ...]], bool], *, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return the newest events first that no flow took, of those that may be seen.

        `visible` decides from an event's connector and routes.
        """
        query = sa.select(events).where(events.c.state.in_([UNROUTED, REPEATED]))
        found = await asyncio.to_thread(
            self._shown, query.order_by(events.c.seq.desc()).limit(limit * SEEN_BY_OTHERS)
        )
        return [each for each in found if visible(each["connector"], tuple(each["routes"]))][:limit]

    def _shown(self, query: sa.Select[Any]) -> list[dict[str, Any]]:
        with self.database.connect() as connection:
            return [_shown(row) for row in connection.execute(query)]


def event_of(row: sa.Row[Any]) -> Event:
    """Return the event that a row of the table holds."""
    return Event(
        id=row.id,
        kind=row.kind,
        payload=json.loads(row.payload),
        routes=tuple(json.loads(row.routes)),
        order=row.order_key,
        answers=tuple(json.loads(row.answers)),
    )


def _row(connector: str, event: Event, now: float) -> dict[str, Any]:
    payload = json.dumps(event.payload, ensure_ascii=False)
    return {
        "connector": connector,
        "id": event.id.replace(NUL, REPLACEMENT),
        "kind": event.kind,
        "payload": payload,
        "digest": blake2b(payload.encode(), digest_size=16).digest(),
        "routes": json.dumps(event.routes),
        "order_key": event.order.replace(NUL, REPLACEMENT),
        "answers": json.dumps(event.answers),
        "received_at": now,
        "state": NEW,
        "duplicates": 0,
    }


_ADD = Prepared(
    lambda connection: insert(events, connection).on_conflict_do_update(
        index_elements=["connector", "id", "digest"],
        set_={"duplicates": events.c.duplicates + sa.literal_column("1")},
    )
)


def _not_stored(error: Exception) -> ThrottledError:
    return ThrottledError(
        "The events could not be stored",
        cause=f"The database refused them ({type(error).__name__}).",
        cure="Deliver them again.",
        retry_after_s=5.0,
    )


def _shown(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.seq,
        "eventId": row.id,
        "connector": row.connector,
        "kind": row.kind,
        "state": row.state,
        "receivedAt": iso(row.received_at),
        "duplicates": row.duplicates,
        "routes": json.loads(row.routes),
        "payload": json.loads(row.payload),
    }
