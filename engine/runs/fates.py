"""What becomes of what a step did, after the step has ended: told by its connector, kept beside it.

A service reports in any order, repeatedly, late, and at times before the step's own record is
stored. So what is told has a table of its own, by the step's id, and of each step the furthest
state stays. Whether there is such a step of that connector is asked where it is shown.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ..contract import Fate, FateState
from ..errors import describe_error
from ..flows.models import ComponentType
from ..storage.database import mapping
from ..storage.statements import MAX_KEYS, Prepared, PreparedSelect, insert
from ..storage.storage import Storage
from ..storage.tables import fates, runs, steps
from ..times import iso
from .followed import ORDER, FollowedSteps
from .silence import SILENT_AFTER_S, Accepted
from .states import StepState
from .work import step_named

# What tells that a step has happened, whatever it ended as.
HAPPENED: Sequence[FateState] = ("accepted", "delivered", "read", "played")
RANKS: Mapping[str, int] = {state: rank for rank, state in enumerate(ORDER)}


def untold(state: str, output: object) -> FateState | None:
    """Return what nobody has to tell of a step whose component says that its effect goes on.

    One that waits and has given something has done it, and waits for what becomes of that.
    """
    match state:
        case StepState.COMPLETED:
            return "accepted"
        case StepState.UNKNOWN:
            return "unknown"
        case StepState.WAITING if output:
            return "accepted"
        case _:
            return None


class FateNotices(Protocol):
    """Who is told that more is known of a step."""

    def tell_fate(self, owner_id: str, connector: str, notice: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True)
class Fates:
    """The fates of all owners' steps."""

    storage: Storage
    types: Mapping[str, ComponentType]
    notices: FateNotices
    # Of steps outside of all runs, of which nothing is kept.
    followed: FollowedSteps = field(default_factory=FollowedSteps)

    async def report(self, connector: str, told: Sequence[Fate]) -> None:
        """Keep what a connector tells, in one commit, and tell whoever watches what is new.

        What is told where others are gathered is kept in the commit that they are gathered for.
        """
        self.followed.hear(connector, told)
        rows = [_row(connector, fate) for fate in told]
        gathered = _gathered.get()
        if gathered is not None:
            gathered.rows += rows
        elif rows:
            self.tell(await self.storage.writer.commit(partial(store_fates, rows=rows)))

    @contextmanager
    def gathered(self) -> Generator[GatheredFates]:
        """Gather what is told inside, by this task and what it begins."""
        found = GatheredFates(self)
        mark = _gathered.set(found)
        try:
            yield found
        finally:
            _gathered.reset(mark)

    def tell(self, news: Iterable[Mapping[str, Any]]) -> None:
        """Tell whoever watches what has been stored."""
        for each in news:
            connector = each["connector"]
            if self._is_of(connector, each):
                self.notices.tell_fate(each["owner_id"], connector, _notice(each))

    async def of_steps(self, rows: Sequence[sa.Row[Any]]) -> dict[str, dict[str, Any]]:
        """Return what is known of these steps, by id: told, or certain from how they ended."""
        found = {
            row.id: _shown({"state": state, "at": row.started_at + row.duration_s, "error": None})
            for row in rows
            if (state := untold(row.state, row.output)) and has_fate(self.types, row.type)
        }
        types = {row.id: row.type for row in rows}
        for row in await self.storage.readers.read(partial(_read, query=_TOLD, ids=list(types))):
            present = found.get(row.step_id)
            is_news = present is None or RANKS[str(present["state"])] <= row.rank
            if is_news and types[row.step_id].startswith(_prefix(row.connector)):
                found[row.step_id] = _shown(mapping(row))
        now = self.storage.clock.now
        for row in rows:
            ended_at = row.started_at + row.duration_s
            fate = found.get(row.id, {"state": ""})
            if fate["state"] == "accepted" and now >= ended_at + SILENT_AFTER_S:
                fate["silentSince"] = iso(ended_at)
        return found

    async def counts(self, run_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return how many steps of each run have come to each state that was told."""
        found: dict[str, dict[str, int]] = {}
        for row in await self.storage.readers.read(
            partial(_read, query=_COUNTS, ids=list(run_ids))
        ):
            found.setdefault(row.run_id, {})[row.state] = row.steps
        return found

    async def silent(self, steps: Sequence[Accepted]) -> list[Accepted]:
        """Return those of which nothing was told that is further than that they were accepted."""
        ids = [each.step_id for each in steps]
        told = await self.storage.readers.read(partial(_read, query=_TOLD, ids=ids))
        types = {each.step_id: str(each.notice["type"]) for each in steps}
        heard = {
            row.step_id
            for row in told
            if row.rank > RANKS["accepted"]
            and types[row.step_id].startswith(_prefix(row.connector))
        }
        return [each for each in steps if each.step_id not in heard]

    def _is_of(self, connector: str, news: Mapping[str, Any]) -> bool:
        return news["type"] is None or news["type"].startswith(_prefix(connector))


@dataclass
class GatheredFates:
    """Fates for a commit of somebody else's; `tell` is for afterwards."""

    fates: Fates
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _news: Sequence[Mapping[str, Any]] = ()

    def store(self, connection: sa.Connection) -> None:
        self._news = store_fates(connection, rows=self.rows) if self.rows else ()

    def tell(self) -> None:
        self.fates.tell(self._news)


_gathered: ContextVar[GatheredFates | None] = ContextVar("gathered", default=None)


def has_fate(types: Mapping[str, ComponentType], name: str) -> bool:
    """Say whether what this component does goes on after its step."""
    # The connector may have been removed since.
    return name in types and bool(types[name].schema.get("x-later-fate"))


def runs_with(state: FateState) -> sa.ColumnElement[bool]:
    """Say of a run that a step of it has come to this state, as its connector told."""
    # Written out, because a database uses an index of some rows only for what it can see.
    is_so = fates.c.state == sa.literal_column(f"'{state}'")
    of_run = sa.select(fates.c.run_id).select_from(fates.join(steps, IS_OF_STEP))
    return of_run.where(fates.c.run_id == runs.c.id, is_so).correlate(runs).exists()


def step_has(*states: FateState) -> sa.ColumnElement[bool]:
    """Say of a step that it has come to one of these states, as its connector told."""
    told = sa.select(fates.c.step_id).where(IS_OF_STEP, fates.c.state.in_(states))
    return told.correlate(steps).exists()


def _prefix(connector: str) -> str:
    """Return how the names of a connector's components begin."""
    return connector.replace(":", ".") + "."


def _row(connector: str, fate: Fate) -> dict[str, Any]:
    return {
        "step_id": step_named(fate.step_id),
        "connector": connector,
        # A step's id begins with that of its run.
        "run_id": fate.step_id.partition(".")[0],
        "state": fate.state,
        "rank": RANKS[fate.state],
        "at": fate.at.timestamp(),
        "error": json.dumps(describe_error(fate.error)) if fate.error else None,
    }


def store_fates(
    connection: sa.Connection, *, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Store what is further than what is known; return it with its run and, if it is there, step.

    What is told of a run that there is not is passed over.
    """
    furthest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        present = furthest.setdefault((row["step_id"], row["connector"]), row)
        if row["rank"] > present["rank"]:
            furthest[row["step_id"], row["connector"]] = row
    rows = list(furthest.values())
    of_run = {row.id: row for row in _read(connection, _RUNS, ids=[row["run_id"] for row in rows])}
    step_ids = [row["step_id"] for row in rows]
    of_step = {row.id: row for row in _read(connection, _STEPS, ids=step_ids)}
    known = {
        (row.step_id, row.connector): row.rank for row in _read(connection, _TOLD, ids=step_ids)
    }
    news = [
        row
        for row in rows
        if row["run_id"] in of_run
        and row["rank"] > known.get((row["step_id"], row["connector"]), -1)
    ]
    if news:
        _PUT.execute(connection, news)
    return [
        {
            **row,
            "owner_id": of_run[row["run_id"]].owner_id,
            "flow_id": of_run[row["run_id"]].flow_id,
            "component": step.component if (step := of_step.get(row["step_id"])) else None,
            "type": step.type if step else None,
        }
        for row in news
    ]


def _read(
    connection: sa.Connection, query: PreparedSelect, *, ids: Sequence[str]
) -> list[sa.Row[Any]]:
    unique, found = list(dict.fromkeys(ids)), list[sa.Row[Any]]()
    for start in range(0, len(unique), MAX_KEYS):
        found += query.rows(connection, unique[start : start + MAX_KEYS], {})
    return found


def _notice(news: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "runId": news["run_id"],
        "flowId": news["flow_id"],
        "stepId": news["step_id"],
        "component": news["component"],
        "type": news["type"],
        "fate": _shown(news),
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    error = row["error"]
    return {
        "state": row["state"],
        "at": iso(row["at"]),
        "error": None if error is None else json.loads(error),
        "silentSince": None,
        "reasons": [],
    }


def _putting(connection: sa.Connection) -> postgresql.Insert:
    statement = insert(fates, connection)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["step_id", "connector"],
        set_={"state": new.state, "rank": new.rank, "at": new.at, "error": new.error},
        where=fates.c.rank < new.rank,
    )


# What a connector tells of another one's step is not shown.
IS_OF_STEP = sa.and_(
    fates.c.step_id == steps.c.id,
    steps.c.type.startswith(
        # Written out, because a prepared statement binds nothing but its keys.
        sa.func.replace(
            fates.c.connector, sa.literal_column("':'"), sa.literal_column("'.'"), type_=sa.Text
        ).concat(sa.literal_column("'.'"))
    ),
)
_PUT = Prepared(_putting)
_RUNS = PreparedSelect(
    lambda keys: sa.select(runs.c.id, runs.c.owner_id, runs.c.flow_id).where(runs.c.id.in_(keys))
)
_STEPS = PreparedSelect(
    lambda keys: sa.select(steps.c.id, steps.c.component, steps.c.type).where(steps.c.id.in_(keys))
)
_TOLD = PreparedSelect(lambda keys: sa.select(fates).where(fates.c.step_id.in_(keys)))
_COUNTS = PreparedSelect(
    lambda keys: (
        sa.select(fates.c.run_id, fates.c.state, sa.func.count().label("steps"))
        .join(steps, IS_OF_STEP)
        .where(fates.c.run_id.in_(keys))
        .group_by(fates.c.run_id, fates.c.state)
    )
)
