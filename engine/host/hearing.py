"""The next event that a trigger would take, for a person who tries a flow that need not run.

The trigger starts and stops as in a flow, but its listeners are in no table: flows that run get the
event as ever, nothing begins by it here, and what the plugin keeps for a start that never came to
its end goes by itself when the process does.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from ..contract import Component, ConnectorError, Hook, Listener, Log, RejectedError, Trigger
from ..errors import NotFoundError
from ..events.reading import NEW, ROUTED, UNROUTED
from ..events.topics import Topics
from ..flows.component_types import ComponentTypes
from ..flows.flows import Flows
from ..flows.input_checks import InputChecks
from ..flows.inputs import read_input
from ..flows.models import Fault, FlowComponent, InputFaults
from ..flows.places import Place, TriggerContexts, WarningContext
from ..limits import Limits
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.tables import events

POLL_S = 0.5
# So many events are looked at before others on the loop have their turn.
AT_ONCE = 100


@dataclass(frozen=True)
class Ears:
    """Where the listeners of a trigger go that is only tried."""

    topics: set[str] = field(default_factory=set[str])

    async def add(self, listener: Listener, place: Place) -> None:
        if place.account is None:
            raise _nothing_to_hear()
        self.topics.add(listener.topic)

    async def remove(self, listener: Listener) -> bool:
        self.topics.discard(listener.topic)
        return True

    async def add_schedule(
        self, name: str, rule: Mapping[str, Any], place: Place, *, catches_up: bool
    ) -> None:
        raise _nothing_to_hear()

    async def remove_schedule(self, name: str, place: Place) -> None: ...

    async def open_hook(self, hook: Hook, place: Place) -> str:
        raise _nothing_to_hear()

    async def close_hook(self, name: str, place: Place) -> None: ...


@dataclass(frozen=True)
class Hearing:
    """Waits for all owners; every call names the owner, and hears what their accounts may."""

    flows: Flows
    types: ComponentTypes
    input_checks: InputChecks
    component: Callable[[str], Component]
    contexts: TriggerContexts
    topics: Topics
    limits: Limits
    log: Log
    describe: Describe
    _waiting: Counter[str] = field(default_factory=Counter[str])
    _is_over: asyncio.Event = field(default_factory=asyncio.Event)

    def close(self) -> None:
        """Let everyone who waits come to an end."""
        self._is_over.set()

    async def next(
        self,
        owner_id: str,
        name: str,
        *,
        account: str | None,
        values: Mapping[str, Any],
        within_s: float,
        has_gone: Callable[[], Awaitable[bool]],
    ) -> dict[str, Any]:
        """Return what the trigger makes of the next event that it takes, or that none came.

        `has_gone` says that nobody waits for it any more. Raises InputFaults for a wrong input, and
        ConnectorError for whatever keeps the trigger from hearing.
        """
        if name not in self.types or self.types[name].kind != "trigger":
            raise NotFoundError(f"There is no trigger {name!r}; see `appmixer components`.")
        await self.types.load([name])
        kind = self.types[name]
        faults = await self.input_checks.faults(values, kind.schema)
        if faults:
            raise InputFaults([Fault(f"input{each.path}", each.text) for each in faults])
        trigger = self.component(name)
        assert isinstance(trigger, Trigger)
        # A place of its own: what is kept of it is nobody else's.
        step = FlowComponent(type=name, account=account)
        place = await self.flows.place(owner_id, f"trial-{uuid.uuid4().hex}", "trial", step)
        if place.account is None:
            raise _nothing_to_hear()
        ears = Ears()
        context = self.contexts(place, read_input(trigger.Input, values), ears)
        self.limits.check("streams", self._waiting[owner_id])
        self._waiting[owner_id] += 1
        clock = self.flows.storage.clock
        deadline, asked_at, seq = clock.elapsed + within_s, clock.now, await self._last_seq()
        try:
            await trigger.start(context)
            while True:
                is_over = self._is_over.is_set() or clock.elapsed >= deadline or await has_gone()
                rows = await self._routed(place.connector, seq)
                for row in rows:
                    seq = row.seq
                    if row.received_at < asked_at or not self._may_hear(place, ears, row):
                        continue
                    output = await trigger.receive(context, json.loads(row.payload))
                    if isinstance(output, BaseModel):
                        given = {trigger.port: output.model_dump(mode="json")}
                        return {"status": "heard", "eventId": seq, "output": given}
                if is_over:
                    return {"status": "nothing", "eventId": None, "output": {}}
                if len(rows) < AT_ONCE:
                    await clock.wait(self._is_over, POLL_S)
        finally:
            self._waiting[owner_id] -= 1
            await self._stop(trigger, context)

    async def _last_seq(self) -> int:
        query = sa.select(sa.func.max(events.c.seq).label("seq"))
        return int((await self.flows.storage.rows(query))[0].seq or 0)

    async def _routed(self, connector: str, seq: int) -> Sequence[sa.Row[Any]]:
        """Return the next events, as far as they have been routed."""
        mine = (events.c.connector == connector) & (events.c.seq > seq)
        columns = (events.c.seq, events.c.state, events.c.received_at)
        query: sa.Select[*tuple[Any, ...]] = sa.select(*columns, events.c.routes, events.c.payload)
        query = query.where(mine).order_by(events.c.seq).limit(AT_ONCE)
        rows = await self.flows.storage.rows(query)
        # Of one that is new it is not known yet whether it repeats another.
        return [*takewhile(lambda row: row.state != NEW, rows)]

    def _may_hear(self, place: Place, ears: Ears, row: sa.Row[Any]) -> bool:
        if row.state not in (ROUTED, UNROUTED) or place.account is None:
            return False
        opened = self.topics.opened(place.connector, place.account.profile)
        return not opened.isdisjoint(ears.topics & {*json.loads(row.routes)})

    async def _stop(self, trigger: Trigger, context: WarningContext) -> None:
        """Take back what was asked for; what is left over the plugin tidies up later."""
        try:
            await trigger.stop(context)
        except DATABASE_AWAY:
            raise
        except ConnectorError as error:
            self.log.warning("trial_not_stopped_cleanly", reason=str(error))
        except Exception as error:  # a component's fault must not hide what was heard
            self.describe(error, component=type(trigger).__name__)


def _nothing_to_hear() -> RejectedError:
    return RejectedError(
        "There is no event to wait for",
        "The trigger does not hear the events of an account.",
        "Choose its account, or take other values for the test.",
        "account",
    )
