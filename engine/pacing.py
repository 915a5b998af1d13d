"""When routing waits for webhooks that pour in, because both want the same interpreter."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from .events import Events

PAUSE_S = 0.01
# So many within a pause are a flood. One quiet pause within it is a slow disk or a slow sender: it
# is over when there are several in a row.
BUSY_EVENTS, QUIET_PAUSES = 5, 3
# Answering goes before routing for a second at most when a flood begins, and hardly while there is
# a backlog, which must not grow for ever.
BUSY_S, BACKLOG_S = 1.0, 0.05
# When this many share a commit, senders stand in line to be answered. What is left unanswered they
# send again, so for some seconds they are all answered first, backlog or not.
CROWD_ROWS, CROWD_S = 16, 10.0


@dataclass
class Pacing:
    """Lets webhooks pass before routing goes on."""

    events: Events
    _crowded_since: float | None = None

    async def pause(self, *, has_backlog: bool) -> None:
        """Return when few come in, or when routing has been put off for long enough."""
        until = time.monotonic() + (BACKLOG_S if has_backlog else BUSY_S)
        quiet, enough = 0, 1
        while quiet < enough:
            before = self.events.answered
            await asyncio.sleep(PAUSE_S)
            if self.events.taken - before < BUSY_EVENTS:
                quiet += 1
                continue
            quiet, enough = 0, QUIET_PAUSES
            now = time.monotonic()
            if now >= max(until, self._crowded_until(now)):
                return
        self._crowded_since = None

    def _crowded_until(self, now: float) -> float:
        if self.events.rows_in_commit < CROWD_ROWS:
            self._crowded_since = None
            return now
        if self._crowded_since is None:
            self._crowded_since = now
        return self._crowded_since + CROWD_S
