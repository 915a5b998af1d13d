"""What happens now, for those who watch: runs, steps, accounts, events; nothing is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..limits import Limits

# What a slow watcher may be behind; older notices are dropped, and the watcher is told.
MAX_WAITING = 1_000
MISSED = "missed"


@dataclass(frozen=True)
class Notice:
    """Something that happened to an owner's things."""

    kind: str
    content: Mapping[str, Any]


@dataclass(eq=False)
class _Watcher:
    loop: asyncio.AbstractEventLoop
    waiting: deque[Notice] = field(default_factory=lambda: deque[Notice](maxlen=MAX_WAITING))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    missed: int = 0
    is_over: bool = False

    def add(self, notice: Notice) -> None:
        self.missed += len(self.waiting) == MAX_WAITING
        self.waiting.append(notice)
        self.arrived.set()

    def end(self) -> None:
        self.is_over = True
        self.arrived.set()


class Stream:
    """Passes notices to the watchers of the same owner."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._watchers: dict[str, list[_Watcher]] = {}

    @property
    def watchers(self) -> int:
        return sum(map(len, self._watchers.values()))

    def is_watched(self, owner_id: str) -> bool:
        return owner_id in self._watchers

    def publish(self, owner_id: str, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the owner's watchers; may be called from any thread."""
        for watcher in list(self._watchers.get(owner_id, ())):
            if not watcher.loop.is_closed():
                watcher.loop.call_soon_threadsafe(watcher.add, Notice(kind, data))

    def close(self) -> None:
        """Let everyone who watches come to an end."""
        for watchers in list(self._watchers.values()):
            for watcher in watchers:
                watcher.end()

    def check(self, owner_id: str) -> None:
        """Raise ConflictError when the owner may not open one more stream."""
        self._limits.check("streams", len(self._watchers.get(owner_id, ())))

    async def watch(self, owner_id: str) -> AsyncIterator[Notice]:
        """Yield what happens to the owner's things from now on."""
        self.check(owner_id)
        watcher = _Watcher(asyncio.get_running_loop())
        self._watchers.setdefault(owner_id, []).append(watcher)
        try:
            while not watcher.is_over:
                await watcher.arrived.wait()
                watcher.arrived.clear()
                if watcher.missed:
                    yield Notice(MISSED, {"count": watcher.missed})
                    watcher.missed = 0
                while watcher.waiting:
                    yield watcher.waiting.popleft()
        finally:
            self._watchers[owner_id].remove(watcher)
            if not self._watchers[owner_id]:
                del self._watchers[owner_id]
