"""What happens now, for those who watch: runs, steps, accounts, events; nothing is kept."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..limits import Limits

# What a slow watcher may be behind; older notices are dropped, and the watcher is told.
MAX_WAITING = 1_000
MISSED = "missed"
# From now on whatever happens is told.
OPEN = "open"


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


class Elsewhere(Protocol):
    """The watchers at other processes."""

    def is_watched(self, owner_id: str) -> bool: ...

    def pass_on(self, owner_id: str, kind: str, content: Mapping[str, Any]) -> None:
        """Tell them; may be called from any thread."""
        ...

    def look(self) -> None:
        """Notice who watches here: that has changed."""
        ...


class Stream:
    """Passes notices to the watchers of the same owner."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.elsewhere: Elsewhere | None = None
        self._watchers: dict[str, list[_Watcher]] = {}

    @property
    def watchers(self) -> int:
        return sum(map(len, self._watchers.values()))

    @property
    def watched(self) -> Collection[str]:
        """The owners whose things are watched here."""
        return self._watchers.keys()

    def is_watched(self, owner_id: str) -> bool:
        return owner_id in self._watchers or self._is_watched_elsewhere(owner_id)

    def publish(self, owner_id: str, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the owner's watchers, wherever they are; may be called from any thread."""
        self.show(owner_id, kind, data)
        if self.elsewhere is not None and self._is_watched_elsewhere(owner_id):
            self.elsewhere.pass_on(owner_id, kind, data)

    def show(self, owner_id: str, kind: str, data: Mapping[str, Any]) -> None:
        """Tell the owner's watchers here; may be called from any thread."""
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
        if self.elsewhere is not None:
            self.elsewhere.look()
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

    def _is_watched_elsewhere(self, owner_id: str) -> bool:
        return self.elsewhere is not None and self.elsewhere.is_watched(owner_id)
