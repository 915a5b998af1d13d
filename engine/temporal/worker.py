"""The worker of one process: takes from Temporal what is to be done, while its lease lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from ..storage.fence import Fence
from .activities import Activities
from .link import Link
from .names import Names
from .workflows import ConversationWorkflow, TimerWorkflow

WORKFLOWS: Sequence[type] = (ConversationWorkflow, TimerWorkflow)
# As many segments as the process that has the turn lets begin, and waits to end beside them.
MAX_ACTIVITIES = 512 + 64
# A worker that is to end has so long, and once more when it is cancelled.
SHUTDOWN_S = 5.0


@dataclass
class Works:
    """`workflows` are the ones of this release; a test has those of the next one."""

    link: Link
    names: Names
    lease: Fence
    activities: Activities
    workflows: Sequence[type] = WORKFLOWS
    _is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def leave(self) -> None:
        """Take nothing more: the lease is over."""
        self._is_over.set()

    async def work(self) -> None:
        """Do what is to be done while this process may, until cancelled."""
        while True:
            await self.lease.is_open.wait()
            self._is_over.clear()
            worker = await self._make()
            running = asyncio.create_task(worker.run())
            over = asyncio.create_task(self._is_over.wait())
            try:
                await asyncio.wait([running, over], return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.cancel()
                await self._end(worker, running)
            if running.done() and not running.cancelled() and (failure := running.exception()):
                raise failure

    async def _end(self, worker: Worker, running: asyncio.Task[None]) -> None:
        """Shut a worker down; one that does not come to its end keeps nobody else from it."""
        ending = asyncio.create_task(worker.shutdown())
        await asyncio.wait([running], timeout=SHUTDOWN_S)
        if not running.done():
            self.link.log.warning("temporal_worker_left")
        for task in (running, ending):
            task.cancel()
        await asyncio.wait([running, ending], timeout=SHUTDOWN_S)

    async def _make(self) -> Worker:
        return Worker(
            await self.link.client(),
            task_queue=self.names.task_queue,
            workflows=self.workflows,
            activities=self.activities.all,
            # They import nothing that could take another course, and a sandbox for each
            # conversation would cost more than all it does.
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_concurrent_activities=MAX_ACTIVITIES,
            identity=self.link.identity,
            graceful_shutdown_timeout=timedelta(0),
        )
