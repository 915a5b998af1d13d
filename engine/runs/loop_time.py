"""How long an owner's steps may keep the event loop, and whose step is next when they want more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

# An owner's steps may use so much in a row. Then they wait, while everything else on the loop has
# twice the time that was used: whatever crosses the loop many times must not meet one each time.
LONGEST_TURN_S, REST = 0.01, 2.0


@dataclass
class LoopTime:
    """Lets steps that keep the loop for long work one after another, owner by owner."""

    _used_s: dict[str, float] = field(default_factory=dict[str, float])
    # By owner, in turn.
    _waiting: dict[str, deque[asyncio.Future[None]]] = field(
        default_factory=dict[str, "deque[asyncio.Future[None]]"]
    )
    _is_scheduled: bool = False

    async def turn(self, owner_id: str) -> None:
        """Return when it is the owner's turn; at once unless the owner has used much."""
        if owner_id in self._waiting or self._used_s.get(owner_id, 0.0) > LONGEST_TURN_S:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(owner_id, deque()).append(turn)
            await turn

    @contextmanager
    def used(self, owner_id: str) -> Generator[None]:
        """Count what is done inside, without a pause, as the owner's."""
        began_at = monotonic()
        try:
            yield
        finally:
            self._used_s[owner_id] = self._used_s.get(owner_id, 0.0) + monotonic() - began_at
            self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            # Called after everything that is due on the loop by now.
            asyncio.get_running_loop().call_soon(self._rest)

    def _rest(self) -> None:
        used_s = sum(self._used_s.values())
        rest_s = used_s * REST if used_s > LONGEST_TURN_S else 0.0
        asyncio.get_running_loop().call_later(rest_s, self._go_on)

    def _go_on(self) -> None:
        self._is_scheduled = False
        self._used_s.clear()
        while self._waiting:
            owner_id = next(iter(self._waiting))
            turns = self._waiting.pop(owner_id)
            turn = turns.popleft()
            if turns:
                self._waiting[owner_id] = turns
            if not turn.done():  # else who waited was cancelled
                turn.set_result(None)
                # Not left to the step that has its turn, which may be cancelled before it begins.
                self._schedule()
                return
