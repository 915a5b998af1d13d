"""Segments at rest: stored with what ends their rest, and queued again when that has come.

Whoever calls one of these inside a commit hands the returned rows over to the queue afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..storage.statements import Prepared, PreparedChange, PreparedRows, PreparedSelect, insert
from ..storage.tables import CONNECTED, accounts, answers, events, segments
from .run_states import lock_runs, settle_run
from .states import RunState, SegmentState

Row = Mapping[Any, Any]
# A segment at rest, and the event that ends its rest: its payload as JSON, and its number.
_Over = tuple[Row, str | None, int | None]

ADD_SEGMENT = Prepared(lambda connection: insert(segments, connection).on_conflict_do_nothing())
_ADD_ANSWER = PreparedRows(lambda c: insert(answers, c).on_conflict_do_nothing())
_WAITING_FOR = PreparedSelect(
    lambda keys: sa.select(segments.c.id).where(
        segments.c.connector == sa.bindparam("connector"),
        segments.c.key.in_(keys),
        segments.c.state == sa.literal_column(f"'{SegmentState.WAITING.value}'"),
    )
)
_DONE = PreparedChange(
    lambda ids: (
        sa.update(segments).where(segments.c.id.in_(ids)).values(state=sa.literal_column("'done'"))
    )
)


def store_waits(connection: sa.Connection, waits: Sequence[dict[str, Any]]) -> list[Row]:
    """Store segments at rest that are not there yet; return those whose rest is over already."""
    lock_keys(connection, [wait["key"] for wait in waits if wait["key"]])
    over: list[_Over] = []
    for wait in waits:
        row = {"list_id": None, **wait, "work": json.dumps(wait["work"])}
        if not ADD_SEGMENT.execute(connection, [row]):
            continue
        if wait["key"] and (early := _early_event(connection, wait)) is not None:
            over.append((wait, early.payload, early.seq))
        elif wait["state"] == SegmentState.PAUSED and _is_connected(connection, wait["account_id"]):
            # Whoever connected the account again was quicker, and did not find this pause.
            over.append((wait, wait["event"], wait["event_seq"]))
    return _go_on(connection, over)


def finish(connection: sa.Connection, segment_ids: Sequence[str]) -> None:
    _DONE.execute(connection, segment_ids)


def end_answered(
    connection: sa.Connection,
    happened: Sequence[tuple[str, int, str, Iterable[str]]],
) -> tuple[list[Row], dict[int, set[str]]]:
    """Keep the keys of events for waits to come, and end the waits that are there.

    An event is (connector, seq, payload as JSON, its keys). Return the segments that go on, and
    whose waits each event (by seq) has ended.
    """
    kept = [
        {"connector": connector, "key": key, "seq": seq}
        for connector, seq, _, keys in happened
        for key in keys
    ]
    if not kept:
        return [], {}
    lock_keys(connection, {key for *_, keys in happened for key in keys})
    _ADD_ANSWER.execute(connection, kept)
    named = [(connector, key) for connector, _, _, keys in happened for key in keys]
    found = {row.id for row in _WAITING_FOR.rows_of_connectors(connection, named)}
    if not found:
        return [], {}
    waits = _at_rest(connection, SegmentState.WAITING, segments.c.id.in_(found))
    over: list[_Over] = []
    enders: dict[int, set[str]] = {}
    for wait in waits:
        for connector, seq, payload, keys in happened:
            is_answer = connector == wait["connector"] and wait["key"] in keys
            if is_answer and seq > wait["after_seq"]:
                over.append((wait, payload, seq))
                enders.setdefault(seq, set()).add(wait["owner_id"])
                break
    return _go_on(connection, over), enders


def end_due(connection: sa.Connection, ids: Sequence[str]) -> list[Row]:
    """End the waits whose time is over, unless something else has ended them."""
    due = _at_rest(connection, SegmentState.WAITING, segments.c.id.in_(ids))
    return _go_on(connection, [(wait, wait["event"], wait["event_seq"]) for wait in due])


def end_paused(connection: sa.Connection, account_id: str, now: float) -> list[Row]:
    """Let everything go on that is paused for this account."""
    paused = _at_rest(connection, SegmentState.PAUSED, segments.c.account_id == account_id)
    over = [(each, each["event"], each["event_seq"]) for each in paused]
    going_on = _go_on(connection, over)
    for run_id in sorted({each["run_id"] for each in paused}):
        settle_run(connection, run_id, now)
    return going_on


def lock_keys(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Let no wait and no event with the same key pass each other unseen.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted(set(keys)):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))


def _at_rest(
    connection: sa.Connection, state: SegmentState, which: sa.ColumnElement[bool]
) -> Sequence[Row]:
    """Return segments in such a state, locked after their runs."""
    mine = (segments.c.state == state.value, which)
    run_ids = set(connection.scalars(sa.select(segments.c.run_id).where(*mine)))
    if not run_ids:
        return []
    lock_runs(connection, run_ids)
    query = sa.select(segments).where(*mine, segments.c.run_id.in_(run_ids))
    return connection.execute(query.with_for_update()).mappings().all()


def _go_on(connection: sa.Connection, over: Sequence[_Over]) -> list[Row]:
    """Queue what goes on; of a run that is held it is held, of one that is over it is done."""
    if not over:
        return []
    states = lock_runs(connection, [wait["run_id"] for wait, _, _ in over])
    due: list[Row] = []
    for wait, event, seq in over:
        run_state = states.get(wait["run_id"], RunState.RUNNING)
        state = SegmentState.HELD if run_state == RunState.HELD else SegmentState.QUEUED
        state = SegmentState.DONE if run_state.is_final else state
        change = {
            "state": state.value,
            "event": event,
            "event_seq": seq,
            "rank": seq or wait["rank"],
        }
        connection.execute(sa.update(segments).where(segments.c.id == wait["id"]).values(change))
        if state == SegmentState.QUEUED:
            due.append({**wait, **change})
    return due


def _early_event(connection: sa.Connection, wait: Row) -> Any:
    query = (
        sa.select(events.c.seq, events.c.payload)
        .join(answers, answers.c.seq == events.c.seq)
        .where(
            answers.c.connector == wait["connector"],
            answers.c.key == wait["key"],
            answers.c.seq > wait["after_seq"],
        )
        .order_by(answers.c.seq)
        .limit(1)
    )
    return connection.execute(query).first()


def _is_connected(connection: sa.Connection, account_id: str) -> bool:
    mine = accounts.c.id == account_id
    state = connection.scalar(sa.select(accounts.c.state).where(mine).with_for_update(read=True))
    return bool(state == CONNECTED)
