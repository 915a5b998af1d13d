"""Removing what has grown old."""

from __future__ import annotations

import sqlalchemy as sa

from ..contract import Clock, Log
from ..storage.contents import remove_broken
from ..storage.database import DATABASE_AWAY
from ..storage.shared import forget_changes
from ..storage.store import delete_expired
from ..storage.tables import (
    answers,
    arrivals,
    events,
    fates,
    flow_drafts,
    flow_versions,
    flows,
    forms,
    held,
    lists,
    more_values,
    repeatable,
    requests,
    runs,
    segments,
    steps,
    takings,
)
from ..storage.writer import Writer

DAY_S = 86_400.0
# Services deliver an event again for up to seven days, so duplicates are known for twice as long.
KEEP_EVENTS_S = 14 * DAY_S
KEEP_RUNS_S = 30 * DAY_S
KEEP_ANSWERS_S = 2 * DAY_S
KEEP_FORMS_S = 7 * DAY_S
INTERVAL_S = 600.0
# So many rows go in one commit, so that no other has to wait for long.
AT_ONCE = 500
OF_RUNS = 5_000


async def housekeep(writer: Writer, clock: Clock, log: Log) -> None:
    """Remove old records every few minutes until cancelled."""
    while True:
        await clock.sleep(INTERVAL_S)
        try:
            await remove_old(writer, now=clock.now)
        except DATABASE_AWAY as error:
            log.error("housekeeping_interrupted", error=type(error).__name__)


async def remove_old(writer: Writer, *, now: float) -> None:
    """Remove what is older than it is kept; runs that have not ended stay."""
    commit = writer.commit
    await commit(lambda connection: delete_expired(connection, now))
    while await commit(forget_changes):
        pass
    await commit(lambda connection: _remove_answers(connection, now))
    while await commit(lambda connection: _remove_runs(connection, now)):
        pass
    while await commit(lambda connection: _remove_events(connection, now)):
        pass
    await commit(_remove_versions)
    await commit(lambda c: c.execute(sa.delete(forms).where(forms.c.made_at < now - KEEP_FORMS_S)))
    await commit(lambda connection: _remove_requests(connection, now))
    await remove_broken(writer, now)


def _remove_answers(connection: sa.Connection, now: float) -> None:
    old = sa.select(sa.func.max(events.c.seq)).where(events.c.received_at < now - KEEP_ANSWERS_S)
    connection.execute(sa.delete(answers).where(answers.c.seq <= old.scalar_subquery()))


def _remove_events(connection: sa.Connection, now: float) -> int:
    # The newest one stays, so that no number is given again: waits know what they are older than.
    newest = sa.select(sa.func.max(events.c.seq)).scalar_subquery()
    old = (
        sa.select(events.c.seq)
        .where(
            events.c.received_at < now - KEEP_EVENTS_S,
            events.c.seq < newest,
            events.c.seq.not_in(sa.select(runs.c.event_seq)),
        )
        .limit(AT_ONCE)
    )
    seqs = list(connection.scalars(old))
    for table in (takings, held, events):
        if seqs:
            connection.execute(sa.delete(table).where(table.c.seq.in_(seqs)))
    return len(seqs)


def _remove_versions(connection: sa.Connection) -> None:
    """Remove the documents of flows that are gone, with all their runs and their drafts."""
    key = flow_versions.c.flow_key
    gone = key.not_in(sa.select(flows.c.key)) & key.not_in(sa.select(runs.c.flow_key))
    gone &= key.not_in(sa.select(flow_drafts.c.key))
    connection.execute(sa.delete(flow_versions).where(gone))


def _remove_requests(connection: sa.Connection, now: float) -> None:
    """Remove what has been answered, or is too late, and keys that begin a new run by now."""
    for column in (requests.c.deadline_at, repeatable.c.created_at):
        connection.execute(sa.delete(column.table).where(column < now - DAY_S))


def _remove_runs(connection: sa.Connection, now: float) -> int:
    """Remove some old runs, or some of what the oldest have left; return how much that was."""
    query = (
        sa.select(runs.c.id)
        .where(runs.c.ended_at < now - KEEP_RUNS_S)
        .order_by(runs.c.ended_at, runs.c.id)
    )
    old = list(connection.scalars(query.limit(AT_ONCE)))
    if not old:
        return 0
    for table in (fates, steps, segments, arrivals, more_values, lists):
        # One run may have more of them than a commit should remove.
        key = sa.tuple_(*table.primary_key.columns)
        some = sa.select(*table.primary_key.columns).where(table.c.run_id.in_(old)).limit(OF_RUNS)
        removed = connection.execute(sa.delete(table).where(key.in_(some))).rowcount
        if removed == OF_RUNS:
            return removed
    connection.execute(sa.delete(runs).where(runs.c.id.in_(old)))
    return len(old)
