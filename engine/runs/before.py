"""What an earlier execution of a segment, cut short by a crash, has left in the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from ..storage.database import ReadRows
from ..storage.tables import runs, segments, steps
from .states import RunState, SegmentState
from .work import SegmentWork


async def recorded(rows: ReadRows, work: SegmentWork) -> dict[str, Mapping[str, Any]] | None:
    """Return what its steps gave; None if nothing more is to be done."""
    mine = (
        sa.select(segments.c.state, runs.c.state.label("run_state"))
        .join(runs, runs.c.id == segments.c.run_id)
        .where(segments.c.id == work.id)
    )
    found = next(iter(await rows(mine)), None)
    if found is None or found.state != SegmentState.QUEUED:
        return None
    if found.run_state == RunState.HELD or RunState(found.run_state).is_final:
        return None
    done = sa.select(steps.c.id, steps.c.output).where(
        steps.c.run_id == work.run_id, steps.c.segment_id == work.id
    )
    return {row.id: row.output or {} for row in await rows(done)}
