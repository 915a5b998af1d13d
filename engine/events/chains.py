"""Chains of runs that cause one another by what is reported of their sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Chains:
    """Finds the chains that events go on with, and ends those that are too long or too wide."""

    storage: Storage
    # How many runs in a row may cause one another.
    allowed: int

    async def causes(self, routed: Sequence[Routed]) -> dict[tuple[int, str], Cause]:
        """Return, by event and owner, the chain of runs that the event goes on with."""
        sends = {each.row.seq: each.event.about for each in routed if each.event.about}
        if not sends:
            return {}
        columns = (runs.c.id, runs.c.owner_id, runs.c.depth, runs.c.origin)
        query = sa.select(*columns).where(runs.c.id.in_(set(map(_run_of, sends.values()))))
        found = {row.id: row for row in await self.storage.rows(query)}
        return {
            (seq, run.owner_id): Cause(run.depth + 1, run.origin or step_id)
            for seq, step_id in sends.items()
            if (run := found.get(_run_of(step_id))) is not None
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


def _run_of(step_id: str) -> str:
    # A step's id begins with that of its run.
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
