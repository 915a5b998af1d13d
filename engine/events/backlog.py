"""Events that wait to be routed while there are many: owner after owner has its turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeAlias

# Those who listen to an event.
Lane: TypeAlias = frozenset[str]


@dataclass(frozen=True, slots=True)
class _Waiting:
    seq: int
    lane: Lane
    conversation: str
    cost: int


@dataclass
class Backlog:
    """Events by their number, each in the lane of the owners who listen to it.

    Lanes take turns; within a lane, and within a conversation, events keep their order.
    """

    # The newest event that was added.
    seen: int = 0
    _lanes: dict[Lane, deque[_Waiting]] = field(default_factory=dict[Lane, deque[_Waiting]])
    # Where the events of a conversation wait, and how many do.
    _conversations: dict[str, tuple[Lane, int]] = field(default_factory=dict[str, tuple[Lane, int]])
    _size: int = 0

    def __len__(self) -> int:
        return self._size

    def add(self, seq: int, owners: Lane, conversation: str, cost: int) -> None:
        """Add an event that is newer than all before; conversation "" is none."""
        self.seen = seq
        lane, _ = self._conversations.get(conversation, (owners, 0))
        self._lanes.setdefault(lane, deque()).append(_Waiting(seq, lane, conversation, cost))
        self._count(conversation, lane, 1)

    def take(self, count: int, cost: int) -> list[int]:
        """Take events, one of each lane in turn, until there are so many or they cost so much."""
        taken: list[int] = []
        while self._lanes and len(taken) < count and cost > 0:
            lane, waiting = next(iter(self._lanes.items()))
            event = waiting.popleft()
            # The lane goes to the end of the line.
            del self._lanes[lane]
            if waiting:
                self._lanes[lane] = waiting
            self._count(event.conversation, lane, -1)
            taken.append(event.seq)
            cost -= event.cost
        return taken

    def _count(self, conversation: str, lane: Lane, change: int) -> None:
        self._size += change
        if not conversation:
            return
        count = self._conversations.get(conversation, (lane, 0))[1] + change
        if count:
            self._conversations[conversation] = (lane, count)
        else:
            del self._conversations[conversation]
