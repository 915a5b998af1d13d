"""The states of runs, steps and segments, as they stand in the tables and in every answer."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """A run: at work, at rest, or at its end.

    `paused` is for an account that has to be connected again, `held` by a person.
    """

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    HELD = "held"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in ENDS

    @property
    def following(self) -> frozenset[RunState]:
        """The states that it may have next."""
        return TRANSITIONS[self]


ENDS = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.UNKNOWN, RunState.CANCELLED})
UNDER_WAY = frozenset({*RunState}) - ENDS
TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    **{each: frozenset({*RunState}) - {each} for each in UNDER_WAY},
    RunState.COMPLETED: frozenset(),
    # A step of it is done again.
    RunState.FAILED: frozenset({RunState.RUNNING}),
    RunState.UNKNOWN: frozenset({RunState.RUNNING}),
    RunState.CANCELLED: frozenset(),
}


class StepState(StrEnum):
    """A step, after each attempt at it: at its end, or at rest until something happens."""

    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    RETRYING = "retrying"
    PAUSED = "paused"

    @property
    def is_at_rest(self) -> bool:
        return self in (StepState.WAITING, StepState.RETRYING, StepState.PAUSED)


class SegmentState(StrEnum):
    """A segment: `waiting` for an event or a time, `paused` for an account, `queued`, `done`.

    It is `held` while a person has paused its run, if it would be `queued` else.
    """

    QUEUED = "queued"
    WAITING = "waiting"
    PAUSED = "paused"
    HELD = "held"
    DONE = "done"


class ListState(StrEnum):
    """A list: `open` until all that its values lead to is done."""

    OPEN = "open"
    DONE = "done"
