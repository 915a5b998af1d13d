"""What has just come in while nothing else waits: routed in the commit that keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..runs.waits import Row
from ..storage.statements import Prepared, PreparedRows, PreparedSelect, insert
from ..storage.tables import events
from .finding import Listeners, find_listeners
from .reading import REPEATED, ROUTED, UNROUTED, Reading, forget
from .starts import KeptWithEvents, Numbered, Routed, store_what_follows

_SAME_ID = PreparedSelect(
    lambda ids: sa.select(events.c.connector, events.c.id, events.c.digest).where(
        events.c.connector == sa.bindparam("connector"), events.c.id.in_(ids)
    )
)
_ADD = PreparedRows(lambda c: insert(events, c))
_COUNT = Prepared(
    lambda _: (
        sa.update(events)
        .where(
            events.c.connector == sa.bindparam("of_connector"),
            events.c.id == sa.bindparam("of_id"),
            events.c.digest == sa.bindparam("of_digest"),
        )
        .values(duplicates=events.c.duplicates + sa.bindparam("more"))
    )
)


@dataclass(frozen=True)
class Arrived:
    """What was read: events with their numbers, rows of repeated ones, and mere duplicates."""

    routed: Sequence[Routed]
    rows: Mapping[int, dict[str, Any]]
    repeated: Sequence[dict[str, Any]]
    duplicates: Mapping[tuple[str, str, bytes], int]
    listening: Listeners


def divided(found: Sequence[Reading], most: int) -> tuple[Sequence[Reading], Sequence[Reading]]:
    """Return the first of what was read, with so many events at most, and the rest."""
    events = 0
    for number, each in enumerate(found):
        events += len(each.rows)
        if events > most:
            return found[:number], found[number:]
    return found, ()


def look_up(connection: sa.Connection, found: Sequence[Reading]) -> Arrived:
    """Sort what was read by what is known of it, and find who listens to what is new."""
    read = [
        (row, event) for each in found for row, event in zip(each.rows, each.events, strict=True)
    ]
    known = _known(connection, [(row["connector"], row["id"]) for row, _ in read])
    numbers = _numbers(connection, len(read))
    routed: list[Routed] = []
    rows: dict[int, dict[str, Any]] = {}
    repeated: list[dict[str, Any]] = []
    duplicates: dict[tuple[str, str, bytes], int] = {}
    for row, event in read:
        name = (row["connector"], row["id"])
        digests = known.setdefault(name, set())
        if row["digest"] in digests:
            same = (*name, row["digest"])
            duplicates[same] = duplicates.get(same, 0) + 1
            continue
        seq = next(numbers)
        if digests:
            repeated.append({**row, "seq": seq, "state": REPEATED})
        else:
            routed.append(Routed(Numbered(seq, *name, row["payload"]), event))
            rows[seq] = row
        digests.add(row["digest"])
    happened = [(each.row.connector, each.event) for each in routed]
    listening = find_listeners(connection, happened)
    return Arrived(routed, rows, repeated, duplicates, listening)


def store_arrived(
    connection: sa.Connection,
    found: Sequence[Reading],
    arrived: Arrived,
    kept: KeptWithEvents,
    now: float,
) -> Sequence[Row]:
    """Store the events as routed and what follows from them; return the segments that go on."""
    going_on = store_what_follows(connection, arrived.routed, kept, now)
    rows = [
        {
            **arrived.rows[each.row.seq],
            "seq": each.row.seq,
            "state": ROUTED if each.takers else UNROUTED,
        }
        for each in arrived.routed
    ]
    rows += arrived.repeated
    if rows:
        _ADD.execute(connection, rows)
    if arrived.duplicates:
        counts = [
            {"of_connector": connector, "of_id": event_id, "of_digest": digest, "more": more}
            for (connector, event_id, digest), more in arrived.duplicates.items()
        ]
        _COUNT.execute(connection, counts)
    forget(connection, found)
    return going_on


def may_begin_at_once(routed: Sequence[Routed], listening: Listeners, most: int) -> int:
    """Return how many of the events can be routed in one commit that begins so many runs at most.

    The first always can.
    """
    starts = 0
    happened = [(each.row.connector, each.event) for each in routed]
    for number, more in enumerate(listening.runs_at_most(happened)):
        starts += more
        if starts > most and number:
            return number
    return len(routed)


def _known(
    connection: sa.Connection, names: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], set[bytes]]:
    """Return the digests of the events that have one of the names: by connector and id."""
    known: dict[tuple[str, str], set[bytes]] = {}
    for connector, event_id, digest in _SAME_ID.rows_of_connectors(connection, names):
        known.setdefault((connector, event_id), set()).add(bytes(digest))
    return known


def _numbers(connection: sa.Connection, count: int) -> Iterator[int]:
    """Return numbers for so many events. Nobody else gives any: one process routes at a time."""
    if connection.dialect.name == "postgresql":
        text = "SELECT nextval(pg_get_serial_sequence('events', 'seq')) FROM generate_series(1, :n)"
        return iter(connection.scalars(sa.text(text), {"n": count}).all())
    last = connection.scalar(sa.select(sa.func.max(events.c.seq))) or 0
    return iter(range(last + 1, last + 1 + count))
