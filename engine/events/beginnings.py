"""What is done when runs have begun: the queue gets them, and who watches is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ..observe.metrics import Metrics
from ..runs.notices import Notices
from ..runs.states import RunState
from ..runs.waits import Row
from ..runs.work import SegmentWork
from .starts import Routed


@dataclass(frozen=True)
class Beginnings:
    """Is told after each commit of what follows from events."""

    hand_over: Callable[[Sequence[Row], Sequence[SegmentWork]], Awaitable[None]]
    notices: Notices
    metrics: Metrics

    async def tell(self, routed: Sequence[Routed], going_on: Sequence[Row] = ()) -> None:
        """Hand over what has begun, and the segments that go on."""
        starts = [start for each in routed for start in each.starts]
        fresh = [start.work for start in starts if start.error is None]
        await self.hand_over(going_on, fresh)
        for start in starts:
            state = RunState.FAILED if start.error else RunState.RUNNING
            begun = start.begun
            self.notices.tell_run(start.owner_id, start.run_id, start.flow_id, state, begun)
        for each in routed:
            if not each.takers:
                self.metrics.unrouted.labels(each.row.connector).inc()
