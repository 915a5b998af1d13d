"""How many steps of each owner wait: counted now and then, because counting is no small matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..contract import Clock
from ..limits import Limits
from ..storage.tables import segments
from .states import SegmentState

# Between two counts, what is added is counted on.
COUNTED_FOR_S = 10.0


@dataclass
class WaitCounts:
    """The waits of all owners, about."""

    rows: Callable[[sa.Select[Any]], Awaitable[Sequence[sa.Row[Any]]]]
    limits: Limits
    clock: Clock
    _counts: dict[str, tuple[float, int]] = field(default_factory=dict[str, "tuple[float, int]"])

    async def check(self, owner_id: str) -> None:
        """Count one more wait; raise ConflictError when the owner has too many."""
        counted_at, count = self._counts.get(owner_id, (-COUNTED_FOR_S, 0))
        if self.clock.elapsed - counted_at >= COUNTED_FOR_S:
            query = (
                sa.select(sa.func.count().label("waits"))
                .select_from(segments)
                .where(
                    segments.c.owner_id == owner_id,
                    segments.c.state == sa.literal_column(f"'{SegmentState.WAITING.value}'"),
                )
            )
            counted_at, count = self.clock.elapsed, (await self.rows(query))[0].waits
        self.limits.check("waits", count)
        self._counts[owner_id] = (counted_at, count + 1)
