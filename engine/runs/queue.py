"""The seam behind which segments are executed, and the queue of this process.

What is handed over is executed at least once, one at a time and in order (by rank) within an order
key, by another process when this one dies: the rows are the queue, and memory is only its front.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Set
from dataclasses import dataclass, field
from typing import Protocol

from .work import SegmentWork

# How many segments may be executed at once. Each owner may have half of what the others leave, and
# each flow half of what the owner's other flows leave: there is always room for one more.
PLACES = 512
# What is not in memory is in the table, and fetched when there is room.
MAX_IN_MEMORY = 20_000
GRACE_S = 5.0


class Queue(Protocol):
    """Hands segments that are due to whoever executes them."""

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        """Take segments whose rows have been committed; one that is known is not taken twice."""
        ...

    async def close(self) -> None:
        """Wait shortly for what is under way; the rest is executed by the next process."""
        ...


@dataclass
class _Share:
    """What one owner has: places in use, by flow, and order keys that could go on."""

    in_use: dict[str, int] = field(default_factory=dict[str, int])
    # By flow, in turn.
    ready: dict[str, deque[str]] = field(default_factory=dict[str, "deque[str]"])

    @property
    def total(self) -> int:
        return sum(self.in_use.values())


class EmbeddedQueue:
    """Executes segments as tasks of this process, fairly between owners and their flows."""

    def __init__(
        self,
        execute: Callable[[SegmentWork], Awaitable[None]],
        *,
        places: int = PLACES,
        in_memory: int = MAX_IN_MEMORY,
    ) -> None:
        self._execute, self._places, self.in_memory = execute, places, in_memory
        self._known: set[str] = set()
        # By order key, the smallest rank first; a key that is being worked on is in `_busy`.
        self._lanes: dict[str, list[tuple[int, int, SegmentWork]]] = {}
        self._busy: set[str] = set()
        self._shares: dict[str, _Share] = {}
        # Owners who wait, in turn.
        self._waiting: deque[str] = deque()
        self._in_use = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count()
        self._is_closed = False
        # Whether the table may have what is not in memory, and whether something was left there
        # since the rows were last asked for.
        self._has_more_rows, self._was_left = True, False
        self.wants_rows = asyncio.Event()
        """Set when the table has more and there is room for it."""

    @property
    def tasks(self) -> Set[asyncio.Task[None]]:
        """The executions under way."""
        return self._tasks

    @property
    def known(self) -> frozenset[str]:
        """The ids of what is in memory or under way."""
        return frozenset(self._known)

    @property
    def room(self) -> int:
        return 0 if self._is_closed else max(self.in_memory - len(self._known), 0)

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        for work in works:
            if work.id in self._known:
                continue
            # What is in the table may be older, and of the same conversation.
            if self._has_more_rows or not self.room:
                self._has_more_rows = self._was_left = True
                self._take_place_of_later(work)
            else:
                self._add(work)
        self._fill_places()

    def leave(self) -> None:
        """Note that something due was left in the table: it is wanted, and not overtaken."""
        self._has_more_rows = self._was_left = True
        self.wants_rows.set()

    def leave_all(self) -> None:
        """Begin nothing of what is in memory: another process may have the rows now."""
        for lane in self._lanes.values():
            self._known.difference_update(work.id for _, _, work in lane)
        self._lanes = {order_key: [] for order_key in self._busy}
        for share in self._shares.values():
            share.ready.clear()
        self._shares = {owner: share for owner, share in self._shares.items() if share.in_use}
        self._waiting.clear()
        self._has_more_rows = self._was_left = True

    def before_rows(self) -> None:
        """Note that the table is read now: what is left there from now on may not be found."""
        self.wants_rows.clear()
        self._was_left = False

    def take_rows(self, works: Iterable[SegmentWork], *, are_all: bool) -> None:
        """Take what the table had, in the order of rank; `are_all` says that it had no more."""
        self._has_more_rows = self._was_left or not are_all
        for work in works:
            if work.id in self._known:
                continue
            if not self.room:
                self._has_more_rows = True
                break
            self._add(work)
        self._fill_places()
        self._ask_for_rows()

    def _ask_for_rows(self) -> None:
        if self._has_more_rows and self.room > self.in_memory // 2:
            self.wants_rows.set()

    def _add(self, work: SegmentWork) -> None:
        self._known.add(work.id)
        lane = self._lanes.setdefault(work.order_key, [])
        heapq.heappush(lane, (work.rank, next(self._numbers), work))
        if len(lane) == 1 and work.order_key not in self._busy:
            self._make_ready(work)

    def _take_place_of_later(self, work: SegmentWork) -> None:
        """Leave the last of a conversation in the table instead of one that goes before it."""
        lane = self._lanes.get(work.order_key)
        last = max(lane) if lane else None
        if lane and last and last[0] > work.rank:
            self._known.discard(last[2].id)
            self._known.add(work.id)
            lane[lane.index(last)] = (work.rank, next(self._numbers), work)
            heapq.heapify(lane)

    async def close(self) -> None:
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _make_ready(self, work: SegmentWork) -> None:
        share = self._shares.setdefault(work.owner_id, _Share())
        if not share.ready and work.owner_id not in self._waiting:
            self._waiting.append(work.owner_id)
        share.ready.setdefault(work.flow_key, deque()).append(work.order_key)

    def _fill_places(self) -> None:
        """Give free places away: owner after owner, and of each owner flow after flow."""
        passed_over = 0
        while self._waiting and passed_over < len(self._waiting) and not self._is_closed:
            owner_id = self._waiting[0]
            order_key = self._next_of(owner_id)
            if order_key is None:
                self._waiting.rotate(-1)
                passed_over += 1
                continue
            passed_over = 0
            if self._shares[owner_id].ready:
                self._waiting.rotate(-1)
            else:
                self._waiting.popleft()
            self._begin(order_key)

    def _next_of(self, owner_id: str) -> str | None:
        """Take the owner's next order key, or None when the owner or its flows have their share."""
        share = self._shares[owner_id]
        total = share.total
        left = self._places - (self._in_use - total)
        if self._in_use >= self._places or total >= max(left // 2, 1):
            return None
        for flow_key in list(share.ready):
            in_use = share.in_use.get(flow_key, 0)
            keys = share.ready.pop(flow_key)
            if in_use >= max((left // 2 - (total - in_use)) // 2, 1):
                share.ready[flow_key] = keys
                continue
            order_key = keys.popleft()
            if keys:
                share.ready[flow_key] = keys
            return order_key
        return None

    def _begin(self, order_key: str) -> None:
        lane = self._lanes[order_key]
        _, _, work = heapq.heappop(lane)
        self._busy.add(order_key)
        self._in_use += 1
        in_use = self._shares[work.owner_id].in_use
        in_use[work.flow_key] = in_use.get(work.flow_key, 0) + 1
        # Whoever has handed it over waits for no answer from it.
        apart = contextvars.Context()
        task = asyncio.create_task(self._work(work), name=f"segment {work.id}", context=apart)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, work: SegmentWork) -> None:
        try:
            await self._execute(work)
        finally:
            self._end(work)

    def _end(self, work: SegmentWork) -> None:
        self._known.discard(work.id)
        self._ask_for_rows()
        self._busy.discard(work.order_key)
        self._in_use -= 1
        share = self._shares[work.owner_id]
        share.in_use[work.flow_key] -= 1
        if not share.in_use[work.flow_key]:
            del share.in_use[work.flow_key]
        lane = self._lanes[work.order_key]
        if lane:
            self._make_ready(lane[0][2])
        else:
            del self._lanes[work.order_key]
        if not share.in_use and not share.ready:
            del self._shares[work.owner_id]
        self._fill_places()
