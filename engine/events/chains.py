"""Chains of runs that cause one another by what is reported of their sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa

from ..storage.storage import Storage
from ..storage.tables import runs
from .starts import Routed

CHAIN_VARIABLE = "APPMIXER_MAX_CHAIN"
# How often the service reports of one send at most: sent, delivered, read, played or failed.
REPORTS_PER_SEND = 4


@dataclass(frozen=True)
class Cause:
    """The chain that an event goes on with: what the run of the send it reports of stood in."""

    depth: int
    origin: str


Senders: TypeAlias = Mapping[str, "sa.Row[Any] | None"]


@dataclass(frozen=True)
class Chains:
    """Finds the chains that events go on with, and ends those that are too long or too wide."""

    storage: Storage
    # How many runs in a row may cause one another.
    allowed: int

    async def senders(self, routed: Sequence[Routed]) -> Senders:
        """Return the runs whose steps the events are about, by id; None for one there is not."""
        ids = {run_of(each.event.about) for each in routed if each.event.about}
        if not ids:
            return {}
        columns = (runs.c.id, runs.c.owner_id, runs.c.flow_key, runs.c.depth, runs.c.origin)
        rows = await self.storage.rows(sa.select(*columns).where(runs.c.id.in_(ids)))
        return {**dict.fromkeys(ids), **{row.id: row for row in rows}}

    def causes(self, routed: Sequence[Routed], senders: Senders) -> dict[tuple[int, str], Cause]:
        """Return, by event and owner, the chain of runs that the event goes on with."""
        return {
            (each.row.seq, run.owner_id): Cause(run.depth + 1, run.origin or each.event.about)
            for each in routed
            if (run := senders.get(run_of(each.event.about))) is not None
        }

    async def caused(self, causes: Mapping[Any, Cause]) -> Counter[tuple[str, str]]:
        """Return how many runs of each flow (by key) each origin has caused so far."""
        origins = {cause.origin for cause in causes.values()}
        if not origins:
            return Counter()
        query = (
            sa.select(runs.c.origin, runs.c.flow_key, sa.func.count().label("times"))
            .where(runs.c.origin.in_(origins))
            .group_by(runs.c.origin, runs.c.flow_key)
        )
        rows = await self.storage.rows(query)
        return Counter({(row.origin, row.flow_key): row.times for row in rows})

    def error(self, cause: Cause | None, times: int) -> dict[str, Any] | None:
        """Return why a run may not go on with a chain that has started its flow so often."""
        return None if cause is None else _endless(cause, times, self.allowed)


def run_of(step_id: str) -> str:
    """Return the id of a step's run, with which its own begins."""
    return step_id.partition(".")[0]


def _endless(cause: Cause, times: int, allowed: int) -> dict[str, Any] | None:
    """Return the error of a run that would go on with a chain for too long, if it would."""
    if cause.depth > allowed:
        reason = (
            f"{allowed} runs in a row were each started by what was reported of a send of the run"
            " before, and this would be one more."
        )
    elif times >= allowed * REPORTS_PER_SEND:
        reason = (
            f"One send and what was sent because of it have started this flow {times} times: as"
            f" often as {allowed} sends, each because of the one before, are reported."
        )
    else:
        return None
    return {
        "kind": "LoopError",
        "title": "The flow would go round in a circle",
        "cause": reason,
        "cure": "Let the flow send only for some of these events, or let another flow do it. Who"
        f" needs longer chains sets {CHAIN_VARIABLE} where the engine runs.",
    }
