"""What owners are to be told: kept with what it is about, until their triggers have got it.

It is kept only where a trigger of the owner's listens to it, and not without end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..contract import RUN_FAILED
from .statements import insert
from .tables import listeners, runs, store

# In the place of a connector: topics of the host's own have no other.
HOST = "host"
PREFIX = "notices:"
# So many wait for the triggers of one owner; what comes then is not told.
MAX_WAITING = 1_000
_ENDED = ("failed", "unknown", "cancelled", "completed")


def put_notice(
    connection: sa.Connection,
    owner_id: str,
    topic: str,
    id: str,
    content: Mapping[str, Any],
    now: float,
) -> None:
    """Keep what an owner is to be told, if anybody listens; the same `id` is kept once."""
    namespace = f"{PREFIX}{owner_id}"
    text = json.dumps({"topic": topic, "at": now, **content})
    row = [sa.literal(each) for each in (namespace, f"{topic}|{id}", text)]
    waiting = sa.select(sa.func.count()).where(store.c.namespace == namespace).scalar_subquery()
    told = sa.select(*row).where(
        sa.exists().where(_listening(topic), listeners.c.owner_id == owner_id),
        waiting < MAX_WAITING,
    )
    adding = insert(store, connection).from_select(["namespace", "key", "value"], told)
    connection.execute(adding.on_conflict_do_nothing())


def put_failure(
    connection: sa.Connection,
    run_id: str,
    error: Mapping[str, Any] | None,
    now: float,
    *,
    is_new: bool = False,
) -> None:
    """Keep that a run fails now, unless it had ended before, was a test, or told of something."""
    run = connection.execute(sa.select(runs).where(runs.c.id == run_id)).first()
    if run is None or run.is_test or (run.state in _ENDED and not is_new):
        return
    by_notice = sa.exists().where(
        listeners.c.connector == HOST,
        listeners.c.flow_key == run.flow_key,
        listeners.c.component == run.trigger,
    )
    if connection.scalar(sa.select(by_notice)):
        return
    told = error or {}
    content = {
        **{name: told.get(name, "") for name in ("title", "cause", "cure")},
        "flowId": run.flow_id,
        "runId": run_id,
    }
    put_notice(connection, run.owner_id, RUN_FAILED, f"{run_id}|{now!r}", content, now)


def waiting_notices(limit: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what is to be told, of each owner in turn."""
    order = (store.c.key,)
    place = sa.func.row_number().over(partition_by=store.c.namespace, order_by=order)
    query = sa.select(store.c.namespace, store.c.key, store.c.value, place.label("place")).where(
        store.c.namespace >= PREFIX, store.c.namespace < f"{PREFIX[:-1]};"
    )
    return query.order_by("place", store.c.namespace).limit(limit)


def take_notice(connection: sa.Connection, namespace: str, key: str) -> bool:
    """Forget what is told now; say whether it was there still."""
    mine = sa.delete(store).where(store.c.namespace == namespace, store.c.key == key)
    return bool(connection.execute(mine).rowcount)


def listening_to(owner_id: str, topic: str) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(listeners).where(_listening(topic), listeners.c.owner_id == owner_id)


def owners_listening(topic: str) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(listeners.c.owner_id).distinct().where(_listening(topic))


def _listening(topic: str) -> sa.ColumnElement[bool]:
    return sa.and_(listeners.c.connector == HOST, listeners.c.route == topic)
