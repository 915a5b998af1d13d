"""The conformance suite for hosts: what every engine that runs connectors has to do.

A host comes with a `HostSite` of its own. Each check takes one that nobody has used, and raises
AssertionError with what is wrong, so any test runner will do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .adapter import HostSite, RunningHost, StepRecord
from .events import EVENTS
from .keeping import KEEPING
from .lasting import LASTING_CHECKS as _LASTING
from .lifecycle import LIFECYCLE
from .manifest import PROBE
from .probe import ACT, FIELDS, HEARD, SECRET
from .steps import STEPS

Check = Callable[[HostSite], Awaitable[None]]
CHECKS: Sequence[Check] = (*LIFECYCLE, *EVENTS, *STEPS, *KEEPING)
LASTING_CHECKS: Sequence[Check] = _LASTING
"""For hosts that promise to lose nothing when their process ends."""

__all__ = [
    "ACT",
    "CHECKS",
    "FIELDS",
    "HEARD",
    "LASTING_CHECKS",
    "PROBE",
    "SECRET",
    "Check",
    "HostSite",
    "RunningHost",
    "StepRecord",
]
