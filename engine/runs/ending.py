"""The end of a run before all of it is done: what is left of it is not begun."""

from __future__ import annotations

import sqlalchemy as sa

from ..storage.tables import segments
from .lists import close_lists
from .run_states import settle_run
from .states import RunState, SegmentState

# So many rows go in one commit, so that no other has to wait for long.
AT_ONCE = 500


def end_run(connection: sa.Connection, run_id: str, now: float) -> RunState:
    """End a run whose step says so, and return how it has ended, by its steps.

    From then on its state keeps what is left of it from going on; `end_some` tidies up.
    """
    close_lists(connection, run_id)
    return settle_run(connection, run_id, now, is_over=True)


def end_some(connection: sa.Connection, run_id: str) -> bool:
    """End some segments of a run that is over; say whether there are more."""
    states = [each.value for each in SegmentState if each != SegmentState.DONE]
    some = sa.select(segments.c.id).where(segments.c.run_id == run_id, segments.c.state.in_(states))
    ids = list(connection.scalars(some.limit(AT_ONCE)))
    done = sa.update(segments).where(segments.c.id.in_(ids))
    connection.execute(done.values(state=SegmentState.DONE.value))
    return len(ids) == AT_ONCE
