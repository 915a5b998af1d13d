"""Of which WABAs messages and statuses have come, and when last, to the hour.

It tells a trigger that nobody has written to from one that Meta does not reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from appmixer.engine.contract import Event, KeepEntries, Store

from ..foreign_json.meta_fields import read_time
from ..foreign_json.shapes import as_id

KINDS = ("message", "status")
KEPT_S = 400 * 24 * 3600.0
# So precisely it is kept when something came last: of a thousand messages one is written.
STEP_S = 3600
MAX_KNOWN = 2000


@dataclass(frozen=True)
class LastHeard:
    message: datetime | None
    status: datetime | None


class Heard:
    """The ledger for the WABAs of all accounts."""

    def __init__(self, store: Store, keep: KeepEntries, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._clock = store, keep, clock
        self._known: dict[str, int] = {}

    async def note(self, events: Sequence[Event]) -> None:
        """Keep, with what follows from the events, that they came."""
        keys = {
            _key(waba_id, each.kind)
            for each in events
            if each.kind in KINDS and (waba_id := as_id(each.payload.get("wabaId")))
        }
        step = int(self._clock().timestamp()) // STEP_S
        news = [key for key in keys if self._known.get(key) != step]
        if not news:
            return
        await self._keep(dict.fromkeys(news, step * STEP_S), expires_in_s=KEPT_S)
        for key in news:
            self._known.pop(key, None)
            self._known[key] = step
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]

    async def last(self, waba_id: str) -> LastHeard:
        keys = [_key(waba_id, kind) for kind in KINDS]
        found = await self._store.get(keys)
        return LastHeard(*(read_time(found.get(key)) for key in keys))


def _key(waba_id: str, kind: str) -> str:
    return f"heard:{kind}:{waba_id}"
