"""Executing a segment: step after step until nothing is left to do now, each stored as it ends.

Mapping inputs is pure and is no step; a step is recorded where a component acts. What a step gave
is stored before the next one acts, and the last one's record shares the commit that ends the
segment, so a segment of one step costs one commit. After a crash a segment is executed again, and
what it has recorded is not done again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import sqlalchemy as sa

from ..contract import Clock, ConnectorError
from ..flows.expressions import Budget, ExpressionError, fill_input, run_budget
from ..flows.input_checks import FEW_VALUES, InputChecks
from ..flows.inputs import has_more_values, input_errors
from ..flows.models import ComponentType, Fault, FlowComponent, FlowDocument
from ..flows.sealed_inputs import open_secrets
from ..flows.secret_fields import hide
from ..storage.database import DATABASE_AWAY, ReadRows
from ..storage.seal import Seal
from ..storage.store import put_rows
from ..storage.tables import segments, steps
from ..storage.writer import Writer
from .loop_time import LoopTime
from .outcomes import Outcome, fault, outcome_of_error
from .records import put_steps, verdict, wait_row
from .states import RunState, SegmentState, StepState
from .waits import Row, finish, set_run, settle_run, store_waits
from .work import Arrival, SegmentWork, StepCall, calls_below, contents

# After these the error is final.
MAX_ATTEMPTS = 8
PAUSE_S = 1.0
Act = Callable[[SegmentWork, StepCall, FlowComponent, Mapping[str, Any]], Awaitable[Outcome]]


class Notices(Protocol):
    """Who is told what happens, as it happens."""

    def tell_run(self, owner_id: str, run_id: str, flow_id: str, state: str) -> None: ...
    def tell_step(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class Executor:
    """Executes segments; `hand_over` gets the rows of those that are due right after one.

    `add_end` gets the id of each wait that was stored, and when its time is over; `may_wait` raises
    for an owner who has too many.
    """

    writer: Writer
    rows: ReadRows
    seal: Seal
    types: Mapping[str, ComponentType]
    document: Callable[[str, int], Awaitable[FlowDocument]]
    act: Act
    describe: Callable[..., dict[str, Any]]
    notices: Notices
    hand_over: Callable[[Sequence[Row]], Awaitable[None]]
    add_end: Callable[[str, float], None]
    may_wait: Callable[[str], Awaitable[None]]
    input_checks: InputChecks
    clock: Clock
    loop_time: LoopTime = field(default_factory=LoopTime)

    async def execute(self, work: SegmentWork) -> None:
        """Do what can be done now; return when all of it is stored. It never raises."""
        segment = _Segment(self, work)
        due: list[Row] = []
        try:
            due = await segment.execute()
        except DATABASE_AWAY:
            await asyncio.sleep(PAUSE_S)
            await self.execute(replace(work, may_have_begun=True))
            return
        except Exception as error:  # the outermost loop: a run must not stay open for ever
            segment.run_state = RunState.FAILED
            await self._give_up(work.run_id, self.describe(error, run=work.run_id))
        segment.tell()
        if due:
            await self.hand_over(due)

    async def give_up_row(self, row: Row) -> None:
        """End the run of a segment that cannot be read."""
        error = ValueError(f"what segment {row['id']} refers to is gone")
        await self._give_up(row["run_id"], self.describe(error, run=row["run_id"]))

    async def _give_up(self, run_id: str, fault: Mapping[str, Any]) -> None:
        """End the run because of the engine's own fault; what it waits for goes with it."""

        def end(connection: sa.Connection) -> None:
            mine = segments.c.run_id == run_id
            done = sa.update(segments).where(mine).values(state=SegmentState.DONE.value)
            connection.execute(done)
            set_run(connection, run_id, RunState.FAILED, fault, self.clock.now)

        await self.writer.commit_in_the_end(end)


@dataclass
class _Segment:
    """One segment at work: its steps' records, and of them and its waits what is not stored."""

    executor: Executor
    work: SegmentWork
    step_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_waits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    new_entries: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    run_state: RunState = RunState.RUNNING
    # What the expressions of one segment may cost together.
    budget: Budget = field(default_factory=run_budget)

    async def execute(self) -> list[Row]:
        work = self.work
        document = await self.executor.document(work.flow_key, work.version)
        recorded = await self._recorded() if work.may_have_begun else {}
        if recorded is None:
            return []
        due: list[Row] = []
        queue, number = deque(self._first_calls(document)), 0
        while queue:
            call = queue.popleft()
            output = recorded.get(call.step_id)
            if output is None:
                if self.new_rows:
                    due += await self._commit(self._store_steps)
                output = await self._do(call, document.components[call.component], number)
            number += 1
            queue.extend(
                calls_below(
                    call.step_id,
                    call.component,
                    call.scope,
                    output,
                    document.listening,
                    work.event_seq,
                )
            )
        return due + await self._commit(self._store_end)

    def tell(self) -> None:
        work, notices = self.work, self.executor.notices
        for row in self.step_rows:
            notices.tell_step(work.owner_id, work.flow_id, row)
        notices.tell_run(work.owner_id, work.run_id, work.flow_id, self.run_state)

    async def _recorded(self) -> dict[str, Mapping[str, Any]] | None:
        """Return what an earlier execution has stored; None if that was all of it."""
        mine = sa.select(segments.c.state).where(segments.c.id == self.work.id)
        if not any(row.state == SegmentState.QUEUED for row in await self.executor.rows(mine)):
            return None
        done = sa.select(steps.c.id, steps.c.output).where(
            steps.c.run_id == self.work.run_id, steps.c.segment_id == self.work.id
        )
        return {row.id: row.output or {} for row in await self.executor.rows(done)}

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

    async def _do(self, call: StepCall, component: FlowComponent, number: int) -> Mapping[str, Any]:
        schema = self.executor.types[component.type].schema
        # Filling in one input may take as long as anybody may be kept waiting.
        await self.executor.loop_time.turn(self.work.owner_id)
        clock = self.executor.clock
        started_at, began = clock.now, clock.elapsed
        with self.executor.loop_time.used(self.work.owner_id):
            values, outcome = self._input(call, component)
            is_large = has_more_values(values, FEW_VALUES)
            if outcome is None and not is_large:
                outcome = _wrong([*input_errors(values, schema)])
        if outcome is None and is_large:
            outcome = _wrong(await self.executor.input_checks.faults(values, schema))
        if outcome is None:
            outcome = await self.executor.act(self.work, call, component, values)
        if outcome.state == StepState.WAITING:
            outcome = await self._within_limits(outcome)
        if outcome.state == StepState.RETRYING and call.attempt >= MAX_ATTEMPTS:
            outcome = outcome.as_final()
        output = outcome.output
        row = {
            "id": call.step_id,
            "run_id": self.work.run_id,
            "segment_id": self.work.id,
            "position": call.step_id.count("."),
            "component": call.component,
            "type": component.type,
            "state": outcome.state.value,
            "attempt": call.attempt,
            "input": hide(values, schema),
            "output": output or None,
            "error": outcome.error,
            "started_at": started_at,
            "duration_s": clock.elapsed - began,
        }
        self.step_rows.append(row)
        self.new_rows.append(row)
        self.new_entries += outcome.kept
        if outcome.state.is_at_rest:
            self.new_waits.append(wait_row(self.work, call, outcome, number, clock.now))
        return output

    async def _within_limits(self, outcome: Outcome) -> Outcome:
        """Return the same, or the failure that it is when the owner has too many waits."""
        try:
            await self.executor.may_wait(self.work.owner_id)
        except ConnectorError as error:
            return outcome_of_error(error, None)
        return outcome

    def _input(
        self, call: StepCall, component: FlowComponent
    ) -> tuple[dict[str, Any], Outcome | None]:
        """Return the step's input, or how the step has failed if an expression has."""
        given = open_secrets(component.input, self.executor.seal)
        scope = contents(call.scope)
        try:
            return fill_input(given, scope, self.budget), None
        except ExpressionError as error:
            return {}, fault(f"{call.component}.input", str(error))

    async def _commit(self, store: Callable[[sa.Connection], list[Row]]) -> list[Row]:
        due = await self.executor.writer.commit_in_the_end(store)
        for wait in self.new_waits:
            if wait["expires_at"] is not None:
                self.executor.add_end(wait["id"], wait["expires_at"])
        self.new_rows, self.new_waits, self.new_entries = [], [], []
        return due

    def _store_steps(self, connection: sa.Connection) -> list[Row]:
        put_steps(connection, self.new_rows)
        if self.new_entries:
            put_rows(connection, self.new_entries)
        return store_waits(connection, self.new_waits)

    def _store_end(self, connection: sa.Connection) -> list[Row]:
        """Store the rest and the end; harmless to do twice."""
        due = self._store_steps(connection)
        finish(connection, self.work.id)
        now = self.executor.clock.now
        is_alone = isinstance(self.work.first, Arrival) and not self.work.may_have_begun
        if is_alone and not any(StepState(row["state"]).is_at_rest for row in self.step_rows):
            self.run_state, error = verdict(self.step_rows)
            set_run(connection, self.work.run_id, self.run_state, error, now)
        else:
            self.run_state = settle_run(connection, self.work.run_id, now)
        return due


def _wrong(faults: Sequence[Fault]) -> Outcome | None:
    return fault("input" + faults[0].path, faults[0].text) if faults else None
