"""How many runs there were of late, how they ended, and what became of what they sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import fates, flow_drafts, flows, runs, steps
from ..times import iso
from .failures import DAY_S
from .fates import IS_OF_STEP

SPANS: Mapping[str, float] = {"day": DAY_S, "week": 7 * DAY_S}
# So many of the newest runs are counted.
MAX_RUNS = 50_000
# Whoever asks again soon gets the same answer: for so many times as long as counting has taken.
KEPT_TIMES, MAX_KEPT_S = 20, 10.0
MAX_KEPT, MAX_FLOWS = 1_000, 100


@dataclass
class Statistics:
    """The statistics of all owners; every call names the owner."""

    storage: Storage
    _kept: dict[str, tuple[float, dict[str, Any]]] = field(
        default_factory=dict[str, tuple[float, dict[str, Any]]]
    )

    async def of(self, owner_id: str) -> dict[str, Any]:
        """Return the counts of the last day and the last week, as they were seconds ago."""
        now = self.storage.clock.now
        kept = self._kept.get(owner_id)
        if kept is not None and 0 < kept[0] - now <= MAX_KEPT_S:
            return kept[1]
        began = time.perf_counter()
        found: dict[str, Any] = await self.storage.readers.read(
            lambda connection: {
                name: _span(connection, owner_id, now - length_s)
                for name, length_s in SPANS.items()
            }
        )
        while len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        kept_s = min(KEPT_TIMES * (time.perf_counter() - began), MAX_KEPT_S)
        self._kept[owner_id] = (now + kept_s, found)
        return found


def _span(connection: sa.Connection, owner_id: str, since: float) -> dict[str, Any]:
    mine = [runs.c.owner_id == owner_id, runs.c.started_at >= since]
    newest_first = sa.select(runs.c.started_at).where(*mine).order_by(runs.c.started_at.desc())
    end = connection.scalar(newest_first.offset(MAX_RUNS - 1).limit(1))
    if end is not None:
        mine.append(runs.c.started_at >= end)
    count = sa.func.count().label("number")
    keys = (runs.c.flow_key, runs.c.flow_id, runs.c.is_test)
    by_state: sa.Select[*tuple[Any, ...]] = sa.select(*keys, runs.c.state, count).where(*mine)
    told = fates.join(runs, fates.c.run_id == runs.c.id).join(steps, IS_OF_STEP)
    by_fate: sa.Select[*tuple[Any, ...]] = sa.select(
        runs.c.flow_key, fates.c.state, count
    ).select_from(told)
    by_fate = by_fate.where(*mine, runs.c.is_test.is_(False))
    found = _Counts()
    for row in connection.execute(by_state.group_by(*keys, runs.c.state)):
        found.add_runs(row)
    for row in connection.execute(by_fate.group_by(runs.c.flow_key, fates.c.state)):
        found.add_fates(row)
    shown = sorted(found.flows.values(), key=lambda each: -sum(each["runs"].values()))[:MAX_FLOWS]
    names = _names(connection, [each["key"] for each in shown])
    return {
        "since": iso(since if end is None else end),
        "isWhole": end is None,
        "runs": found.runs,
        "tests": found.tests,
        "fates": found.fates,
        "flows": [{"flowName": names.get(each.pop("key")), **each} for each in shown],
    }


@dataclass
class _Counts:
    runs: dict[str, int] = field(default_factory=dict[str, int])
    fates: dict[str, int] = field(default_factory=dict[str, int])
    flows: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    tests: int = 0

    def add_runs(self, row: sa.Row[*tuple[Any, ...]]) -> None:
        number: int = row.number
        if row.is_test:
            self.tests += number
            return
        none: dict[str, Any] = {"key": row.flow_key, "flowId": row.flow_id, "runs": {}, "fates": {}}
        flow = self.flows.setdefault(row.flow_key, none)
        _add(self.runs, row.state, number)
        _add(flow["runs"], row.state, number)

    def add_fates(self, row: sa.Row[*tuple[Any, ...]]) -> None:
        number: int = row.number
        _add(self.fates, row.state, number)
        if row.flow_key in self.flows:
            _add(self.flows[row.flow_key]["fates"], row.state, number)


def _add(counts: dict[str, int], name: str, number: int) -> None:
    counts[name] = counts.get(name, 0) + number


def _names(connection: sa.Connection, keys: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in (flow_drafts, flows):
        query = sa.select(table.c.key, table.c.name).where(table.c.key.in_(keys))
        found |= {row.key: row.name for row in connection.execute(query)}
    return found
