"""Conversations: of the segments of one order key, which may begin now."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from .work import SegmentWork


class Lanes:
    """Segments that wait for their turn: one at a time of an order key, the smallest rank first.

    The values of one run's lists, `side_by_side` at most, may go together. Whatever stands behind
    one that may not begin yet waits with it, so nothing is overtaken.
    """

    def __init__(self, side_by_side: int) -> None:
        self._side_by_side = side_by_side
        self._waiting: dict[str, list[tuple[int, int, SegmentWork]]] = {}
        # How many of an order key are under way, and beside what they go.
        self._busy: dict[str, tuple[int, str]] = {}
        self._numbers = itertools.count()

    def __iter__(self) -> Iterator[SegmentWork]:
        """Yield all that waits."""
        return (work for lane in self._waiting.values() for _, _, work in lane)

    def add(self, work: SegmentWork) -> None:
        lane = self._waiting.setdefault(work.order_key, [])
        heapq.heappush(lane, (work.rank, next(self._numbers), work))

    def next(self, order_key: str) -> SegmentWork | None:
        """Return what may begin now, if something may."""
        lane = self._waiting.get(order_key)
        if not lane:
            return None
        work = lane[0][2]
        if order_key in self._busy:
            count, beside = self._busy[order_key]
            if not beside or work.beside != beside or count >= self._side_by_side:
                return None
        return work

    def begin(self, order_key: str) -> SegmentWork:
        """Take what may begin now."""
        lane = self._waiting[order_key]
        _, _, work = heapq.heappop(lane)
        if not lane:
            del self._waiting[order_key]
        count, _ = self._busy.get(order_key, (0, ""))
        self._busy[order_key] = count + 1, work.beside
        return work

    def end(self, work: SegmentWork) -> None:
        """Note that one that has begun is over."""
        count, beside = self._busy[work.order_key]
        if count > 1:
            self._busy[work.order_key] = count - 1, beside
        else:
            del self._busy[work.order_key]

    def take_place_of_later(self, work: SegmentWork) -> SegmentWork | None:
        """Take one in for the last of its conversation, if that comes later; return that one."""
        lane = self._waiting.get(work.order_key)
        last = max(lane) if lane else None
        if lane is None or last is None or last[0] <= work.rank:
            return None
        lane[lane.index(last)] = (work.rank, next(self._numbers), work)
        heapq.heapify(lane)
        return last[2]

    def remove(self, run_id: str | None = None) -> list[SegmentWork]:
        """Take out, and return, all that waits, or all of one run."""
        taken = [work for work in self if run_id in (None, work.run_id)]
        ids = {work.id for work in taken}
        for order_key in {work.order_key for work in taken}:
            lane = [each for each in self._waiting.pop(order_key) if each[2].id not in ids]
            if lane:
                heapq.heapify(lane)
                self._waiting[order_key] = lane
        return taken
