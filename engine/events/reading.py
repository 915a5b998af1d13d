"""From what was accepted to events: read by their plugin, and kept once each."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ..contract import Event, Plugin
from ..json_text import load
from ..observe.faults import Describe
from ..storage.statements import PreparedChange, PreparedRows, PreparedSelect, insert
from ..storage.tables import events, inbox

# A repeated event has the id of an earlier one and another content: kept, but for people only.
# One that cannot be routed is apart, so that it holds up no other.
NEW, ROUTED, UNROUTED, REPEATED, FAILED = "new", "routed", "unrouted", "repeated", "failed"
# PostgreSQL keeps no NUL in a text; in JSON it is escaped.
NUL, REPLACEMENT = "\0", "\ufffd"
# So much is read at once, or one content that is larger.
MAX_READ, MAX_READ_BYTES = 500, 4 * 1024 * 1024


@dataclass(frozen=True)
class Reading:
    """One row of the inbox, and what it told."""

    seq: int
    connector: str
    content: bytes
    received_at: float
    events: Sequence[Event] = ()
    # The same as they are kept.
    rows: Sequence[dict[str, Any]] = ()

    def of(self, events: Sequence[Event]) -> Reading:
        """Return what was read, with the events that it tells."""
        rows = [_row(self.connector, event, self.received_at) for event in events]
        return replace(self, events=events, rows=rows)


def waiting_in(connection: sa.Connection, connectors: Sequence[str]) -> list[Reading]:
    """Return the oldest rows of the inbox, as many as are read at once."""
    return [Reading(*row) for row in _WAITING.rows(connection, connectors)]


def _waiting(connectors: Sequence[sa.BindParameter[Any]]) -> sa.Select[*tuple[Any, ...]]:
    mine = inbox.c.connector.in_(connectors)
    first = sa.select(inbox).where(mine).order_by(inbox.c.seq).limit(MAX_READ)
    row = first.subquery().c
    size_bytes = sa.func.length(row.content)
    before = sa.func.sum(size_bytes).over(order_by=row.seq) - size_bytes
    columns = (row.seq, row.connector, row.content, row.received_at)
    counted = sa.select(*columns, before.label("before")).subquery().c
    return (
        sa.select(counted.seq, counted.connector, counted.content, counted.received_at)
        .where(counted.before < MAX_READ_BYTES)
        .order_by(counted.seq)
    )


_WAITING = PreparedSelect(_waiting)


def read_all(
    waiting: Sequence[Reading], plugins: Mapping[str, Plugin], describe: Describe
) -> list[Reading]:
    return [_read(each, plugins[each.connector], describe) for each in waiting]


def _read(waiting: Reading, plugin: Plugin, describe: Describe) -> Reading:
    try:
        return waiting.of(plugin.read(waiting.content))
    except Exception as error:  # one plugin's or sender's fault must not stop everybody's events
        return waiting.of([unreadable(waiting, describe(error))])


def unreadable(waiting: Reading, fault: dict[str, Any]) -> Event:
    return Event(
        id=f"unreadable:{blake2b(waiting.content, digest_size=16).hexdigest()}",
        kind="unreadable",
        payload={"error": fault, "base64": b64encode(waiting.content).decode()},
    )


def keep_events(connection: sa.Connection, found: Sequence[Reading]) -> None:
    """Keep the events, to be routed, instead of what they were read from."""
    # Of the same content one row: a statement changes a row once.
    rows: dict[tuple[str, str, bytes], dict[str, Any]] = {}
    for row in (row for each in found for row in each.rows):
        same = (row["connector"], row["id"], row["digest"])
        if same in rows:
            rows[same] = {**rows[same], "duplicates": rows[same]["duplicates"] + 1}
        else:
            rows[same] = row
    _ADD.execute(connection, [*rows.values()])
    forget(connection, found)


def forget(connection: sa.Connection, found: Sequence[Reading]) -> None:
    _FORGET.execute(connection, [each.seq for each in found])


def event_of(row: sa.Row[Any]) -> Event:
    """Return the event that a row of the table holds."""
    return Event(
        id=row.id,
        kind=row.kind,
        payload=load(row.payload),
        topics=tuple(load(row.routes)),
        order=row.order_key,
        wait_keys=tuple(load(row.answers)),
        about=row.about,
    )


def _row(connector: str, event: Event, now: float) -> dict[str, Any]:
    payload = json.dumps(event.payload, ensure_ascii=False)
    return {
        "connector": connector,
        "id": event.id.replace(NUL, REPLACEMENT),
        "kind": event.kind,
        "payload": payload,
        "digest": blake2b(payload.encode(), digest_size=16).digest(),
        "routes": json.dumps(event.topics),
        "order_key": event.order.replace(NUL, REPLACEMENT),
        "answers": json.dumps(event.wait_keys),
        "about": event.about.replace(NUL, REPLACEMENT),
        "received_at": now,
        "state": NEW,
        "duplicates": 0,
    }


def _adding(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(events, connection)
    more = statement.excluded.duplicates + sa.literal_column("1")
    return statement.on_conflict_do_update(
        index_elements=["connector", "id", "digest"],
        set_={"duplicates": events.c.duplicates + more},
    )


_ADD = PreparedRows(_adding)
_FORGET = PreparedChange(lambda seqs: sa.delete(inbox).where(inbox.c.seq.in_(seqs)))
