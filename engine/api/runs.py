"""Runs and events over HTTP, and the stream that shows them live."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import AwareDatetime, Field
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from ..contract import FateState
from ..host.silences import Silences
from ..observe.stream import OPEN
from ..runs.history import FIRST_PAGE
from ..runs.searching import Search
from ..runs.states import RunState
from .accounts import Body
from .bodies import JsonRoute
from .flows import MAX_NUMBER
from .identity import Caller, hosting
from .shapes.runs import Commanded, EventKinds, EventList, Replayed, Run, RunList, StepPage
from .shapes.shape import shaped

if TYPE_CHECKING:
    from ..host.engine import Engine

router = APIRouter(prefix="/api", tags=["runs"], route_class=JsonRoute)

Limit = Annotated[int, Query(ge=1, le=1_000)]
# What a database takes for a whole number.
MAX_ID = 2**63 - 1
EventId = Annotated[int, Path(ge=1, le=MAX_ID)]
EventsBefore = Annotated[
    int | None, Query(ge=1, le=MAX_ID, description="The last event of the page before.")
]
FlowFilter = Annotated[str | None, Query(alias="flowId")]
PING_S = 15
MAX_STEPS = 500


@router.get("/runs", response_model=shaped(RunList))
async def list_runs(
    request: Request,
    caller: Caller,
    flow_id: FlowFilter = None,
    version: Annotated[
        int | None, Query(ge=-MAX_NUMBER, le=MAX_NUMBER, description="Of a test, below zero.")
    ] = None,
    status: Annotated[
        RunState | None,
        Query(description="`failed` finds also those of which only a later fate tells it."),
    ] = None,
    fate: Annotated[
        FateState | None, Query(description="A state to which a step of the run has come.")
    ] = None,
    test: Annotated[bool | None, Query(description="Only runs of drafts, or none of them.")] = None,
    since: Annotated[AwareDatetime | None, Query(description="Runs that began then or later.")] = (
        None
    ),
    until: Annotated[AwareDatetime | None, Query(description="Runs that began before.")] = None,
    search: Annotated[
        str,
        Query(
            max_length=200,
            description="How the run's id begins, or a text in what its first 20 steps got, gave or"
            " failed with, such as a name or a telephone number.",
        ),
    ] = "",
    before: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return your newest runs first.

    A page may have fewer than `limit` and a `next` all the same: of what is rare, the newest 20,000
    runs are looked at, and 2,000 where a text is searched.
    """
    wanted = Search(
        flow_id=flow_id,
        version=version,
        status=status,
        fate=fate,
        is_test=test,
        since=None if since is None else since.timestamp(),
        until=None if until is None else until.timestamp(),
        text=search.strip(),
    )
    return await hosting(request).runs.find(caller.owner_id, wanted, before=before, limit=limit)


@router.get("/runs/{run_id}", response_model=shaped(Run))
async def get_run(request: Request, caller: Caller, run_id: str) -> dict[str, Any]:
    """Return a run with the input, output, error and later fate of its first steps."""
    engine = hosting(request)
    run = await engine.runs.get(caller.owner_id, run_id)
    await _explain_silence(request, caller.owner_id, run_id, run["steps"])
    return {**run, "temporalUrl": await _temporal_url(engine, run_id)}


async def _temporal_url(engine: Engine, run_id: str) -> str | None:
    if engine.temporal is None or not engine.temporal.has_page:
        return None
    order_key = await engine.runs.order_key(run_id)
    return None if order_key is None else engine.temporal.page_about(order_key)


@router.get("/runs/{run_id}/steps", response_model=shaped(StepPage))
async def list_steps(
    request: Request,
    caller: Caller,
    run_id: str,
    after: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_STEPS)] = FIRST_PAGE,
) -> dict[str, Any]:
    """Return some steps of a run, in the order in which they came to their present state."""
    page = await hosting(request).runs.steps(caller.owner_id, run_id, after=after, limit=limit)
    await _explain_silence(request, caller.owner_id, run_id, page["steps"])
    return page


async def _explain_silence(
    request: Request, owner_id: str, run_id: str, steps: Sequence[dict[str, Any]]
) -> None:
    engine = hosting(request)
    silences = Silences(engine.services, engine.flows, engine.component, engine.describe)
    await silences.explain(owner_id, run_id, steps)


@router.post("/runs/{run_id}/cancel", response_model=shaped(Commanded))
async def cancel_run(request: Request, caller: Caller, run_id: str) -> dict[str, Any]:
    """End a run: nothing more of it is begun; 409 when it has ended."""
    return await hosting(request).commands.cancel(caller.owner_id, run_id)


@router.post("/runs/{run_id}/pause", response_model=shaped(Commanded))
async def pause_run(request: Request, caller: Caller, run_id: str) -> dict[str, Any]:
    """Hold what a run would begin next, until it is resumed; 409 when it is paused or has ended."""
    return await hosting(request).commands.pause(caller.owner_id, run_id)


@router.post("/runs/{run_id}/resume", response_model=shaped(Commanded))
async def resume_run(request: Request, caller: Caller, run_id: str) -> dict[str, Any]:
    """Let a run go on that somebody has paused; 409 when nobody has."""
    return await hosting(request).commands.resume(caller.owner_id, run_id)


class Retry(Body):
    """Which steps to do again."""

    step_id: str = Field(
        "", alias="from", description="The id of a step; without it every step that has failed."
    )
    even_if_unknown: bool = Field(
        False, description="Also what may have happened, and may happen twice then."
    )


@router.post("/runs/{run_id}/retry", response_model=shaped(Commanded))
async def retry_run(
    request: Request, caller: Caller, run_id: str, which: Retry | None = None
) -> dict[str, Any]:
    """Do steps again that have failed, with the values that they had; 409 when there are none."""
    return await hosting(request).retries.retry(
        caller.owner_id,
        run_id,
        step_id=(which and which.step_id) or None,
        even_if_unknown=which is not None and which.even_if_unknown,
    )


@router.get("/events", response_model=shaped(EventList))
async def list_events(
    request: Request,
    caller: Caller,
    flow_id: FlowFilter = None,
    unrouted: bool = False,
    kind: Annotated[str | None, Query(description="Only of this kind, of the unrouted.")] = None,
    before: EventsBefore = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Return the newest events first: those of your runs, or those that no flow took."""
    engine = hosting(request)
    if unrouted:
        events = await engine.visibility.unrouted(
            caller.owner_id,
            is_administrator=caller.is_administrator,
            kind=kind,
            before=before,
            limit=limit,
        )
    else:
        events = await engine.events.of_owner(
            caller.owner_id, flow_id=flow_id, before=before, limit=limit
        )
    return {"events": events}


@router.get("/events/kinds", response_model=shaped(EventKinds))
async def list_event_kinds(request: Request, caller: Caller) -> dict[str, Any]:
    """Return of which kinds the events are that no flow took, and how many of each."""
    kinds = await hosting(request).visibility.unrouted_kinds(
        caller.owner_id, is_administrator=caller.is_administrator
    )
    return {"kinds": kinds}


class Replay(Body):
    """How to replay an event."""

    again: bool = Field(False, description="Do it although it was done before.")


@router.post("/events/{event_id}/replay", response_model=shaped(Replayed))
async def replay_event(
    request: Request, caller: Caller, event_id: EventId, how: Replay | None = None
) -> dict[str, Any]:
    """Start your flows that listen now with a stored event; 409 if that was done before."""
    run_ids = await hosting(request).visibility.replay(
        caller.owner_id,
        event_id,
        by=caller.owner_name,
        is_administrator=caller.is_administrator,
        again=how is not None and how.again,
    )
    return {"runIds": run_ids}


@router.get("/stream", response_class=Response)
async def stream(request: Request, caller: Caller) -> EventSourceResponse:
    """Send what happens to your runs, steps, their fates and your accounts, as it happens."""
    hosting(request).stream.check(caller.owner_id)
    return EventSourceResponse(_notices(request, caller.owner_id), ping=PING_S)


async def _notices(request: Request, owner_id: str) -> AsyncIterator[dict[str, str]]:
    yield {"event": OPEN, "data": "{}"}
    async for notice in hosting(request).stream.watch(owner_id):
        yield {"event": notice.kind, "data": json.dumps(notice.content, ensure_ascii=False)}
