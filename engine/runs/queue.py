"""The seam behind which segments are executed.

What is handed over is executed at least once, one at a time and in order (by rank) within an order
key, by another process when this one dies. Of one order key, only segments whose `beside` is the
same, and not empty, go together.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from .work import SegmentWork


class Queue(Protocol):
    """Hands segments that are due to whoever executes them."""

    def hand_over(self, works: Iterable[SegmentWork]) -> None:
        """Take segments whose rows have been committed; one that is known is not taken twice."""
        ...

    def withdraw(self, run_id: str) -> None:
        """Begin nothing more of a run: its rows say now whether and when it goes on."""
        ...

    async def close(self) -> None:
        """Wait shortly for what is under way; the rest is executed by the next process."""
        ...
