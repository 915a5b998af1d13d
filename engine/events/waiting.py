"""What is asked of the table of events while they wait to be routed, and of who listens to them."""

from __future__ import annotations

import sqlalchemy as sa

from ..storage.statements import PreparedSelect
from ..storage.tables import events, listeners
from .reading import NEW

# So many are looked at in one go.
BATCH = 500

_IS_NEW = events.c.state == sa.literal_column(f"'{NEW}'")
_COLUMNS = (
    events.c.seq,
    events.c.connector,
    events.c.id,
    events.c.kind,
    events.c.payload,
    events.c.routes,
    events.c.order_key,
    events.c.answers,
    events.c.about,
)
# Of all events of a connector, not those that are new, SQLite would make its choice by index.
_CONNECTOR = events.c.connector.concat(sa.literal_column("''"))
# Those of a connector that is not here now wait until it is.
OLDEST = PreparedSelect(
    lambda connectors: (
        sa.select(*_COLUMNS)
        .where(_IS_NEW, _CONNECTOR.in_(connectors))
        .order_by(events.c.seq)
        .limit(BATCH)
    )
)
CHOSEN = PreparedSelect(
    lambda seqs: sa.select(*_COLUMNS).where(_IS_NEW, events.c.seq.in_(seqs)).order_by(events.c.seq)
)
BEHIND = PreparedSelect(
    lambda connectors: (
        sa.select(events.c.seq, events.c.connector, events.c.routes, events.c.order_key)
        .where(_IS_NEW, _CONNECTOR.in_(connectors), events.c.seq > sa.bindparam("seen"))
        .order_by(events.c.seq)
        .limit(sa.bindparam("most"))
    )
)
HOW_MANY = PreparedSelect(
    lambda topics: (
        sa.select(
            listeners.c.connector,
            listeners.c.route,
            listeners.c.owner_id,
            sa.func.count().label("flows"),
        )
        .where(listeners.c.connector == sa.bindparam("connector"), listeners.c.route.in_(topics))
        .group_by(listeners.c.connector, listeners.c.route, listeners.c.owner_id)
    )
)
FIRST = PreparedSelect(
    lambda ids: (
        sa.select(events.c.connector, events.c.id, sa.func.min(events.c.seq).label("first"))
        .where(events.c.connector == sa.bindparam("connector"), events.c.id.in_(ids))
        .group_by(events.c.connector, events.c.id)
    )
)
