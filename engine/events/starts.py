"""Runs that events start, and how they are stored with all else that follows from the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from ..contract import Event
from ..json_text import dump
from ..runs.states import RunState, SegmentState, StepState
from ..runs.waits import Row, end_answered
from ..runs.work import Arrival, SegmentWork, Value
from ..storage.notices import put_failure
from ..storage.statements import PreparedChange, PreparedRows, PreparedSelect, insert
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, events, held, runs, segments, steps, takings
from .reading import REPEATED, ROUTED, UNROUTED, event_of


@dataclass(slots=True)  # a frozen one takes three times as long to make, and there are many
class Start:
    """A run that an event starts, with what its trigger has made of the event.

    One that no event starts has no `event_seq`, and `after_seq` is the last event that was before.
    """

    run_id: str
    owner_id: str
    account_id: str
    listener_id: str
    connector: str
    flow_key: str
    flow_id: str
    version: int
    component: str
    type: str
    event_seq: int
    order: str
    # How many runs in a row have caused one another before this one, and which step's send began.
    depth: int
    origin: str | None
    value: dict[str, Any] | None = field(repr=False)
    port: str
    # The trigger's output, as its step's record has it.
    output: str | None = field(repr=False)
    error: dict[str, Any] | None
    # It is a run of a draft.
    is_test: bool = False
    after_seq: int | None = None
    like_run_id: str | None = None

    @property
    def work(self) -> SegmentWork:
        seq = self.event_seq if self.after_seq is None else self.after_seq
        return SegmentWork(
            id=self.run_id,
            run_id=self.run_id,
            owner_id=self.owner_id,
            connector=self.connector,
            order_key=f"{self.flow_key}:{self.order}" if self.order else self.run_id,
            flow_key=self.flow_key,
            flow_id=self.flow_id,
            version=self.version,
            event_seq=seq,
            first=Arrival(self.component, Value(self.run_id, self.port, 0, self.value)),
            rank=seq,
        )

    @property
    def begun(self) -> dict[str, Any]:
        """How the run begins, for those who watch."""
        return {
            "version": self.version,
            "isTest": self.is_test,
            "trigger": self.component,
            "triggerType": self.type or None,
            "eventId": self.event_seq or None,
            "conversation": self.order or None,
            "likeRunId": self.like_run_id,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Numbered:
    """What routing needs of an event's row."""

    seq: int
    connector: str
    id: str
    payload: str = field(repr=False)


@dataclass
class Routed:
    """One event on its way: whom it starts, who took it, and for whom it is held."""

    row: Numbered
    event: Event
    starts: list[Start] = field(default_factory=list[Start])
    takers: set[str] = field(default_factory=set[str])
    held: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


class KeptWithEvents(Protocol):
    """What plugins keep in the commit of what follows from events."""

    def store(self, connection: sa.Connection) -> None: ...


_ADD_RUN = PreparedRows(lambda c: insert(runs, c))
_ADD_STEP = PreparedRows(lambda c: insert(steps, c))
_ADD_SEGMENT = PreparedRows(lambda c: insert(segments, c))
_ADD_TAKING = PreparedRows(lambda c: insert(takings, c).on_conflict_do_nothing())
_SET_STATE = PreparedChange(
    lambda seqs: sa.update(events).where(events.c.seq.in_(seqs)).values(state=sa.bindparam("to"))
)
_CONNECTED = PreparedSelect(
    # Nobody takes an access away between this look and the commit.
    lambda ids: (
        sa.select(accounts.c.id)
        .where(accounts.c.id.in_(ids), accounts.c.state == sa.literal_column(f"'{CONNECTED}'"))
        .with_for_update(read=True)
    )
)
_ADD_HELD = PreparedRows(lambda c: insert(held, c).on_conflict_do_nothing())


def routed_of(row: sa.Row[Any]) -> Routed:
    """Return the event of a row of the table."""
    return Routed(Numbered(row.seq, row.connector, row.id, row.payload), event_of(row))


def store_routed(
    connection: sa.Connection,
    *,
    routed: Sequence[Routed],
    repeated: set[int],
    kept: KeptWithEvents,
    now: float,
) -> Sequence[Row]:
    """Store what follows, and that the events have been routed; return the segments that go on."""
    going_on = store_what_follows(connection, routed, kept, now)
    for state, seqs in (
        (REPEATED, list(repeated)),
        (ROUTED, [each.row.seq for each in routed if each.takers]),
        (UNROUTED, [each.row.seq for each in routed if not each.takers]),
    ):
        _SET_STATE.execute(connection, seqs, {"to": state})
    return going_on


def store_what_follows(
    connection: sa.Connection,
    routed: Sequence[Routed],
    kept: KeptWithEvents,
    now: float,
) -> Sequence[Row]:
    """Store runs, ended waits, who took what, and what plugins keep with it.

    Return the segments that go on.
    """
    kept.store(connection)
    store_starts(connection, routed, now)
    happened = [
        (each.row.connector, each.row.seq, each.row.payload, each.event.wait_keys)
        for each in routed
        if each.event.wait_keys
    ]
    going_on, enders = end_answered(connection, happened)
    for each in routed:
        each.takers |= enders.get(each.row.seq, set())
    store_takings(connection, routed)
    return going_on


def store_takings(connection: sa.Connection, routed: Sequence[Routed]) -> None:
    rows = [
        {"seq": each.row.seq, "owner_id": owner_id, "replayed_at": None, "replayed_by": None}
        for each in routed
        for owner_id in each.takers
    ]
    if rows:
        _ADD_TAKING.execute(connection, rows)


def store_starts(connection: sa.Connection, routed: Sequence[Routed], now: float) -> None:
    """Store new runs, each with its trigger's step and what it does first, and what is held.

    The starts of accounts that have lost their access since they were found are held instead.
    """
    _withhold(connection, routed)
    store_runs(connection, [start for each in routed for start in each.starts], now)
    holding = [
        {"seq": each.row.seq, "listener_id": listener_id, "account_id": account_id}
        for each in routed
        for listener_id, account_id in each.held
    ]
    if holding:
        _ADD_HELD.execute(connection, holding)


async def leave_out_known(storage: Storage, routed: Sequence[Routed]) -> None:
    """Leave out the starts of runs that are there already."""
    ids = {start.run_id for each in routed for start in each.starts}
    rows = await storage.rows(sa.select(runs.c.id).where(runs.c.id.in_(ids)))
    known = {row.id for row in rows}
    for each in routed:
        each.starts = [start for start in each.starts if start.run_id not in known]


def store_runs(connection: sa.Connection, starts: Sequence[Start], now: float) -> None:
    """Store new runs, each with its trigger's step and what it does first."""
    if starts:
        _ADD_RUN.execute(connection, [_run_row(start, now) for start in starts])
        _ADD_STEP.execute(connection, [_trigger_step(start, now) for start in starts])
    for start in starts:
        if start.error is not None:
            put_failure(connection, start.run_id, start.error, now, is_new=True)
    first = [_first_segment(start) for start in starts if start.error is None]
    if first:
        _ADD_SEGMENT.execute(connection, first)


def _withhold(connection: sa.Connection, routed: Sequence[Routed]) -> None:
    ids = {start.account_id for each in routed for start in each.starts if start.account_id}
    if not ids:
        return
    lost = ids - {row.id for row in _CONNECTED.rows_of_all(connection, sorted(ids))}
    for each in routed if lost else ():
        withheld = [start for start in each.starts if start.account_id in lost]
        each.starts = [start for start in each.starts if start.account_id not in lost]
        each.held += [(start.listener_id, start.account_id) for start in withheld]
        each.takers -= {start.owner_id for start in withheld}
        each.takers |= {start.owner_id for start in each.starts}


def _run_row(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "owner_id": start.owner_id,
        "flow_key": start.flow_key,
        "flow_id": start.flow_id,
        "version": start.version,
        "trigger": start.component,
        "event_seq": start.event_seq,
        "depth": start.depth,
        "origin": start.origin,
        "state": (RunState.FAILED if start.error else RunState.RUNNING).value,
        "error": json_text(start.error),
        "started_at": now,
        "ended_at": now if start.error else None,
        "is_test": start.is_test,
    }


def _trigger_step(start: Start, now: float) -> dict[str, Any]:
    return {
        "id": start.run_id,
        "run_id": start.run_id,
        "segment_id": "",
        "position": 0,
        "component": start.component,
        "type": start.type,
        "state": (StepState.FAILED if start.error else StepState.COMPLETED).value,
        "attempt": 1,
        "input": None,
        "output": start.output,
        "error": json_text(start.error),
        "started_at": now,
        "duration_s": 0.0,
        "changed_at": now,
    }


def _first_segment(start: Start) -> dict[str, Any]:
    work = start.work
    return {
        "id": work.id,
        "run_id": work.run_id,
        "owner_id": work.owner_id,
        "connector": work.connector,
        "order_key": work.order_key,
        "state": SegmentState.QUEUED.value,
        "work": dump(work.to_json()),
        "key": None,
        "after_seq": work.event_seq,
        "account_id": None,
        "expires_at": None,
        "rank": work.rank,
        "event": None,
        "event_seq": None,
    }


def json_text(value: Mapping[str, Any] | None) -> str | None:
    """Return a value as its column holds it; raise ValueError for what is no JSON."""
    # What is no JSON is refused here, by every database alike.
    return None if value is None else dump(value)
