"""Doing steps again that have failed, with the values that their path saw."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError, NotFoundError
from ..flows.models import FlowDocument
from ..storage.storage import Storage
from ..storage.tables import lists, runs, segments, steps
from .commands import lock_own_run
from .fates import HAPPENED, step_has
from .lists import call_below, insert_segments, is_value_of
from .notices import Notices
from .run_states import set_run
from .states import RunState, SegmentState, StepState
from .waits import Row
from .work import SegmentWork, StepCall, calls_below

# So many steps go in one commit, so that no other has to wait for long.
AT_ONCE = 100

FAILED_LATER_CURE = (
    "Do what the step says. Then replay the event, or run the flow like this again: that sends"
    " anew."
)


@dataclass(frozen=True)
class Retries:
    """For the runs of all owners; every call names the owner, and finds nobody else's."""

    storage: Storage
    document: Callable[[str, int], Awaitable[FlowDocument]]
    hand_over: Callable[[Sequence[Row]], Awaitable[None]]
    notices: Notices

    async def retry(
        self,
        owner_id: str,
        run_id: str,
        *,
        step_id: str | None = None,
        even_if_unknown: bool = False,
    ) -> dict[str, Any]:
        """Do a step again, or all that have failed; raise LookupError, or ConflictError.

        A step of which nobody knows whether it happened is only done again with `even_if_unknown`,
        and none of which its connector has told since what has become of it.
        """
        mine = sa.select(runs).where(runs.c.id == run_id, runs.c.owner_id == owner_id)
        run = next(iter(await self.storage.rows(mine)), None)
        if run is None:
            raise LookupError(f"There is no run {run_id!r}.")
        which = (steps.c.state == StepState.FAILED) & ~step_has("failed")
        if even_if_unknown:
            is_unknown = steps.c.state == StepState.UNKNOWN
            which |= is_unknown & ~step_has(*HAPPENED, "failed")
        count, last = 0, ""
        while True:
            found = await self._some(run, step_id, which, last)
            if not found:
                break
            rows = await self._rows(run, found, even_if_unknown=even_if_unknown)
            stored = await self.storage.writer.commit(
                partial(_store, owner_id=owner_id, run_id=run_id, rows=rows)
            )
            await self.hand_over(stored)
            count, last = count + len(stored), found[-1].id
            if step_id is not None or len(found) < AT_ONCE:
                break
        if not count:
            raise await self._nothing(run, step_id, even_if_unknown=even_if_unknown)
        self.notices.tell_run(owner_id, run_id, run.flow_id, RunState.RUNNING)
        what = "One step is done again, with what its path saw."
        if count > 1:
            what = f"{count:,} steps are done again, with what their path saw."
        return {"id": run_id, "status": RunState.RUNNING.value, "message": what}

    async def _some(
        self, run: sa.Row[Any], step_id: str | None, which: sa.ColumnElement[bool], last: str
    ) -> Sequence[sa.Row[Any]]:
        query = sa.select(steps).where(steps.c.run_id == run.id, which)
        # A trigger's step is no call: its event is replayed.
        query = query.where(steps.c.id != run.id, steps.c.id > last)
        if step_id is not None:
            query = query.where(steps.c.id == step_id)
        return await self.storage.rows(query.order_by(steps.c.id).limit(AT_ONCE))

    async def _nothing(
        self, run: sa.Row[Any], step_id: str | None, *, even_if_unknown: bool
    ) -> Exception:
        """Return why nothing is done again."""
        has_happened, has_failed = step_has(*HAPPENED), step_has("failed")
        columns = (has_happened.label("has_happened"), has_failed.label("has_failed"))
        query = sa.select(steps.c.id, steps.c.state, *columns).where(steps.c.run_id == run.id)
        bad = steps.c.state.in_([StepState.UNKNOWN.value, StepState.FAILED.value])
        query = query.where(bad | has_failed if step_id is None else steps.c.id == step_id)
        # What might be done again comes first.
        query = query.order_by(has_happened | has_failed, steps.c.id).limit(1)
        step = next(iter(await self.storage.rows(query)), None)
        if step is None and step_id is not None:
            return NotFoundError(f"The run has no step {step_id!r}.")
        if step is None:
            return ConflictError("No step has failed", "There is nothing to do again.", "")
        if step.id == run.id:
            return ConflictError(
                "The run did not begin",
                "Its trigger could not use the event, and no step was called.",
                "Correct the flow, start it again and replay the event.",
            )
        if step.has_failed:
            return ConflictError(
                "What the step did has failed since",
                "Its service had taken it; done again, the step would say the same.",
                FAILED_LATER_CURE,
            )
        if step.state == StepState.UNKNOWN and step.has_happened:
            return ConflictError(
                "The step has happened after all",
                "Its service has told so since. Done again, it would happen twice.",
                "",
            )
        if step.state == StepState.UNKNOWN and not even_if_unknown:
            return ConflictError(
                "Nobody knows whether the step happened",
                "Done again, it may happen twice.",
                "Look at the service first. If you want it all the same, say `evenIfUnknown`"
                " (`--even-if-unknown`).",
            )
        if step.state in (StepState.FAILED, StepState.UNKNOWN):
            return ConflictError("The step is being done again already", "", "Wait for its end.")
        return ConflictError("The step has not failed", f"It is {step.state}.", "")

    async def _rows(
        self, run: sa.Row[Any], found: Sequence[sa.Row[Any]], *, even_if_unknown: bool
    ) -> list[dict[str, Any]]:
        """Return the segments that do the steps again."""
        try:
            document = await self.document(run.flow_key, run.version)
        except LookupError:
            raise ConflictError(
                "The flow is gone",
                f"Version {run.version}, which the run is of, is not there any more.",
                "Deploy the flow again and replay the event.",
            ) from None
        ids = sorted({each for step in found for each in _path(run.id, step.id)[:-1]})
        above = await self.storage.rows(sa.select(steps).where(steps.c.id.in_(ids)))
        of_lists = await self.storage.rows(sa.select(lists).where(lists.c.id.in_(ids)))
        [first] = await self.storage.rows(sa.select(segments).where(segments.c.id == run.id))
        places = _Places(
            run.event_seq,
            document,
            {row.id: row for row in above},
            {row.id: row for row in of_lists},
        )
        return [_segment(run, first, step, *places.find(run.id, step.id)) for step in found]


@dataclass(frozen=True)
class _Places:
    """Where the steps of a run stand: what called them, and with what in sight."""

    event_seq: int
    document: FlowDocument
    above: Mapping[str, sa.Row[Any]]
    lists: Mapping[str, sa.Row[Any]]

    def find(self, run_id: str, step_id: str) -> tuple[StepCall, str | None]:
        """Return a step's call, without contents, and the list whose value it is of."""
        path = _path(run_id, step_id)
        call, list_id = StepCall(run_id, self.above[run_id].component, {}), None
        for earlier, later in itertools.pairwise(path):
            of_list = self.lists.get(earlier)
            if of_list is None:
                call = self._below(call, later)
                continue
            name = later.rpartition(".")[2]
            call = call_below(of_list, name)
            list_id = of_list.id if is_value_of(of_list, name) else of_list.parent
        return call, list_id

    def _below(self, call: StepCall, step_id: str) -> StepCall:
        step = self.above[call.step_id]
        output: dict[str, list[Any]] = step.output or {}
        listening = self.document.listening
        calls = calls_below(
            call.step_id, step.component, call.scope, output, listening, self.event_seq
        )
        return next(each for each in calls if each.step_id == step_id)


def _path(run_id: str, step_id: str) -> list[str]:
    """Return the ids of a step and of all above it, the run's first."""
    return [run_id, *_longer(run_id, step_id.split(".")[1:])]


def _longer(start: str, parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        start = f"{start}.{part}"
        yield start


def _segment(
    run: sa.Row[Any],
    first: sa.Row[Any],
    step: sa.Row[Any],
    call: StepCall,
    list_id: str | None,
) -> dict[str, Any]:
    attempt = step.attempt + 1
    name = f"{step.id}#{attempt}"
    is_unknown = step.state == StepState.UNKNOWN
    work = SegmentWork(
        id=name,
        run_id=run.id,
        owner_id=run.owner_id,
        connector=first.connector,
        order_key=first.order_key,
        flow_key=run.flow_key,
        flow_id=run.flow_id,
        version=run.version,
        event_seq=run.event_seq,
        first=replace(call, attempt=attempt, known_as=name if is_unknown else ""),
        rank=run.event_seq,
    )
    return {
        "id": name,
        "run_id": run.id,
        "owner_id": run.owner_id,
        "connector": first.connector,
        "order_key": first.order_key,
        "state": SegmentState.QUEUED.value,
        "work": work.to_json(),
        "key": None,
        "after_seq": run.event_seq,
        "account_id": None,
        "expires_at": None,
        "rank": run.event_seq,
        "event": None,
        "event_seq": None,
        "list_id": list_id,
    }


def _store(
    connection: sa.Connection, *, owner_id: str, run_id: str, rows: Sequence[dict[str, Any]]
) -> list[Row]:
    """Queue what is not queued yet; return it."""
    _, state = lock_own_run(connection, owner_id, run_id)
    if state == RunState.CANCELLED:
        raise ConflictError("The run was cancelled", "Nothing of it is done again.", "")
    if state == RunState.HELD:
        raise ConflictError("The run is paused", "", "Resume it first, then try again.")
    stored = insert_segments(connection, rows)
    if stored and state != RunState.RUNNING:
        set_run(connection, run_id, RunState.RUNNING, None, 0.0)
    return stored
