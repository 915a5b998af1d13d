"""Segments at rest: stored with what ends their rest, and queued again when that has come.

Whoever calls one of these inside a commit hands the returned rows over to the queue afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from ..storage.statements import Prepared, insert
from ..storage.tables import CONNECTED, accounts, answers, events, runs, segments, steps
from .states import RunState, SegmentState, StepState

Row = Mapping[Any, Any]

_ADD = Prepared(lambda connection: insert(segments, connection).on_conflict_do_nothing())
_DONE = Prepared(
    lambda _: (
        sa.update(segments)
        .where(segments.c.id == sa.bindparam("segment"))
        .values(state=sa.literal_column("'done'"))
    )
)


def store_waits(connection: sa.Connection, waits: Sequence[dict[str, Any]]) -> list[Row]:
    """Store segments at rest that are not there yet; return those whose rest is over already."""
    lock_keys(connection, [wait["key"] for wait in waits if wait["key"]])
    over: list[Row] = []
    for wait in waits:
        if not _ADD.execute(connection, [{**wait, "work": json.dumps(wait["work"])}]):
            continue
        if wait["key"] and (early := _early_event(connection, wait)) is not None:
            over.append(_end(connection, wait, early.payload, early.seq))
        elif wait["state"] == SegmentState.PAUSED and _is_connected(connection, wait["account_id"]):
            # Whoever connected the account again was quicker, and did not find this pause.
            over.append(_end(connection, wait, wait["event"], wait["event_seq"]))
    return over


def finish(connection: sa.Connection, segment_id: str) -> None:
    _DONE.execute(connection, [{"segment": segment_id}])


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
    connection.execute(insert(answers, connection).on_conflict_do_nothing(), kept)
    query = sa.select(segments).where(
        segments.c.state == SegmentState.WAITING.value,
        segments.c.key.in_({key for *_, keys in happened for key in keys}),
    )
    going_on: list[Row] = []
    enders: dict[int, set[str]] = {}
    for wait in connection.execute(query.with_for_update()).mappings().all():
        for connector, seq, payload, keys in happened:
            is_answer = connector == wait["connector"] and wait["key"] in keys
            if is_answer and seq > wait["after_seq"]:
                going_on.append(_end(connection, wait, payload, seq))
                enders.setdefault(seq, set()).add(wait["owner_id"])
                break
    return going_on, enders


def end_due(connection: sa.Connection, ids: Sequence[str]) -> list[Row]:
    """End the waits whose time is over, unless something else has ended them."""
    query = sa.select(segments).where(
        segments.c.id.in_(ids), segments.c.state == SegmentState.WAITING.value
    )
    due = connection.execute(query.with_for_update()).mappings().all()
    return [_end(connection, wait, wait["event"], wait["event_seq"]) for wait in due]


def end_paused(connection: sa.Connection, account_id: str, now: float) -> list[Row]:
    """Let everything go on that is paused for this account."""
    query = sa.select(segments).where(
        segments.c.account_id == account_id, segments.c.state == SegmentState.PAUSED.value
    )
    paused = connection.execute(query.with_for_update()).mappings().all()
    going_on = [_end(connection, each, each["event"], each["event_seq"]) for each in paused]
    for each in paused:
        settle_run(connection, each["run_id"], now)
    return going_on


def settle_run(connection: sa.Connection, run_id: str, now: float) -> RunState:
    """Set the run's state from its segments and steps, and return it."""
    query = sa.select(segments.c.state).where(
        segments.c.run_id == run_id, segments.c.state != SegmentState.DONE.value
    )
    still = set(connection.scalars(query))
    state, error = RunState.COMPLETED, None
    for of_segment, of_run in (
        (SegmentState.QUEUED, RunState.RUNNING),
        (SegmentState.PAUSED, RunState.PAUSED),
        (SegmentState.WAITING, RunState.WAITING),
    ):
        if of_segment in still:
            state = of_run
            break
    if state in (RunState.COMPLETED, RunState.PAUSED):
        bad = connection.execute(
            sa.select(steps.c.state, steps.c.error)
            .where(
                steps.c.run_id == run_id,
                steps.c.state.in_([StepState.FAILED, StepState.UNKNOWN, StepState.PAUSED]),
            )
            .order_by(steps.c.started_at)
        ).first()
        if bad:
            error = bad.error
        if bad and state == RunState.COMPLETED:
            is_unknown = bad.state == StepState.UNKNOWN
            state = RunState.UNKNOWN if is_unknown else RunState.FAILED
    set_run(connection, run_id, state, error, now)
    return state


_SET_RUN = Prepared(
    lambda _: (
        sa.update(runs)
        .where(runs.c.id == sa.bindparam("run"))
        .values(
            state=sa.bindparam("state"),
            error=sa.bindparam("error"),
            ended_at=sa.bindparam("ended_at"),
        )
    )
)


def set_run(
    connection: sa.Connection,
    run_id: str,
    state: RunState,
    error: Mapping[str, Any] | None,
    now: float,
) -> None:
    change = {
        "run": run_id,
        "state": state.value,
        "error": None if error is None else json.dumps(error),
        "ended_at": now if state.is_final else None,
    }
    _SET_RUN.execute(connection, [change])


def lock_keys(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Let no wait and no event with the same key pass each other unseen.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted(set(keys)):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))


def _end(connection: sa.Connection, wait: Row, event: str | None, seq: int | None) -> Row:
    change = {
        "state": SegmentState.QUEUED.value,
        "event": event,
        "event_seq": seq,
        "rank": seq or wait["rank"],
    }
    connection.execute(sa.update(segments).where(segments.c.id == wait["id"]).values(change))
    return {**wait, **change}


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
