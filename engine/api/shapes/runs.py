"""Runs with their steps, and the events that start them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from ...contract import FateState
from ...runs.states import RunState, SegmentState, StepState
from .accounts import Finding
from .refusals import Failure
from .shape import Shape


class StepFate(Shape):
    """What has become of something that a step did, as far as is known."""

    state: FateState
    at: datetime
    error: Failure | None = Field(description="Why it has failed.")
    silent_since: datetime | None = Field(
        description="Since when nothing more was heard of a step that is `accepted`, once that is"
        " 30 seconds ago."
    )
    reasons: list[Finding] = Field(
        description="Why that may be, the likeliest first; asked of the service for the first 20"
        " such steps when a run is looked at, and empty in the stream."
    )


class RunSummary(Shape):
    """A run without its steps."""

    id: str
    flow_id: str
    flow_name: str | None = Field(description="null when the flow is gone.")
    version: int = Field(description="The flow's version that runs; of a test, below zero.")
    is_test: bool = Field(description="It is a run of a draft.")
    is_replay: bool = Field(
        description="Its event was replayed, or it was begun like another run; of an event that"
        " is forgotten, false."
    )
    like_run_id: str | None = Field(
        description="The run that it was begun like, which may be forgotten; null for others."
    )
    trigger: str = Field(description="The component that began it, by its name in the flow.")
    trigger_type: str | None = Field(description="That component's full name.")
    conversation: str | None = Field(
        description="What the service calls that in which its events go one after the other, such"
        " as a person's number; null where there is none."
    )
    event_id: int | None = Field(
        description="The `id` of the event that started it; null for a run that none has."
    )
    status: RunState
    error: Failure | None
    started_at: datetime
    ended_at: datetime | None
    duration_s: float | None = Field(description="null until it has ended.")
    fates: dict[FateState, int] = Field(
        description="How many of its steps have come to each state that was told of later."
    )


class RunList(Shape):
    runs: list[RunSummary]
    next: str | None = Field(
        description="What `before` is for the next page; null when there is nothing further back."
    )


class Step(Shape):
    """What one component did, after its last attempt."""

    id: str
    component: str = Field(description="Its name in the flow.")
    type: str = Field(description="The component's full name.")
    status: StepState
    attempt: int
    input: dict[str, Any] | None = Field(description="Secrets are hidden; a trigger has none.")
    output: dict[str, list[Any]] | None = Field(description="The values by port, 50 at most.")
    output_counts: dict[str, int] | None = Field(
        description="How many values the ports have that have more."
    )
    error: Failure | None
    started_at: datetime
    duration_s: float
    fate: StepFate | None = Field(
        description="What became of what it did; null where nothing is told of that."
    )


class RunWait(Shape):
    """What a run does or waits for."""

    component: str | None = Field(description="null when the run has just begun.")
    reason: str = Field(description="In words, where the component says it; else empty.")
    status: SegmentState
    key: str | None = Field(description="What the awaited event names; null for a time.")
    until: datetime | None = Field(description="When it goes on in any case.")


class OpenList(Shape):
    """A step that gave many values, which are worked off one by one."""

    step_id: str
    component: str
    values: int
    steps: int = Field(description="The steps that they lead to first.")
    begun: int = Field(description="How many of these steps have been begun.")
    at_once: int | None = Field(description="How many may be under way; null for any number.")


class StepPage(Shape):
    """Some steps of a run, in the order in which they came to their present state."""

    steps: list[Step]
    next: str | None = Field(
        description="What `after` is for the next page; with fewer steps than `limit` there is"
        " none yet, and it shows what changes from now on."
    )


class Run(RunSummary):
    """A run with its first steps."""

    event_key: str | None = Field(
        description="The service's id of the event; null once the event is forgotten."
    )
    steps: list[Step] = Field(description="The first 100; more by `next`.")
    step_count: int
    next: str | None = Field(description="What `after` is for the next page of steps.")
    waits: list[RunWait] = Field(description="The first 100.")
    wait_count: int
    lists: list[OpenList] = Field(description="The first 100 that are not done.")
    temporal_url: str | None = Field(
        description="Where Temporal's own page tells of its conversation; null without such a page."
    )


class Commanded(Shape):
    """What became of a run that was cancelled, paused, resumed or retried."""

    id: str
    status: RunState
    message: str = Field(description="What happens now, in words.")


class Event(Shape):
    """Something that a service told."""

    id: int = Field(description="Newer events have higher numbers.")
    event_id: str = Field(description="The service's own id.")
    connector: str
    kind: str
    state: Literal["new", "routed", "unrouted", "repeated", "failed"] = Field(
        description="`unrouted`: no flow took it. `failed`: it could not be read."
    )
    received_at: datetime
    duplicates: int = Field(description="How often it was told again.")
    routes: list[str] = Field(description="Topics that triggers may listen to.")
    payload: dict[str, Any]


class EventList(Shape):
    events: list[Event]


class EventKind(Shape):
    """How many events of one kind no flow took."""

    connector: str
    kind: str
    count: int
    last_at: datetime


class EventKinds(Shape):
    kinds: list[EventKind] = Field(
        description="Of the newest 20,000, the kind that was told of last first."
    )


class Replayed(Shape):
    run_ids: list[str] = Field(description="The runs that were started.")
