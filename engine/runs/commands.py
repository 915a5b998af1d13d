"""What people do with a run: cancel it, pause it, let it go on.

What is said here is committed before anybody acts on it, and the rows are what counts: a process
that hears of it late, or dies before, begins nothing that the rows do not allow.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from ..contract import Clock
from ..errors import ConflictError
from ..storage.statements import insert
from ..storage.storage import Storage
from ..storage.tables import runs, segments, stops
from .ending import AT_ONCE, end_some
from .lists import Going, advance, close_lists
from .notices import Notices
from .run_states import lock_run, set_run, settle_run
from .states import RunState, SegmentState
from .waits import Row
from .work import SegmentWork

ENDED = {
    RunState.COMPLETED: "It is completed: everything was done.",
    RunState.FAILED: "It has failed, and nothing of it goes on.",
    RunState.UNKNOWN: "It has ended, with a step of which nobody knows whether it happened.",
    RunState.CANCELLED: "It was cancelled.",
}
T = TypeVar("T")
UNDER_WAY = "A step that is under way ends by itself and is recorded"


@dataclass(frozen=True)
class Commands:
    """For the runs of all owners; every call names the owner, and finds nobody else's.

    `stop` lets the process begin no further step of a run. One that is not alone leaves a note for
    the others, of which one executes.
    """

    storage: Storage
    stop: Callable[[str], None]
    hand_over: Callable[[Sequence[Row], Sequence[SegmentWork]], Awaitable[None]]
    notices: Notices
    side_by_side: int
    is_alone: bool
    clock: Clock

    async def cancel(self, owner_id: str, run_id: str) -> dict[str, Any]:
        """End a run; raise LookupError, or ConflictError when it has ended."""
        run = await self._commit(partial(self._cancel, owner_id=owner_id, run_id=run_id))
        self.stop(run_id)
        while await self._commit(partial(end_some, run_id=run_id)):
            pass
        return self._told(
            run,
            RunState.CANCELLED,
            f"Nothing more of it is begun. {UNDER_WAY}, and what has left is not undone.",
        )

    async def pause(self, owner_id: str, run_id: str) -> dict[str, Any]:
        """Hold what would begin next; raise LookupError, or ConflictError."""
        run = await self._commit(partial(self._pause, owner_id=owner_id, run_id=run_id))
        self.stop(run_id)
        return self._told(
            run,
            RunState.HELD,
            f"It goes on when it is resumed. {UNDER_WAY}; what it waits for is heard meanwhile.",
        )

    async def resume(self, owner_id: str, run_id: str) -> dict[str, Any]:
        """Let a run go on that was paused by a person; raise LookupError, or ConflictError."""
        run = await self._commit(partial(_resume, owner_id=owner_id, run_id=run_id))
        state = RunState.RUNNING
        while True:
            due, state, is_all = await self._commit(partial(self._release, run_id=run_id))
            rows = [each for each in due if not isinstance(each, SegmentWork)]
            await self.hand_over(rows, [each for each in due if isinstance(each, SegmentWork)])
            if is_all:
                return self._told(run, state, "It goes on.")

    async def _commit(self, write: Callable[[sa.Connection], T]) -> T:
        return await self.storage.writer.commit(write)

    def _told(self, run: sa.Row[Any], state: RunState, message: str) -> dict[str, Any]:
        self.notices.tell_run(run.owner_id, run.id, run.flow_id, state)
        return {"id": run.id, "status": state.value, "message": message}

    def _cancel(self, connection: sa.Connection, *, owner_id: str, run_id: str) -> sa.Row[Any]:
        run, state = lock_own_run(connection, owner_id, run_id)
        if RunState.CANCELLED not in state.following:
            raise ConflictError("There is nothing to cancel", ENDED[state], "")
        set_run(connection, run_id, RunState.CANCELLED, None, self.clock.now)
        close_lists(connection, run_id)
        self._leave_note(connection, run_id)
        return run

    def _pause(self, connection: sa.Connection, *, owner_id: str, run_id: str) -> sa.Row[Any]:
        run, state = lock_own_run(connection, owner_id, run_id)
        if state == RunState.HELD:
            raise ConflictError("The run is paused already", "", "Resume it to let it go on.")
        if RunState.HELD not in state.following:
            raise ConflictError("There is nothing to pause", ENDED[state], "")
        set_run(connection, run_id, RunState.HELD, None, self.clock.now)
        queued = (segments.c.run_id == run_id) & (segments.c.state == SegmentState.QUEUED.value)
        connection.execute(sa.update(segments).where(queued).values(state=SegmentState.HELD.value))
        self._leave_note(connection, run_id)
        return run

    def _leave_note(self, connection: sa.Connection, run_id: str) -> None:
        if not self.is_alone:
            note = insert(stops, connection).values(run_id=run_id)
            connection.execute(note.on_conflict_do_nothing())

    def _release(
        self, connection: sa.Connection, *, run_id: str
    ) -> tuple[list[Going], RunState, bool]:
        """Queue some of what was held; say what is due, how the run is, and if that was all."""
        held = (segments.c.run_id == run_id) & (segments.c.state == SegmentState.HELD.value)
        some = sa.select(segments).where(held).order_by(segments.c.rank, segments.c.id)
        rows = connection.execute(some.limit(AT_ONCE)).mappings().all()
        state = SegmentState.QUEUED.value
        ids = [row["id"] for row in rows]
        queue = sa.update(segments).where(segments.c.id.in_(ids)).values(state=state)
        connection.execute(queue)
        due: list[Going] = [{**row, "state": state} for row in rows]
        is_all = len(rows) < AT_ONCE
        if is_all:
            present = lock_run(connection, run_id)
            due += advance(connection, run_id, present, self.side_by_side, {})
        return due, settle_run(connection, run_id, self.clock.now), is_all


def lock_own_run(
    connection: sa.Connection, owner_id: str, run_id: str
) -> tuple[sa.Row[Any], RunState]:
    """Return an owner's run, which nobody else changes until the end of the transaction.

    Raises LookupError.
    """
    mine = sa.select(runs).where(runs.c.id == run_id, runs.c.owner_id == owner_id)
    row = connection.execute(mine.with_for_update()).first()
    if row is None:
        raise LookupError(f"There is no run {run_id!r}.")
    return row, RunState(row.state)


def _resume(connection: sa.Connection, *, owner_id: str, run_id: str) -> sa.Row[Any]:
    run, state = lock_own_run(connection, owner_id, run_id)
    connection.execute(sa.delete(stops).where(stops.c.run_id == run_id))
    if state == RunState.HELD:
        set_run(connection, run_id, RunState.RUNNING, None, 0.0)
    elif state == RunState.PAUSED:
        raise ConflictError(
            "The run waits for its account",
            "Nobody has paused it: the account it uses has to be connected again.",
            "Connect the account, and the run goes on by itself.",
        )
    elif not _has_held(connection, run_id):  # else this was cut short before
        cause = ENDED[state] if state.is_final else f"It is {state}."
        raise ConflictError("The run is not paused", cause, "")
    return run


def _has_held(connection: sa.Connection, run_id: str) -> bool:
    held = (segments.c.run_id == run_id) & (segments.c.state == SegmentState.HELD.value)
    return bool(connection.scalar(sa.select(sa.exists().where(held))))
