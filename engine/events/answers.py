"""What steps answer to the requests that have begun their runs.

An answer is stored before anybody hears of it, so that it may come from another process than the
one that holds the connection, and from a step that is done again after a crash.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..contract import Clock, RejectedError, Response
from ..flows.hooks import read_answer, written_down
from ..runs.states import RunState
from ..storage.storage import Storage
from ..storage.tables import requests, runs

# What another process has stored is found after this.
LOOK_S = 0.5
REFUSALS = {
    "none": (
        "There is no request to answer",
        "This run was begun by something else, or its request has been answered at once.",
        "Let the flow begin with a trigger that waits for an answer.",
    ),
    "answered": (
        "The request is answered already",
        "Another step of this run was first.",
        "Answer a request once.",
    ),
    "late": (
        "It is too late to answer",
        "The time within which the trigger wanted an answer is over.",
        "Answer earlier in the flow, or let the trigger wait for longer.",
    ),
}


@dataclass(frozen=True)
class Ended:
    """A run has come to its end, or the time for its answer has, and there is none."""

    state: RunState | None


@dataclass
class Answers:
    """The answers of all owners; `is_alone` says that no other process may give one."""

    storage: Storage
    clock: Clock
    is_alone: bool
    _waiting: dict[str, list[asyncio.Event]] = field(
        default_factory=dict[str, "list[asyncio.Event]"]
    )

    async def give(self, step_id: str, response: Response) -> None:
        """Store a step's answer; raise RejectedError where nobody waits for it."""
        run_id, written, now = step_id.partition(".")[0], written_down(response), self.clock.now

        def store(connection: sa.Connection) -> str:
            mine = requests.c.run_id == run_id
            row = connection.execute(sa.select(requests).where(mine).with_for_update()).first()
            if row is None:
                return "none"
            if row.answer is not None:
                return "" if row.step_id == step_id else "answered"
            if row.deadline_at <= now:
                return "late"
            change = {"step_id": step_id, "answer": written}
            connection.execute(sa.update(requests).where(mine).values(change))
            return ""

        refusal = await self.storage.writer.commit(store)
        if refusal:
            raise RejectedError(*REFUSALS[refusal])
        self.tell(run_id)

    def tell(self, run_id: str) -> None:
        """Have whoever waits for this run's answer look: there is one, or the run has ended."""
        for changed in self._waiting.get(run_id, ()):
            changed.set()

    async def wait(self, run_id: str, deadline_at: float) -> Response | Ended:
        """Return the answer as soon as there is one, or why there is none."""
        changed = asyncio.Event()
        self._waiting.setdefault(run_id, []).append(changed)
        try:
            while True:
                changed.clear()
                found = await self._look(run_id)
                rest_s = deadline_at - self.clock.now
                if found is not None or rest_s <= 0:
                    return found or Ended(None)
                await self.clock.wait(changed, rest_s if self.is_alone else min(rest_s, LOOK_S))
        finally:
            self._waiting[run_id].remove(changed)
            if not self._waiting[run_id]:
                del self._waiting[run_id]

    async def _look(self, run_id: str) -> Response | Ended | None:
        query = (
            sa.select(requests.c.answer, runs.c.state)
            .join(runs, runs.c.id == requests.c.run_id)
            .where(requests.c.run_id == run_id)
        )
        for row in await self.storage.rows(query):
            answer: Mapping[str, Any] | None = row.answer
            if answer is not None:
                return read_answer(answer)
            if RunState(row.state).is_final:
                return Ended(RunState(row.state))
        return None
