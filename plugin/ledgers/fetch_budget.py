"""How long events may wait for files that triggers fetch: a small part of the time."""

from __future__ import annotations

import time
from collections.abc import Callable

# Hosts ask triggers about one event after the other, so whoever fetches there keeps all others
# waiting: for a fifth of the time at most, after ten seconds at once.
SHARE = 0.2
MOST_S = 10.0
# Within so many seconds nearly every picture has come, or the network is not well.
LONGEST_S, SHORTEST_S = 3.0, 0.5


class FetchBudget:
    """The seconds that are left for fetching, in this process."""

    def __init__(self, elapsed: Callable[[], float] = time.perf_counter) -> None:
        self._elapsed = elapsed
        self._left_s, self._counted_at = MOST_S, elapsed()

    def longest(self) -> float:
        """Return how long the next fetch may take; 0 when it is not worth to begin."""
        now = self._elapsed()
        self._left_s = min(MOST_S, self._left_s + (now - self._counted_at) * SHARE)
        self._counted_at = now
        return min(LONGEST_S, self._left_s) if self._left_s >= SHORTEST_S else 0.0

    def spend(self, seconds: float) -> None:
        self._left_s -= seconds
