"""What becomes of what was done outside of any run, for whoever waits a moment for it."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import get_args

from ..contract import Clock, Fate, FateState

# In the order in which they follow one another.
ORDER: tuple[FateState, ...] = get_args(FateState)
# A service that delivers at once has told so by then.
FOLLOWED_FOR_S = 5.0


class Followed:
    """The furthest fate that was told of one step."""

    def __init__(self) -> None:
        self.fate: Fate | None = None
        self._went_on = asyncio.Event()

    def hear(self, fate: Fate) -> None:
        if self.fate is None or ORDER.index(fate.state) > ORDER.index(self.fate.state):
            self.fate = fate
        if fate.state != "accepted":
            self._went_on.set()

    async def for_a_moment(self, clock: Clock) -> None:
        """Wait until more is told than that it was accepted, and no longer than a moment."""
        await clock.wait(self._went_on, FOLLOWED_FOR_S)


class FollowedSteps:
    """Steps of no run that somebody waits for in this process."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, str], Followed] = {}

    @contextmanager
    def follow(self, connector: str, step_id: str) -> Generator[Followed]:
        """Take what this connector tells of the step until the end of the block."""
        place = connector, step_id
        try:
            yield self._steps.setdefault(place, Followed())
        finally:
            del self._steps[place]

    def hear(self, connector: str, told: Sequence[Fate]) -> None:
        for fate in told:
            if (followed := self._steps.get((connector, fate.step_id))) is not None:
                followed.hear(fate)
