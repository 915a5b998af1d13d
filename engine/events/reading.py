"""From what was accepted to events: read by their plugin, and kept once each."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa

from ..contract import Event, Plugin
from ..json_text import load
from ..observe.faults import Describe
from ..storage.statements import Prepared, insert
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
    mine = inbox.c.connector.in_(connectors)
    query = sa.select(inbox).where(mine).order_by(inbox.c.seq).limit(MAX_READ)
    found: list[Reading] = []
    size_bytes = 0
    for row in connection.execute(query.execution_options(yield_per=50)):
        found.append(Reading(row.seq, row.connector, row.content, row.received_at))
        size_bytes += len(row.content)
        if size_bytes >= MAX_READ_BYTES:
            break
    return found


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
    rows = [row for each in found for row in each.rows]
    if rows:
        _ADD.execute(connection, rows)
    forget(connection, found)


def forget(connection: sa.Connection, found: Sequence[Reading]) -> None:
    connection.execute(sa.delete(inbox).where(inbox.c.seq.in_([each.seq for each in found])))


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


_ADD = Prepared(
    lambda connection: insert(events, connection).on_conflict_do_update(
        index_elements=["connector", "id", "digest"],
        set_={"duplicates": events.c.duplicates + sa.literal_column("1")},
    )
)
