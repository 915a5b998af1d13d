"""Timers in Temporal: each a workflow whose start is put off, by an id that makes it one only.

They end waits in time, and have triggers woken in time by the process that has the turn, which does
it owner after owner. What no timer was made for, because the process died or Temporal was away, is
found in the tables a little later.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from ..contract import Clock, Log
from .link import Link
from .names import Names
from .workflows import END_WAIT, WAKE, TimerWorkflow

# More than these wait to be made at a time: the tables know what is left.
MAX_WAITING = 10_000
AT_ONCE = 16
# Triggers that are due within one part of a second have one timer: ten thousand at nine o'clock
# ask for the same. A power of two, so that a float has its multiples exactly.
PARTS_OF_A_SECOND = 8
# So many of these are known to have been asked for, and not asked for again.
MAX_KNOWN = 1_000


@dataclass(frozen=True, slots=True)
class _Timer:
    """An activity about something, by its id, at a time."""

    name: str
    activity: str
    about: str
    at: float


@dataclass
class Timers:
    """Makes timers for what was stored, in the background.

    What is over by `late_s` has been found in the tables, and needs none any more.
    """

    link: Link
    names: Names
    clock: Clock
    log: Log
    late_s: float
    _waiting: asyncio.Queue[_Timer] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))
    _known: deque[float] = field(default_factory=lambda: deque[float](maxlen=MAX_KNOWN))

    def add_wait(self, segment_id: str, at: float) -> None:
        """Have a wait ended at a time."""
        self._add(_Timer(self.names.wait(segment_id), END_WAIT, segment_id, at))

    def add_schedule(self, at: float) -> None:
        """Have triggers woken that are due at a time; they may have been stored before."""
        # A time that is over has a timer of its own now: who was woken by that one is not known.
        due_at = math.ceil(max(at, self.clock.now) * PARTS_OF_A_SECOND) / PARTS_OF_A_SECOND
        if due_at not in self._known:
            self._known.append(due_at)
            about = f"{due_at:.3f}"
            self._add(_Timer(self.names.schedules(about), WAKE, about, due_at))

    def _add(self, timer: _Timer) -> None:
        try:
            self._waiting.put_nowait(timer)
        except asyncio.QueueFull:
            self.log.warning("timers_left_to_the_tables")

    async def work(self) -> None:
        """Make them, several at a time, until cancelled."""
        async with asyncio.TaskGroup() as makers:
            for _ in range(AT_ONCE):
                makers.create_task(self._make_all())

    async def _make_all(self) -> None:
        while True:
            await self.link.call(partial(self._make, timer=await self._waiting.get()))

    async def _make(self, client: Client, timer: _Timer) -> None:
        if self.clock.now > timer.at + self.late_s:
            return
        await client.start_workflow(
            TimerWorkflow.run,
            args=[timer.activity, timer.about],
            id=timer.name,
            task_queue=self.names.task_queue,
            start_delay=timedelta(seconds=max(timer.at - self.clock.now, 0.0)),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
