"""Looking for runs: by what is indexed as far back as there are any, by all else some at a time.

What is looked for may be rare, or not there. So a search looks at a number of runs, says how far it
came, and goes on from there when it is asked to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import FateState
from ..storage.tables import flow_drafts, flows, runs, steps
from .fates import runs_with
from .states import RunState

# So many runs are looked at, and so many where texts are looked through.
MAX_RUNS, MAX_RUNS_OF_TEXT = 20_000, 2_000
# So many steps of each run are looked through: its first ones.
MAX_STEPS = 20
_ID = re.compile(r"[0-9a-f]{4,32}")
_NUMBER = re.compile(r"\+?[\d\s()./-]{6,30}")
_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True)
class Search:
    """What runs are looked for; times are in seconds since 1970."""

    flow_id: str | None = None
    version: int | None = None
    status: str | None = None
    fate: FateState | None = None
    is_test: bool | None = None
    since: float | None = None
    until: float | None = None
    text: str = ""

    def find(
        self, connection: sa.Connection, owner_id: str, before: str | None, limit: int
    ) -> tuple[list[sa.Row[Any]], str | None]:
        """Return the newest runs, and from which on to look further, if there may be more."""
        mine = [*self._indexed(connection, owner_id)]
        if before is not None:
            last = runs.alias()
            place = sa.select(last.c.started_at, last.c.id).where(
                last.c.id == before, last.c.owner_id == owner_id
            )
            mine.append(sa.tuple_(runs.c.started_at, runs.c.id) < place.scalar_subquery())
        wanted = [*self._wanted()]
        end = self._end(connection, mine) if wanted else None
        near = [] if end is None else [runs.c.started_at >= end]
        query = sa.select(runs).where(*mine, *near, *wanted)
        query = query.order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
        found = [*connection.execute(query)]
        if len(found) == limit:
            return found, found[-1].id
        if end is None:
            return found, None
        at_end = sa.select(sa.func.min(runs.c.id)).where(*mine, runs.c.started_at == end)
        return found, connection.scalar(at_end)

    def _indexed(
        self, connection: sa.Connection, owner_id: str
    ) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what an index finds."""
        key = None if self.flow_id is None else _key(connection, owner_id, self.flow_id)
        yield runs.c.owner_id == owner_id if key is None else runs.c.flow_key == key
        if self.since is not None:
            yield runs.c.started_at >= self.since
        if self.until is not None:
            yield runs.c.started_at < self.until

    def _end(self, connection: sa.Connection, mine: list[sa.ColumnElement[bool]]) -> float | None:
        """Return when the last run began that is looked at, if there are more."""
        count = MAX_RUNS_OF_TEXT if self.text else MAX_RUNS
        query = sa.select(runs.c.started_at).where(*mine).order_by(runs.c.started_at.desc())
        return connection.scalar(query.offset(count - 1).limit(1))

    def _wanted(self) -> Iterator[sa.ColumnElement[bool]]:
        """Yield what each run is looked at for."""
        if self.flow_id is not None:  # that of a flow which is gone, else the index has found it
            yield runs.c.flow_id == self.flow_id
        if self.version is not None:
            yield runs.c.version == self.version
        if self.is_test is not None:
            yield runs.c.is_test.is_(self.is_test)
        if self.status == RunState.FAILED:
            yield sa.or_(runs.c.state == self.status, runs_with("failed"))
        elif self.status is not None:
            yield runs.c.state == self.status
        if self.fate is not None:
            yield runs_with(self.fate)
        if self.text:
            yield _with_text(self.text)


def _key(connection: sa.Connection, owner_id: str, flow_id: str) -> str | None:
    for table in (flows, flow_drafts):
        mine = (table.c.owner_id == owner_id) & (table.c.id == flow_id)
        if key := connection.scalar(sa.select(table.c.key).where(mine)):
            return str(key)
    return None


def _with_text(text: str) -> sa.ColumnElement[bool]:
    """Say of a run that its id begins so, or that the text is in what its first steps got or gave.

    A telephone number is found however it is written.
    """
    columns = (steps.c.input, steps.c.output, steps.c.error)
    first = sa.select(*(sa.cast(each, sa.Text).label(each.name) for each in columns))
    first = first.where(steps.c.run_id == runs.c.id).order_by(steps.c.changed_at, steps.c.id)
    few = first.limit(MAX_STEPS).correlate(runs).subquery()
    written = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    if _NUMBER.fullmatch(text):
        written.add(_NO_DIGIT.sub("", text))
    holds = [
        column.icontains(each, autoescape=True) for each in sorted(written) for column in few.c
    ]
    found: sa.ColumnElement[bool] = sa.select(few.c.input).where(sa.or_(*holds)).exists()
    if _ID.fullmatch(text):
        found = sa.or_(runs.c.id.startswith(text), found)
    return found
