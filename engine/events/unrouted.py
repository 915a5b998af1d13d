"""The events that nothing of an owner's took, of those that the owner may see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import sqlalchemy as sa

from ..storage.tables import events, takings
from ..times import iso
from .inbox import shown
from .reading import NEW, ROUTED, UNROUTED

LOOKED_THROUGH, AT_ONCE = 20_000, 1_000

# Decides from an event's connector and topics.
Visible: TypeAlias = Callable[[str, tuple[str, ...]], bool]


def unrouted_in(
    connection: sa.Connection,
    owner_id: str,
    visible: Visible,
    kind: str | None,
    before: int | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return the newest first; `before` is the id of the last event of the page before."""
    query = _untaken(owner_id)
    if kind is not None:
        query = query.where(events.c.kind == kind)
    if before is not None:
        query = query.where(events.c.seq < before)
    seqs: list[int] = []
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        if visible(row.connector, tuple(json.loads(row.routes))):
            seqs.append(row.seq)
        if len(seqs) == limit:
            break
    found = sa.select(events).where(events.c.seq.in_(seqs)).order_by(events.c.seq.desc())
    return [
        {**shown(row), "state": UNROUTED if row.state == ROUTED else row.state}
        for row in connection.execute(found)
    ]


def kinds_in(connection: sa.Connection, owner_id: str, visible: Visible) -> list[dict[str, Any]]:
    """Count those of late by kind; the kind that was told of last is first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in connection.execute(_untaken(owner_id).execution_options(yield_per=AT_ONCE)):
        if not visible(row.connector, tuple(json.loads(row.routes))):
            continue
        kind = found.get((row.connector, row.kind))
        if kind is None:
            kind = {"connector": row.connector, "kind": row.kind, "count": 0}
            kind["lastAt"] = iso(row.received_at)
            found[row.connector, row.kind] = kind
        kind["count"] += 1
    return [*found.values()]


def _untaken(owner_id: str) -> sa.Select[*tuple[Any, ...]]:
    taken = sa.select(takings.c.seq).where(takings.c.owner_id == owner_id)
    columns = (events.c.seq, events.c.connector, events.c.routes, events.c.kind)
    return (
        sa.select(*columns, events.c.received_at)
        .where(events.c.state != NEW, events.c.seq.not_in(taken))
        .order_by(events.c.seq.desc())
        .limit(LOOKED_THROUGH)
    )
