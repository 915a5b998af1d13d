"""Runs, segment by segment: what a run does until it ends or has to wait.

A segment is one DBOS workflow. Mapping inputs is pure and no step; a step is recorded where a
component acts. A wait is a row: the segment ends, and an event, a timer or a reconnected account
starts the next one under the row's id, at most once.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.dialects import postgresql

from .accounts import CONNECTED
from .database import Prepared, accounts, answers, events, insert, runs, segments, steps
from .documents import FlowComponent, FlowDocument, input_errors
from .expressions import Budget, ExpressionError, fill_input, run_budget
from .outcomes import FAILED, LATER, PAUSED, UNKNOWN, Outcome, fault
from .outcomes import WAITING as WAITS
from .sealed_inputs import hide, open_secrets
from .workflows import RUN_SEGMENT, WAKE_SEGMENT

if TYPE_CHECKING:
    from .engine import Engine

QUEUED, WAITING, PAUSED_STATE, DONE = "queued", "waiting", "paused", "done"
ENDED = ("completed", "failed", "unknown")
# After these the error is final.
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Delivery:
    """Values on their way to one component: its step, and what earlier steps on the path gave."""

    step_id: str
    component: str
    scope: Mapping[str, Any]
    attempt: int = 1
    after_seq: int = 0
    resumes: Mapping[str, Any] | None = None


@dataclass
class Segment:
    """One segment at work."""

    engine: Engine
    payload: Mapping[str, Any]
    document: FlowDocument
    step_rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    waits: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    run_state: str = "running"
    budget: Budget = field(default_factory=run_budget)

    async def work(self) -> None:
        """Do what can be done now, then store the records and the waits in one commit."""
        try:
            queue = deque(self._first())
            while queue:
                queue.extend(await self._deliver(queue.popleft()))
            await self.engine.writer.commit_in_the_end(self._store)
        except Exception as error:  # the outermost loop: a run must not stay open for ever
            fault = self.engine.describe(error, run=self.payload["runId"])
            await self.engine.writer.commit_in_the_end(partial(self._give_up, fault=fault))
        self._tell()

    @property
    def _work(self) -> Mapping[str, Any]:
        work: Mapping[str, Any] = self.payload["work"]
        return work

    def _first(self) -> list[Delivery]:
        start = self._work.get("from")
        if start is not None:
            return self._downstream(
                self.payload["runId"], start["component"], {}, [(start["port"], start["value"])]
            )
        delivery = self._work["delivery"]
        resumes = delivery["resumes"]
        if resumes is not None:
            resumes = {"event": self.payload["event"], **resumes}
        return [
            Delivery(
                step_id=delivery["stepId"],
                component=delivery["component"],
                scope=delivery["scope"],
                attempt=delivery["attempt"],
                after_seq=self.payload["eventSeq"] or delivery["afterSeq"],
                resumes=resumes,
            )
        ]

    def _downstream(
        self,
        step_id: str,
        component: str,
        scope: Mapping[str, Any],
        values: Sequence[tuple[str, Any]],
    ) -> list[Delivery]:
        """Return a delivery for every value and every component that listens to its port."""
        found = [
            (key, {**scope, component: {port: value}})
            for port, value in values
            for key, each in self.document.components.items()
            if port in each.source.get("in", {}).get(component, [])
        ]
        return [
            Delivery(f"{step_id}.{index}", key, below, after_seq=self._work["eventSeq"])
            for index, (key, below) in enumerate(found)
        ]

    async def _deliver(self, delivery: Delivery) -> list[Delivery]:
        component = self.document.components[delivery.component]
        schema = self.engine.types[component.type].schema
        started_at = time.time()
        values: dict[str, Any] = {}
        try:
            values = _fill(component, delivery.scope, self.engine, self.budget)
            faults = list(input_errors(values, schema))
            outcome = fault("input" + faults[0].path, faults[0].text) if faults else None
        except ExpressionError as error:
            outcome = fault(f"{delivery.component}.input", str(error))
        if outcome is None:
            outcome = Outcome.from_json(
                await DBOS.run_step_async(
                    {"name": delivery.component}, self._act, delivery, component, values
                )
            )
        if outcome.state == LATER and delivery.attempt >= MAX_ATTEMPTS:
            outcome = outcome.as_final()
        self._record(delivery, component, hide(values, schema), outcome, started_at)
        if outcome.state in (WAITS, LATER, PAUSED):
            self._wait(delivery, component, outcome)
        return self._downstream(
            delivery.step_id, delivery.component, delivery.scope, outcome.values
        )

    async def _act(
        self, delivery: Delivery, component: FlowComponent, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        outcome = await self.engine.act(
            owner_id=self.payload["ownerId"],
            flow_key=self._work["flowKey"],
            key=delivery.component,
            component=component,
            values=values,
            step_id=delivery.step_id,
            resumes=delivery.resumes,
        )
        return outcome.to_json()

    def _record(
        self,
        delivery: Delivery,
        component: FlowComponent,
        values: Mapping[str, Any],
        outcome: Outcome,
        started_at: float,
    ) -> None:
        output: dict[str, list[Any]] = {}
        for port, value in outcome.values:
            output.setdefault(port, []).append(value)
        self.step_rows.append(
            {
                "id": delivery.step_id,
                "run_id": self.payload["runId"],
                "position": delivery.step_id.count("."),
                "component": delivery.component,
                "type": component.type,
                "state": outcome.state,
                "attempt": delivery.attempt,
                "input": values,
                "output": output or None,
                "error": outcome.error,
                "started_at": started_at,
                "duration_s": time.time() - started_at,
            }
        )

    def _wait(self, delivery: Delivery, component: FlowComponent, outcome: Outcome) -> None:
        number = f"{self.payload['segmentId']}/{len(self.waits)}"
        is_event = outcome.state == WAITS
        attempt = delivery.attempt + (1 if outcome.state == LATER else 0)
        # A step that is done again after a pause or a delay is resumed again if it was resumed.
        resumes = {"state": outcome.wait_state} if is_event else delivery.resumes
        self.waits.append(
            {
                "id": number,
                "run_id": self.payload["runId"],
                "owner_id": self.payload["ownerId"],
                "connector": self.payload["connector"],
                "order_key": self.payload["orderKey"],
                "state": PAUSED_STATE if outcome.state == PAUSED else WAITING,
                "work": {
                    **{k: self._work[k] for k in ("flowKey", "flowId", "version", "eventSeq")},
                    "delivery": {
                        "stepId": delivery.step_id,
                        "component": delivery.component,
                        "scope": delivery.scope,
                        "attempt": attempt,
                        "afterSeq": delivery.after_seq,
                        "resumes": resumes,
                        "reason": outcome.wait_reason,
                    },
                },
                "key": outcome.wait_key if is_event else None,
                "after_seq": delivery.after_seq,
                "account_id": outcome.account_id,
                "expires_at": None if outcome.state == PAUSED else time.time() + outcome.delay_s,
            }
        )

    def _store(self, connection: sa.Connection) -> None:
        """Everything of this segment, harmless to do twice: a recovered workflow does."""
        lock_keys(connection, [wait["key"] for wait in self.waits if wait["key"]])
        if self.step_rows:
            _put_steps(connection, self.step_rows)
        for wait in self.waits:
            fresh = connection.execute(
                insert(segments, connection).values(wait).on_conflict_do_nothing()
            ).rowcount
            if fresh and wait["state"] == WAITING:
                self._arm(connection, wait)
            if fresh and wait["state"] == PAUSED_STATE and _is_connected(connection, wait):
                # Whoever connected the account again was quicker, and did not find this pause.
                go_on(self.engine, connection, wait)
        mine = segments.c.id == self.payload["segmentId"]
        connection.execute(sa.update(segments).where(mine).values(state=DONE))
        self.run_state = settle_run(connection, self.payload["runId"])

    def _give_up(self, connection: sa.Connection, *, fault: dict[str, Any]) -> None:
        """End the run because of the engine's own fault; what it waits for goes with it."""
        self.run_state = "failed"
        run_id = self.payload["runId"]
        connection.execute(
            sa.update(segments).where(segments.c.run_id == run_id).values(state=DONE)
        )
        change = {"state": "failed", "error": fault, "ended_at": time.time()}
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(change))

    def _arm(self, connection: sa.Connection, wait: dict[str, Any]) -> None:
        """Start the timer, or go on at once if the event is here already."""
        early = _early_event(connection, wait) if wait["key"] else None
        if early is not None:
            event = json.loads(early.payload)
            go_on(self.engine, connection, wait, event=event, event_seq=early.seq)
            return
        self.engine.workflows.enqueue(
            connection,
            WAKE_SEGMENT,
            wait["id"],
            workflow_id=f"wake:{wait['id']}",
            partition=f"wake:{wait['id']}",
            delay_s=wait["expires_at"] - time.time(),
        )

    def _tell(self) -> None:
        for row in self.step_rows:
            self.engine.tell_step(self.payload["ownerId"], self._work["flowId"], row)
        self.engine.tell_run(
            self.payload["ownerId"], self.payload["runId"], self._work["flowId"], self.run_state
        )


def _fill(
    component: FlowComponent, scope: Mapping[str, Any], engine: Engine, budget: Budget
) -> dict[str, Any]:
    return fill_input(open_secrets(component.input, engine.seal), scope, budget)


def _putting(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(steps, connection)
    kept = {"id", "run_id", "position", "component", "type", "started_at"}
    changed = [column.name for column in steps.c if column.name not in kept]
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in changed}
    )


_PUT_STEPS = Prepared(_putting)


def _put_steps(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    # Below SQLAlchemy, so what it would turn into JSON is turned here.
    in_json = ("input", "output", "error")
    _PUT_STEPS.execute(
        connection,
        [
            {
                **row,
                **{k: None if row[k] is None else json.dumps(row[k]) for k in in_json},
            }
            for row in rows
        ],
    )


def _is_connected(connection: sa.Connection, wait: Mapping[str, Any]) -> bool:
    mine = accounts.c.id == wait["account_id"]
    state = connection.scalar(sa.select(accounts.c.state).where(mine).with_for_update(read=True))
    return bool(state == CONNECTED)


def _early_event(connection: sa.Connection, wait: Mapping[str, Any]) -> Any:
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


def enqueue(
    engine: Engine,
    connection: sa.Connection,
    segment: Mapping[Any, Any],
    *,
    event: Any = None,
    event_seq: int | None = None,
) -> None:
    """Let a segment run, as part of the caller's transaction."""
    payload = {
        "segmentId": segment["id"],
        "runId": segment["run_id"],
        "ownerId": segment["owner_id"],
        "connector": segment["connector"],
        "orderKey": segment["order_key"],
        "work": segment["work"],
        "event": event,
        "eventSeq": event_seq,
    }
    engine.workflows.enqueue(
        connection,
        RUN_SEGMENT,
        payload,
        workflow_id=segment["id"],
        partition=segment["order_key"],
        rank=event_seq or segment["work"]["eventSeq"],
    )


def go_on(
    engine: Engine,
    connection: sa.Connection,
    segment: Mapping[Any, Any],
    *,
    event: Any = None,
    event_seq: int | None = None,
) -> None:
    """Let a segment run that waited or was paused."""
    mine = segments.c.id == segment["id"]
    connection.execute(sa.update(segments).where(mine).values(state=QUEUED))
    enqueue(engine, connection, segment, event=event, event_seq=event_seq)


def wake(engine: Engine, connection: sa.Connection, segment_id: str) -> None:
    """End a wait whose time is over, unless something else has ended it."""
    query = sa.select(segments).where(segments.c.id == segment_id, segments.c.state == WAITING)
    segment = connection.execute(query.with_for_update()).mappings().first()
    if segment is not None:
        go_on(engine, connection, segment)


def resume_paused(engine: Engine, connection: sa.Connection, account_id: str) -> int:
    """Let everything go on that waits for this account; return how many segments."""
    query = sa.select(segments).where(
        segments.c.account_id == account_id, segments.c.state == PAUSED_STATE
    )
    paused = connection.execute(query.with_for_update()).mappings().all()
    for segment in paused:
        go_on(engine, connection, segment)
        settle_run(connection, segment["run_id"])
    return len(paused)


def settle_run(connection: sa.Connection, run_id: str) -> str:
    """Set the run's state from its segments and steps, and return it."""
    open_states = set(
        connection.scalars(
            sa.select(segments.c.state).where(segments.c.run_id == run_id, segments.c.state != DONE)
        )
    )
    state, error = next(
        (
            (run_state, None)
            for open_state, run_state in (
                (QUEUED, "running"),
                (PAUSED_STATE, "paused"),
                (WAITING, "waiting"),
            )
            if open_state in open_states
        ),
        ("completed", None),
    )
    if state in ("completed", "paused"):
        bad = connection.execute(
            sa.select(steps.c.state, steps.c.error)
            .where(steps.c.run_id == run_id, steps.c.state.in_([FAILED, UNKNOWN, PAUSED]))
            .order_by(steps.c.started_at)
        ).first()
        error = bad.error if bad else None
        if state == "completed" and bad:
            state = "unknown" if bad.state == UNKNOWN else "failed"
    ended_at = time.time() if state in ENDED else None
    change = {"state": state, "error": error, "ended_at": ended_at}
    connection.execute(sa.update(runs).where(runs.c.id == run_id).values(change))
    return state


def lock_keys(connection: sa.Connection, keys: Sequence[str]) -> None:
    """Let no wait and no event with the same key pass each other unseen.

    SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        for key in sorted(set(keys)):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(key))))
