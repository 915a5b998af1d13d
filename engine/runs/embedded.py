"""The queue of this process: the rows are the queue, and memory is only its front."""

from __future__ import annotations

import asyncio
import contextvars
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field

from ..limits import Limits
from .lanes import Lanes
from .work import SegmentWork

# How many segments may be executed at once. Each owner may have half of what the others leave, and
# each flow half of what the owner's other flows leave: there is always room for one more.
PLACES = 512
# What is not in memory is in the table, and fetched when there is room.
MAX_IN_MEMORY = 20_000
GRACE_S = 5.0
# So many begin in a row, then others on the loop have their turn. The same done for many in a row
# takes less time than by turns with other things: with 16, all in all, a tenth more.
AT_ONCE = 128


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
        execute: Callable[[SegmentWork], Awaitable[object]],
        *,
        places: int = PLACES,
        in_memory: int = MAX_IN_MEMORY,
        side_by_side: int = Limits().side_by_side,
        context: Callable[[], contextvars.Context] = contextvars.Context,
    ) -> None:
        """`context` makes what an execution knows: nothing of whoever has handed it over."""
        self._execute, self._context = execute, context
        self._places, self.in_memory = places, in_memory
        self._known: set[str] = set()
        # How many of them each flow has.
        self._held: dict[str, int] = {}
        self._lanes = Lanes(side_by_side)
        # Order keys that are ready in some share.
        self._offered: set[str] = set()
        self._shares: dict[str, _Share] = {}
        # Owners who wait, in turn.
        self._waiting: deque[str] = deque()
        self._in_use = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False
        # How many have begun in this turn of the loop.
        self._begun = 0
        # Flows of which the table has more than is in memory, and those of which something was left
        # there since the rows were last asked for; at first it may be any flow.
        self._left: set[str] = set()
        self._left_since: set[str] = set()
        self._may_have_any = self._may_have_any_since = True
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

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        for work in works:
            if work.id in self._known:
                continue
            # What is in the table may be older, and of the same conversation.
            if self._may_have_any or work.flow_key in self._left or self._room(work.flow_key) < 1:
                self._leave_one(work.flow_key)
                self._take_place_of_later(work)
            else:
                self._add(work)
        self._fill_places()

    def leave(self) -> None:
        """Note that something due was left in the table: it is wanted, and not overtaken."""
        self._may_have_any = self._may_have_any_since = True
        self.wants_rows.set()

    def leave_all(self) -> None:
        """Begin nothing of what is in memory: another process may have the rows now."""
        for work in self._lanes.remove():
            self._forget(work)
        for share in self._shares.values():
            share.ready.clear()
        self._shares = {owner: share for owner, share in self._shares.items() if share.in_use}
        self._waiting.clear()
        self._offered.clear()
        self._may_have_any = self._may_have_any_since = True

    def withdraw(self, run_id: str) -> None:
        for work in self._lanes.remove(run_id):
            self._forget(work)
        self.leave()  # it may have been let go on since

    def before_rows(self) -> None:
        """Note that the table is read now: what is left there from now on may not be found."""
        self.wants_rows.clear()
        self._left_since, self._may_have_any_since = set(), False

    def choose(self, rows: Sequence[tuple[str, str]], cut: Set[str]) -> tuple[list[str], Set[str]]:
        """Return the ids of the rows that there is room for, of (id, flow) in their order.

        Of the flows in `cut` the table has more than these; all flows of which it has more than was
        chosen are returned as well.
        """
        chosen: list[str] = []
        more: Counter[str] = Counter()
        left: set[str] = set()
        for segment_id, flow_key in rows:
            if segment_id in self._known:
                continue
            if flow_key in left or self._room(flow_key, more[flow_key], len(chosen)) < 1:
                left.add(flow_key)
                continue
            more[flow_key] += 1
            chosen.append(segment_id)
        return chosen, left | cut

    def take_rows(self, works: Iterable[SegmentWork], left: Set[str]) -> None:
        """Take what was chosen, in the order of rank; of the flows in `left` there is more."""
        self._left = {*left, *self._left_since}
        self._may_have_any = self._may_have_any_since
        full: set[str] = set()
        for work in works:
            if work.id in self._known:
                continue
            if work.flow_key in full or self._room(work.flow_key) < 1:
                full.add(work.flow_key)
                self._leave_one(work.flow_key)
            else:
                self._add(work)
        self._fill_places()

    def _room(self, flow_key: str, chosen: int = 0, all_chosen: int = 0) -> int:
        """Return how many more of a flow fit into memory: half of what the others leave it."""
        if self._is_closed:
            return 0
        mine = self._held.get(flow_key, 0) + chosen
        others = len(self._known) + all_chosen - mine
        return max((self.in_memory - others + 1) // 2, 1) - mine

    def _leave_one(self, flow_key: str) -> None:
        self._left.add(flow_key)
        self._left_since.add(flow_key)
        if self._room(flow_key) >= 1:
            # No end of a segment of that flow may ever ask for it.
            self.wants_rows.set()

    def _forget(self, work: SegmentWork) -> None:
        self._known.discard(work.id)
        self._held[work.flow_key] -= 1
        if not self._held[work.flow_key]:
            del self._held[work.flow_key]

    def _add(self, work: SegmentWork) -> None:
        self._known.add(work.id)
        self._held[work.flow_key] = self._held.get(work.flow_key, 0) + 1
        self._lanes.add(work)
        self._offer(work.order_key)

    def _take_place_of_later(self, work: SegmentWork) -> None:
        """Leave the last of a conversation in the table instead of one that goes before it."""
        last = self._lanes.take_place_of_later(work)
        if last is not None:
            self._known.discard(last.id)
            self._known.add(work.id)

    async def close(self) -> None:
        self._is_closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _offer(self, order_key: str) -> None:
        """Let an order key have its turn, if something of it may begin."""
        work = self._lanes.next(order_key)
        if work is None or order_key in self._offered:
            return
        self._offered.add(order_key)
        share = self._shares.setdefault(work.owner_id, _Share())
        if not share.ready and work.owner_id not in self._waiting:
            self._waiting.append(work.owner_id)
        share.ready.setdefault(work.flow_key, deque()).append(order_key)

    def _fill_places(self) -> None:
        """Give free places away: owner after owner, and of each owner flow after flow."""
        passed_over = 0
        while self._waiting and passed_over < len(self._waiting) and not self._is_closed:
            if self._begun == AT_ONCE:
                return  # and go on in the next turn
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
            self._offered.discard(order_key)
            # What was ready may be withdrawn, or stand behind something older now.
            if self._lanes.next(order_key) is not None:
                self._begin(order_key)
            self._forget_idle(owner_id)

    def _go_on(self) -> None:
        """Give further places away: everybody else on the loop has had a turn."""
        self._begun = 0
        self._fill_places()

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
        if not self._begun:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._begun += 1
        work = self._lanes.begin(order_key)
        self._in_use += 1
        in_use = self._shares[work.owner_id].in_use
        in_use[work.flow_key] = in_use.get(work.flow_key, 0) + 1
        # Whoever has handed it over waits for no answer from it.
        name, apart = f"segment {work.id}", self._context()
        task = asyncio.create_task(self._work(work), name=name, context=apart)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._offer(order_key)

    async def _work(self, work: SegmentWork) -> None:
        try:
            await self._execute(work)
        finally:
            self._end(work)

    def _end(self, work: SegmentWork) -> None:
        self._forget(work)
        held = self._held.get(work.flow_key, 0)
        if work.flow_key in self._left and self._room(work.flow_key) >= held:
            self.wants_rows.set()
        self._lanes.end(work)
        self._in_use -= 1
        in_use = self._shares[work.owner_id].in_use
        in_use[work.flow_key] -= 1
        if not in_use[work.flow_key]:
            del in_use[work.flow_key]
        self._offer(work.order_key)
        self._forget_idle(work.owner_id)
        self._fill_places()

    def _forget_idle(self, owner_id: str) -> None:
        if self._shares[owner_id] == _Share():
            del self._shares[owner_id]
