"""The states of runs, steps and segments, as they stand in the tables and in every answer."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """A run: `running → waiting | paused → running → completed | failed | unknown`."""

    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        return self in (RunState.COMPLETED, RunState.FAILED, RunState.UNKNOWN)


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
    """A segment: `waiting` for an event or a time, `paused` for an account, `queued`, `done`."""

    QUEUED = "queued"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
