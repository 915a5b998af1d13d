"""Steps of whose effect nothing more is heard: noticed once for each, by one task for all of them.

Whoever asks for a run is told by the time alone (`fates`). What is kept here is only for those who
watch: it is in memory, a process that ends forgets it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ..contract import Clock
from ..storage.database import DATABASE_AWAY
from ..times import iso

SILENT_AFTER_S = 30.0
# About 50 MB. Beyond, the oldest are not noticed; who looks at their runs is told all the same.
MAX_WATCHED = 100_000
# So many are looked up at a time.
BATCH = 500
# A database that is away is asked again after this.
PAUSE_S = 1.0


@dataclass(frozen=True)
class Accepted:
    """A step that has done something whose effect goes on."""

    step_id: str
    ended_at: float
    owner_id: str
    run_id: str
    flow_id: str
    component: str
    type: str

    @property
    def silent_at(self) -> float:
        return self.ended_at + SILENT_AFTER_S

    @property
    def notice(self) -> dict[str, Any]:
        """What whoever watches is told when it is silent."""
        since = iso(self.ended_at)
        fate = {"state": "accepted", "at": since, "error": None}
        return {
            "runId": self.run_id,
            "flowId": self.flow_id,
            "stepId": self.step_id,
            "component": self.component,
            "type": self.type,
            "fate": {**fate, "silentSince": since, "reasons": []},
        }


@dataclass(frozen=True)
class SilentSteps:
    """The steps that this process has done and of whose effect nothing more is known, by id."""

    _waiting: dict[str, Accepted] = field(default_factory=dict[str, Accepted])

    @property
    def count(self) -> int:
        return len(self._waiting)

    def ended(self, owner_id: str, flow_id: str, row: Mapping[str, Any]) -> None:
        """Begin to wait for news of a step that has completed, or waits for more of its effect."""
        step_id, ended_at = row["id"], row["started_at"] + row["duration_s"]
        place = (row["run_id"], flow_id, row["component"], row["type"])
        # One that waits again counts from then.
        self._waiting.pop(step_id, None)
        self._waiting[step_id] = Accepted(step_id, ended_at, owner_id, *place)
        if len(self._waiting) > MAX_WATCHED:
            del self._waiting[next(iter(self._waiting))]

    def heard(self, step_id: str) -> None:
        self._waiting.pop(step_id, None)

    async def keep_noticing(
        self,
        clock: Clock,
        are_silent: Callable[[Sequence[Accepted]], Awaitable[Sequence[Accepted]]],
        tell: Callable[[Accepted], None],
    ) -> None:
        """Tell of each step that has become silent, in the order in which they ended.

        `are_silent` returns those of which no other process was told more.
        """
        while True:
            now = clock.now
            first = next(iter(self._waiting.values()), None)
            # What ends while nothing waits cannot be silent before the sleep is over.
            until = first.silent_at if first else now + SILENT_AFTER_S
            if until > now:
                await clock.sleep(until - now)
                continue
            some = islice(self._waiting.values(), BATCH)
            due = [each for each in some if each.silent_at <= now]
            try:
                silent = await are_silent(due)
            except DATABASE_AWAY:  # the log says so already
                await clock.sleep(PAUSE_S)
                continue
            for each in silent:
                # In the meantime more may have been told.
                if self._waiting.get(each.step_id) is each:
                    tell(each)
            for each in due:
                if self._waiting.get(each.step_id) is each:
                    del self._waiting[each.step_id]
