"""What runs are about, for those who look at many: their flow, what began them, and for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa

from ..storage.tables import events, flow_drafts, flows, steps
from .run_ids import is_first


@dataclass(frozen=True)
class About:
    """What belongs to some runs, read together."""

    names: Mapping[str, str]
    triggers: Mapping[str, str]
    events: Mapping[int, sa.Row[Any]]

    @classmethod
    def read(cls, connection: sa.Connection, rows: Sequence[sa.Row[Any]]) -> Self:
        ids, keys = [row.id for row in rows], {row.flow_key for row in rows}
        seqs = {row.event_seq for row in rows if row.event_seq}
        names: dict[str, str] = {}
        for table in (flow_drafts, flows):
            query = sa.select(table.c.key, table.c.name).where(table.c.key.in_(keys))
            names |= {row.key: row.name for row in connection.execute(query)}
        first = sa.select(steps.c.id, steps.c.type).where(steps.c.id.in_(ids))
        triggers = {row.id: row.type for row in connection.execute(first)}
        columns = (events.c.seq, events.c.connector, events.c.id, events.c.order_key)
        told: sa.Select[*tuple[Any, ...]] = sa.select(*columns).where(events.c.seq.in_(seqs))
        found: dict[int, sa.Row[Any]] = {row.seq: row for row in connection.execute(told)}
        return cls(names, triggers, found)

    def run(self, row: sa.Row[Any]) -> dict[str, Any]:
        """Return what is known of a run beside its own row."""
        event = self.events.get(row.event_seq)
        return {
            "flowName": self.names.get(row.flow_key) or None,
            "triggerType": self.triggers.get(row.id) or None,
            "conversation": (event.order_key or None) if event else None,
            "isReplay": row.like_run_id is not None
            or (event is not None and not _is_first(row, event)),
            "likeRunId": row.like_run_id,
        }


def _is_first(row: sa.Row[Any], event: sa.Row[Any]) -> bool:
    """Say whether the event started the run when it came."""
    return is_first(row.id, event.seq, event.connector, event.id, row.flow_key, row.trigger)
