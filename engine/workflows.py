"""DBOS: the durable queue on which segments of runs are executed and recovered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

APPLICATION = "appmixer"
QUEUE = "segments"
RUN_SEGMENT, WAKE_SEGMENT = "run_segment", "wake_segment"
# Workflows are recovered by a process of the same version only: raise it when their shape changes.
VERSION = "1"
POLL_S = 0.1
CONCURRENT_SEGMENTS = 100
# DBOS looks for new cron schedules this often; the engine has none.
NO_SCHEDULES_S = 3600.0
GRACE_S = 5.0
# DBOS's listener, which has nothing to listen to here, looks this often whether it should stop.
STOPS_WITHIN_S = 0.1
LAST_RANK = 2**31 - 1


@dataclass
class Workflows:
    """DBOS in this process, on the engine's own database.

    What a process had under way is recovered by the next one with the same `executor_id`.
    """

    database: sa.Engine
    executor_id: str
    _under_way: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])

    async def launch(
        self,
        run_segment: Callable[[dict[str, Any]], Awaitable[None]],
        wake_segment: Callable[[str], Awaitable[None]],
    ) -> None:
        """Recover what this machine had under way, and begin to take work from the queue."""
        settings: DBOSConfig = {
            "name": APPLICATION,
            "system_database_engine": self.database,
            "application_version": VERSION,
            "executor_id": self.executor_id,
            "log_level": "WARNING",
            "scheduler_polling_interval_sec": NO_SCHEDULES_S,
            "notification_listener_polling_interval_sec": STOPS_WITHIN_S,
        }
        DBOS(config=settings)

        # DBOS wants plain functions.
        @DBOS.workflow(name=RUN_SEGMENT)
        async def _run(payload: dict[str, Any]) -> None:
            with self._counted():
                await run_segment(payload)

        @DBOS.workflow(name=WAKE_SEGMENT)
        async def _wake(segment_id: str) -> None:
            with self._counted():
                await wake_segment(segment_id)

        # The queue is there before DBOS looks for queues, because it looks once a second only.
        await asyncio.to_thread(self._prepare)
        DBOS.launch()

    async def close(self) -> None:
        """Wait shortly for what is under way; the rest is recovered by the next start."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE_S)
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        self._client.destroy()
        # DBOS has put its own pool of threads into the loop, and closed it.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())

    def enqueue(
        self,
        connection: sa.Connection,
        name: str,
        payload: Any,
        *,
        workflow_id: str,
        partition: str,
        rank: int = 1,
        delay_s: float = 0.0,
    ) -> None:
        """Enqueue as part of the caller's transaction; an id that is in use changes nothing.

        Within a partition a smaller rank goes first, because enqueueing times can be equal.
        """
        options: EnqueueOptions = {
            "workflow_name": name,
            "queue_name": QUEUE,
            "workflow_id": workflow_id,
            "queue_partition_key": partition,
            "app_version": VERSION,
            "priority": min(max(rank, 1), LAST_RANK),
        }
        if delay_s > 0:
            options["delay_seconds"] = delay_s
        self._client.enqueue_in_transaction(connection, options, payload)

    def _prepare(self) -> None:
        DBOS.migrate(self.database.url.render_as_string(hide_password=False))
        # One at a time in each partition is what keeps the order within a conversation.
        self._client.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=CONCURRENT_SEGMENTS,
            polling_interval_sec=POLL_S,
        )

    @contextmanager
    def _counted(self) -> Generator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            yield
        finally:
            self._under_way.discard(task)

    @cached_property
    def _client(self) -> DBOSClient:
        return DBOSClient(system_database_engine=self.database, application_name=APPLICATION)
