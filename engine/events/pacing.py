"""When routing waits for webhooks that pour in, because both want the same interpreter."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from .inbox import Events

PAUSE_S = 0.004
# So many within a pause are a flood. One quiet pause within it is a slow disk or a slow sender: it
# is over, as a crowd is, when there are several in a row.
BUSY_EVENTS, QUIET_PAUSES = 5, 3
# Answering goes before routing for a moment when a flood begins, and hardly while there is a
# backlog, which must not grow for ever.
BUSY_S, BACKLOG_S = 0.2, 0.05
# When this many share each commit, senders stand in line to be answered. What is left unanswered
# they send again, so for some seconds they are all answered first, backlog or not.
CROWD_ROWS, CROWD_S = 16, 10.0


@dataclass
class Pacing:
    """Lets webhooks pass before routing goes on."""

    events: Events
    _crowded_since: float | None = None
    _pauses_without_crowd: int = 0
    # How many had come in when routing last went on.
    _taken: int = 0

    async def pause(self, *, has_backlog: bool) -> None:
        """Return when few come in, or when routing has been put off for long enough.

        With a backlog, and nothing new since it went on last, there is nobody to let pass.
        """
        if not has_backlog or self.events.taken != self._taken:
            await self._let_pass(has_backlog=has_backlog)
        self._taken = self.events.taken

    async def _let_pass(self, *, has_backlog: bool) -> None:
        until = time.monotonic() + (BACKLOG_S if has_backlog else BUSY_S)
        quiet, enough = 0, 1
        while quiet < enough:
            answered, commits = self.events.answered, self.events.commits
            await asyncio.sleep(PAUSE_S)
            if self.events.taken - answered < BUSY_EVENTS:
                quiet += 1
                continue
            quiet, enough = 0, QUIET_PAUSES
            self._look_for_crowd(self.events.answered - answered, self.events.commits - commits)
            since = self._crowded_since
            if time.monotonic() >= (until if since is None else max(until, since + CROWD_S)):
                return
        self._crowded_since = None

    def _look_for_crowd(self, rows: int, commits: int) -> None:
        if rows >= CROWD_ROWS * max(commits, 1):
            self._pauses_without_crowd = 0
            self._crowded_since = self._crowded_since or time.monotonic()
        elif commits:  # without any the disk is slow, and who stood in line still does
            self._pauses_without_crowd += 1
            if self._pauses_without_crowd == QUIET_PAUSES:
                self._crowded_since = None
