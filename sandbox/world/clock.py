"""The clock of a simulated world, with its timers: read, frozen, moved and sped up at will."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime

logger = logging.getLogger(__name__)

# A timer of the event loop is never set further ahead than this (the loop refuses very long ones).
MAX_SLEEP_S = 3600.0


class Clock:
    """Seconds since 1970 that pass at `speed`, or not at all while frozen."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._alarm: asyncio.TimerHandle | None = None
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self.speed = 1.0
        self.frozen = False
        self.fired = 0
        """How many timers have gone off so far."""
        self._set(time.time())

    def now(self) -> float:
        if self.frozen:
            return self._base
        return self._base + (time.monotonic() - self._mark) * self.speed

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now(), UTC)

    def start(self) -> None:
        """Tie the timers to the running event loop. May be called again."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop = loop
            self._arm()

    def stop(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop = None

    def reset(self) -> None:
        """Forget all timers and go back to the time of the machine."""
        self._heap.clear()
        self.speed, self.frozen = 1.0, False
        self._set(time.time())
        self._arm()

    def after(self, delay_s: float, act: Callable[[], None]) -> None:
        self.at(self.now() + delay_s, act)

    def at(self, when: float, act: Callable[[], None]) -> None:
        entry = (when, next(self._order), act)
        heapq.heappush(self._heap, entry)
        if self._heap[0] is entry:
            self._arm()

    def freeze(self, *, frozen: bool) -> None:
        self._set(self.now())
        self.frozen = frozen
        self._arm()

    def run_at(self, speed: float) -> None:
        self._set(self.now())
        self.speed = speed
        self._arm()

    def move_to(self, when: float) -> None:
        """Set the time. Going forward, each timer on the way fires at its own moment, in order."""
        while self._heap and self._heap[0][0] <= when:
            due = heapq.heappop(self._heap)
            self._set(max(self.now(), due[0]))
            self._fire(due[2])
        self._set(when)
        self._arm()

    def continue_at(self, when: float, *, speed: float, frozen: bool) -> None:
        """Take up the time of another clock. Timers stay, and none of them is due by this alone."""
        self.speed, self.frozen = speed, frozen
        self._set(when)
        self._arm()

    def timers(self) -> list[tuple[float, Callable[[], None]]]:
        """What is still to happen, and when, in that order."""
        return [(when, act) for when, _, act in sorted(self._heap, key=lambda entry: entry[:2])]

    def forget_timers(self) -> None:
        self._heap.clear()
        self._arm()

    @property
    def pending(self) -> int:
        return len(self._heap)

    def _set(self, when: float) -> None:
        self._base, self._mark = when, time.monotonic()

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._loop is None or not self._heap:
            return
        ahead_s = self._heap[0][0] - self.now()
        if self.frozen:
            if ahead_s > 0:
                return
        else:
            ahead_s /= self.speed
        self._alarm = self._loop.call_later(min(max(ahead_s, 0.0), MAX_SLEEP_S), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        now = self.now()
        while self._heap and self._heap[0][0] <= now:
            self._fire(heapq.heappop(self._heap)[2])
        self._arm()

    def _fire(self, act: Callable[[], None]) -> None:
        self.fired += 1
        # One timer that breaks must not stop the others: this is their outermost loop.
        try:
            act()
        except Exception:
            logger.exception("a timer of the simulated world failed")
