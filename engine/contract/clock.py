"""The one clock that every timer, wait, window, token and lease asks."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Protocol


class Clock(Protocol):
    """What time it is, and how to wait until it is later; a test gives one that it moves."""

    @property
    def now(self) -> float:
        """Seconds since 1970, in UTC. It may be set back, so it measures no duration."""
        ...

    @property
    def elapsed(self) -> float:
        """Seconds since some moment; it never goes back, so two readings measure a duration."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Return when the event is set, or after so many seconds."""
        ...


class SystemClock:
    """The machine's own clock."""

    @property
    def now(self) -> float:
        return time.time()

    @property
    def elapsed(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        # Not by asyncio.wait_for: in Python 3.11 it loses a cancellation that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
