"""Long-lived tasks, watched: one that fails is begun again, and whoever looks can see it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ..contract import Log
from ..contract.connector import FOREIGN_FAULTS
from .faults import Describe
from .metrics import Metrics

# After a failure a task rests, longer each time, and is well again when it has run for so long.
FIRST_REST_S, LONGEST_REST_S, WELL_AFTER_S = 0.2, 30.0, 10.0


@dataclass
class _State:
    begun_at: float = 0.0
    failures: int = 0
    trouble: str = ""


@dataclass
class Tasks:
    """The tasks of an engine's own, or of a plugin.

    `describe` logs an exception that was not foreseen, and says what a record says of it.
    """

    describe: Describe
    metrics: Metrics
    log: Log
    _states: dict[str, _State] = field(default_factory=dict[str, _State])
    _running: list[asyncio.Task[None]] = field(default_factory=list["asyncio.Task[None]"])

    def begin(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run what never ends by itself until `stop`; should it end, it is begun again."""
        self._states[name] = _State()
        self._running.append(asyncio.create_task(self._keep(name, work), name=name))

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._running.clear()

    def troubles(self) -> dict[str, str]:
        """Return the tasks that have failed just now, each with its reason."""
        now = time.monotonic()
        return {
            name: state.trouble
            for name, state in self._states.items()
            if state.trouble and not (state.begun_at and now - state.begun_at > WELL_AFTER_S)
        }

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        state = self._states[name]
        while True:
            state.begun_at = time.monotonic()
            try:
                await work()
                state.trouble = "it has ended by itself"
            # The outermost loop of whatever lives as long as the engine, be it a connector's.
            except FOREIGN_FAULTS as error:
                described = self.describe(error, task=name)
                state.trouble = str(described.get("cause") or described["title"])
            self.log.warning("task_failed", task=name, reason=state.trouble)
            self.metrics.task_failures.labels(name).inc()
            if time.monotonic() - state.begun_at > WELL_AFTER_S:
                state.failures = 0
            state.begun_at = 0.0
            await asyncio.sleep(min(FIRST_REST_S * 2**state.failures, LONGEST_REST_S))
            state.failures += 1
