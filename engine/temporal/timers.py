"""Timers in Temporal: each a workflow whose start is put off, by an id that makes it one only.

They end waits in time. What no timer was made for, because the process died or Temporal was away,
is found in the tables a little later. Schedules have none: whoever has the turn wakes triggers
owner after owner, so that those of one do not take the places of all others.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from ..contract import Clock, Log
from .link import Link
from .names import Names
from .workflows import END_WAIT, TimerWorkflow

# More than these wait to be made at a time: the tables know what is left.
MAX_WAITING = 10_000
AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Timer:
    """An activity about something, by its id, at a time."""

    name: str
    activity: str
    about: str
    at: float


@dataclass
class Timers:
    """Makes timers for what was stored, in the background."""

    link: Link
    names: Names
    clock: Clock
    log: Log
    _waiting: asyncio.Queue[_Timer] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))

    def add_wait(self, segment_id: str, at: float) -> None:
        """Have a wait ended at a time."""
        self._add(_Timer(self.names.wait(segment_id), END_WAIT, segment_id, at))

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
        await client.start_workflow(
            TimerWorkflow.run,
            args=[timer.activity, timer.about],
            id=timer.name,
            task_queue=self.names.task_queue,
            start_delay=timedelta(seconds=max(timer.at - self.clock.now, 0.0)),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
