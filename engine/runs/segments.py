"""Executing a segment: step after step until nothing is left to do now, each stored as it ends.

A step that gives many values ends its path here: each value goes on in a segment of its own.
Mapping inputs is pure and is no step; a step is recorded where a component acts. What a step gave
is stored before the next one acts, and the last one's record shares the commit that ends the
segment, so a segment of one step costs one commit. After a crash a segment is executed again, and
what it has recorded is not done again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from ..contract import Clock
from ..flows.expressions import Budget, run_budget
from ..flows.models import ComponentType, FlowComponent, FlowDocument
from ..storage.database import DATABASE_AWAY, LeaseLostError, ReadRows
from ..storage.store import put_rows
from ..storage.tables import segments
from ..storage.writer import Joined, Writer
from .before import recorded
from .collecting import arrival, store_arrivals
from .ending import end_run
from .ends import PlainEnd, store_plain_ends
from .lists import Going, advance, close_lists
from .new_lists import Known, NewList, add_lists, has_list, is_list, new_list, siblings
from .notices import Notices
from .outcomes import Outcome
from .outputs import PUT_MORE, more_pieces
from .records import put_steps, wait_row
from .run_states import lock_run, set_run, settle_run
from .states import RunState, SegmentState, StepState
from .steps import Steps
from .waits import Row, finish, store_waits
from .work import Arrival, SegmentWork, StepCall, calls_below

PAUSE_S = 1.0


@dataclass(frozen=True)
class Executor:
    """Executes segments; `hand_over` gets those that are due right after one.

    `leave` tells of one left in the table, `add_end` of a wait's id and end that were stored.
    """

    writer: Writer
    rows: ReadRows
    types: Mapping[str, ComponentType]
    document: Callable[[str, int], Awaitable[FlowDocument]]
    steps: Steps
    describe: Callable[..., dict[str, Any]]
    notices: Notices
    hand_over: Callable[[Sequence[Row], Sequence[SegmentWork]], Awaitable[None]]
    leave: Callable[[], None]
    end_run: Callable[[str], Awaitable[None]]
    add_end: Callable[[str, float], None]
    side_by_side: int
    clock: Clock
    _under_way: dict[str, Segment] = field(default_factory=dict[str, "Segment"])

    async def execute(self, work: SegmentWork) -> bool:
        """Do what can be done now; return when all of it is stored, and whether that was all.

        It never raises.
        """
        segment = self._under_way[work.id] = Segment(self, work)
        try:
            due = await self._execute(segment)
            segment.tell()
            if segment.ends_run:
                await self.end_run(work.run_id)
            if due:
                rows = [each for each in due if not isinstance(each, SegmentWork)]
                await self.hand_over(rows, [each for each in due if isinstance(each, SegmentWork)])
        except LeaseLostError:  # another process does it, as after a crash of this one
            await asyncio.sleep(PAUSE_S)
            self.leave()
            return False
        finally:
            del self._under_way[work.id]
        if segment.is_stopped:  # and somebody may have let the run go on in the meantime
            self.leave()
        return not segment.is_stopped

    @property
    def under_way(self) -> Collection[Segment]:
        return self._under_way.values()

    def stop(self, run_id: str) -> None:
        """Begin no further step of a run; what is under way ends."""
        for segment in self._under_way.values():
            if segment.work.run_id == run_id:
                segment.is_stopped = True

    async def _execute(self, segment: Segment) -> list[Going]:
        work = segment.work
        try:
            return await segment.execute()
        except LeaseLostError:
            raise
        except DATABASE_AWAY:
            await asyncio.sleep(PAUSE_S)
            segment.begin_again()
            return await self._execute(segment)
        except Exception as error:  # the outermost loop: a run must not stay open for ever
            segment.run_state = RunState.FAILED
            await self._give_up(work.run_id, self.describe(error, run=work.run_id))
            return []

    async def give_up_row(self, row: Row) -> None:
        """End the run of a segment that cannot be read."""
        gone = ValueError(f"what segment {row['id']} refers to is gone")
        await self._give_up(row["run_id"], self.describe(gone, run=row["run_id"]))

    async def _give_up(self, run_id: str, fault: Mapping[str, Any]) -> None:
        """End the run because of the engine's own fault; what it waits for goes with it."""

        def end(connection: sa.Connection) -> None:
            set_run(connection, run_id, RunState.FAILED, fault, self.clock.now)
            mine = segments.c.run_id == run_id
            done = sa.update(segments).where(mine).values(state=SegmentState.DONE.value)
            connection.execute(done)
            close_lists(connection, run_id)

        await self.writer.commit_in_the_end(end)


@dataclass
class Segment:
    """One segment at work: its steps' records, and of them and its waits what is not stored."""

    executor: Executor
    work: SegmentWork
    step_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_waits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_entries: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    new_pieces: dict[str, Any] = field(default_factory=dict[str, Any])
    new_arrivals: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    new_lists: list[NewList] = field(default_factory=list[NewList])
    has_lists: bool = False
    is_stopped: bool = False
    ends_run: bool = False
    run_state: RunState = RunState.RUNNING
    # What the expressions of one segment may cost together.
    budget: Budget = field(default_factory=run_budget)

    async def execute(self) -> list[Going]:
        work = self.work
        document = await self.executor.document(work.flow_key, work.version)
        done = await recorded(self.executor.rows, work) if work.may_have_begun else {}
        if done is None:
            return []
        due: list[Going] = []
        queue, number = deque(self._first_calls(document)), 0
        while queue:
            call = queue.popleft()
            kind = self.executor.types[document.components[call.component].type]
            if kind.collects and work.list_id and not call.collects:
                self.new_arrivals.append(arrival(work, call))
                continue
            output, at_once = call.since(done.get(call.step_id)), None
            if is_new := output is None:
                if self.new_rows:
                    due += await self._commit(self._store_steps)
                if self.is_stopped:
                    return due
                outcome = await self._do(call, document.components[call.component], number)
                output, at_once = outcome.output, outcome.at_once
                if outcome.ends_run:
                    self.ends_run = True
                    break
            number += 1
            if is_list(output, call.component, kind, document.listening):
                if is_new:
                    types, now = self.executor.types, self.executor.clock.now
                    new = new_list(work, call, output, document, types, at_once, self.budget, now)
                    self.new_lists.append(new)
                    self.new_waits += new.waits
                if is_new or await has_list(self.executor.rows, call.step_id):
                    self.has_lists = True
                    continue
                # A release that knew no lists did all of it here.
            queue.extend(
                calls_below(
                    call.step_id,
                    call.component,
                    call.scope,
                    output,
                    document.listening,
                    work.event_seq,
                    call.given,
                )
            )
        if not self._ends_plainly:
            return due + await self._commit(self._store_end)
        end = PlainEnd(
            work.run_id, work.id, self.new_rows, self.new_entries, self.executor.clock.now
        )
        write = Joined(store_plain_ends, end)
        self.run_state = await self.executor.writer.commit_in_the_end(write)
        return due

    def begin_again(self) -> None:
        """Forget what is not stored: it is done again."""
        self.work = replace(self.work, may_have_begun=True)
        self.step_rows, self.budget = [], run_budget()
        self._forget_new()

    def tell(self) -> None:
        work, notices = self.work, self.executor.notices
        for row in self.step_rows:
            notices.tell_step(work.owner_id, work.flow_id, row)
        if self.run_state != RunState.RUNNING or not work.list_id:  # else each value would tell
            notices.tell_run(work.owner_id, work.run_id, work.flow_id, self.run_state)

    def _first_calls(self, document: FlowDocument) -> list[StepCall]:
        first = self.work.first
        if isinstance(first, StepCall):
            return [first]
        return calls_below(
            self.work.run_id,
            first.component,
            {},
            {first.value.port: [first.value.content]},
            document.listening,
            self.work.event_seq,
        )

    async def _do(self, call: StepCall, component: FlowComponent, number: int) -> Outcome:
        work = self.work
        now = self.executor.clock.now
        self.executor.notices.tell_begun(work, call, component.type, now)
        row, outcome = await self.executor.steps.do(work, call, component, self.budget)
        if row["counts"]:
            self.new_pieces[call.step_id] = outcome.whole
        self.step_rows.append(row)
        self.new_rows.append(row)
        self.new_entries += outcome.kept
        if outcome.state.is_at_rest:
            wait = wait_row(work, call, outcome, number, self.executor.clock.now)
            wait["connector"] = self.executor.types[component.type].connector  # whose events end it
            self.new_waits.append(wait)
        return outcome

    @property
    def _ends_plainly(self) -> bool:
        """Say whether its run ends with it, and nothing has to be stored but that and steps."""
        is_alone = isinstance(self.work.first, Arrival) and not self.work.may_have_begun
        has_more = self.new_waits or self.new_pieces or self.new_arrivals or self.has_lists
        all_done = all(row["state"] == StepState.COMPLETED for row in self.step_rows)
        return is_alone and all_done and not has_more

    async def _commit(self, store: Callable[[sa.Connection], list[Going]]) -> list[Going]:
        due = await self.executor.writer.commit_in_the_end(store)
        for wait in self.new_waits:
            if wait["expires_at"] is not None:
                self.executor.add_end(wait["id"], wait["expires_at"])
        self._forget_new()
        return due

    def _forget_new(self) -> None:
        self.new_rows, self.new_waits, self.new_entries = [], [], []
        self.new_pieces, self.new_arrivals, self.new_lists = {}, [], []

    def _store_steps(self, connection: sa.Connection) -> list[Going]:
        put_steps(connection, self.new_rows, self.executor.clock.now)
        if self.new_entries:
            put_rows(connection, self.new_entries)
        for step_id, output in self.new_pieces.items():
            PUT_MORE.execute(connection, more_pieces(self.work.run_id, step_id, output))
        store_arrivals(connection, self.new_arrivals)
        due: list[Going] = [*store_waits(connection, self.new_waits)]
        if known := add_lists(connection, self.new_lists):
            present = lock_run(connection, self.work.run_id)
            due += self._advance(connection, present, known)
        return due

    def _store_end(self, connection: sa.Connection) -> list[Going]:
        """Store the rest and the end; harmless to do twice."""
        work, now = self.work, self.executor.clock.now
        present = lock_run(connection, work.run_id)
        due = self._store_steps(connection)
        finish(connection, [work.id])
        if self.ends_run:
            self.run_state = end_run(connection, work.run_id, now)
            return []
        if work.list_id or self.has_lists:
            due += self._advance(connection, present, siblings(work))
        self.run_state = settle_run(connection, work.run_id, now, present)
        return due

    def _advance(
        self, connection: sa.Connection, present: RunState, known: Mapping[str, Known]
    ) -> list[Going]:
        return advance(connection, self.work.run_id, present, self.executor.side_by_side, known)
