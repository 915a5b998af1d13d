"""The conformance suite for hosts: what every engine that runs connectors has to do.

A host comes with a `HostSite` of its own. Each check takes one that nobody has used, and raises
AssertionError with what is wrong, so any test runner will do. NotOfferedError says that a check was
left out, because the host has refused in a sentence what it says that it does not offer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .adapter import HostSite, NotOfferedError, RunningHost, StepRecord
from .choosing import CHOOSING
from .events import EVENTS
from .fates import FATES
from .keeping import KEEPING
from .lasting import LASTING_CHECKS as _LASTING
from .lifecycle import LIFECYCLE
from .manifest import PROBE
from .probe import ACT, FIELDS, HEARD, SECRET
from .starts import STARTS, a_time_that_came_while_no_process_ran_is_not_lost
from .steps import STEPS

Check = Callable[[HostSite], Awaitable[None]]
CHECKS: Sequence[Check] = (*LIFECYCLE, *EVENTS, *STEPS, *KEEPING, *FATES, *STARTS, *CHOOSING)
LASTING_CHECKS: Sequence[Check] = (*_LASTING, a_time_that_came_while_no_process_ran_is_not_lost)
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
    "NotOfferedError",
    "RunningHost",
    "StepRecord",
]
