"""What Temporal keeps of conversations and timers: ids, ranks, and whose turn it is.

All of it is told again to whoever goes on, so it may never take another course than it took when it
was recorded. It is changed like this, and tests/engine/temporal/test_versions.py shows it: the new
course stands behind `if workflow.patched("what is new"):`, and the former one beside it for one
release; workers of both releases may be at work then. An activity that needs other arguments gets
another name (`segment-2`), and the former one is kept for a release as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

SEGMENT, END_WAIT, WAKE = "segment-1", "end-wait-1", "wake-1"
# Longer than any segment may take: what decides whether one is given up is its heartbeat.
LONGEST = timedelta(days=1)
SOON = timedelta(minutes=5)
# So long a timer's activity is tried, which no worker may know: the tables have made up for it.
TRIED_FOR = timedelta(hours=1)
# An activity that fails has not done its work, and is tried until somebody has.
AGAIN = RetryPolicy(
    initial_interval=timedelta(seconds=0.2),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=5),
)


@dataclass(frozen=True)
class Handed:
    """A segment that was handed over; those whose `beside` is the same, and not empty, go together.

    The smaller `rank` goes first.
    """

    id: str
    rank: int
    beside: str = ""


@dataclass(frozen=True)
class Conversation:
    """What a conversation begins with: how it is executed, and what is left from before."""

    side_by_side: int
    heartbeat_s: float
    left: list[Handed] = field(default_factory=list[Handed])


@workflow.defn(name="conversation")
class ConversationWorkflow:
    """Has the segments of one conversation executed in order; ends when none is left."""

    def __init__(self) -> None:
        self._waiting: dict[str, Handed] = {}
        self._under_way: dict[str, Handed] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @workflow.signal(name="hand_over")
    def hand_over(self, handed: Handed) -> None:
        """Take a segment; one that is known is not taken twice."""
        if handed.id not in self._under_way:
            self._waiting[handed.id] = handed

    @workflow.run
    async def run(self, given: Conversation) -> None:
        for handed in given.left:
            self.hand_over(handed)
        while self._waiting or self._under_way:
            goes_on_anew = workflow.info().is_continue_as_new_suggested()
            while not goes_on_anew and (following := self._next(given.side_by_side)):
                self._begin(following, given)
            if goes_on_anew and not self._under_way:
                left = list(self._waiting.values())
                workflow.continue_as_new(Conversation(given.side_by_side, given.heartbeat_s, left))
            await workflow.wait_condition(self._changed(given.side_by_side))

    def _next(self, side_by_side: int) -> Handed | None:
        """Return what may begin now, if something may."""
        if not self._waiting:
            return None
        first = min(self._waiting.values(), key=lambda handed: handed.rank)
        beside = {handed.beside for handed in self._under_way.values()}
        if not beside:
            return first
        goes_along = first.beside != "" and beside == {first.beside}
        return first if goes_along and len(self._under_way) < side_by_side else None

    def _changed(self, side_by_side: int) -> Callable[[], bool]:
        under_way = len(self._under_way)

        def has_changed() -> bool:
            return len(self._under_way) != under_way or self._next(side_by_side) is not None

        return has_changed

    def _begin(self, handed: Handed, given: Conversation) -> None:
        del self._waiting[handed.id]
        self._under_way[handed.id] = handed
        task = asyncio.create_task(self._execute(handed, given))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _execute(self, handed: Handed, given: Conversation) -> None:
        try:
            await workflow.execute_activity(
                SEGMENT,
                handed.id,
                start_to_close_timeout=LONGEST,
                heartbeat_timeout=timedelta(seconds=given.heartbeat_s),
                retry_policy=AGAIN,
            )
        except ActivityError:
            pass  # its row says that it is still due, and it is handed over again
        finally:
            del self._under_way[handed.id]


@workflow.defn(name="timer")
class TimerWorkflow:
    """Begins at its time, by a delay of its start, and has done what is due then."""

    @workflow.run
    async def run(self, activity: str, about: str) -> None:
        try:
            await workflow.execute_activity(
                activity,
                about,
                schedule_to_close_timeout=TRIED_FOR,
                start_to_close_timeout=SOON,
                retry_policy=AGAIN,
            )
        except ActivityError:
            pass  # what is still due is found in the tables
