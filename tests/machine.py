"""How fast the machine is at the moment: it may be slow, or have other things to do."""

from __future__ import annotations

import time
from collections.abc import Callable

# What the figures of promises are for: a machine that takes so long for this alone.
REFERENCE_S = 0.06


def slowness(clock: Callable[[], float] = time.thread_time) -> float:
    """Return how many times longer everything takes by this clock, at least once."""
    began = clock()
    sum(range(3_000_000))
    return max(1.0, (clock() - began) / REFERENCE_S)
