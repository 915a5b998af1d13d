"""Telling owners: what failed, what has to be connected again, and what connectors have to say.

What is to be told lies in the store; here the triggers that listen to it get it, once each.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..contract import NOTICE, JsonObject, Log, Notice
from ..flows.flows import Flows
from ..flows.models import ComponentType
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.fence import Fence
from ..storage.notices import (
    PREFIX,
    listening_to,
    owners_listening,
    put_notice,
    take_notice,
    waiting_notices,
)
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, flows, runs, steps
from ..times import iso
from .by_hand import Place
from .starts import Start
from .topics import Topics
from .unprompted import Unprompted, as_outputs, starts_of

AT_ONCE = 100
# What a trigger makes of a notice may take so long.
LONGEST_S = 30.0
LOOK_S, PAUSE_S = 5.0, 1.0
EMPTY: JsonObject = {
    **dict.fromkeys(("title", "cause", "cure", "flowId", "flowName", "runId", "step"), ""),
    **{"account": "", "connector": "", "details": {}},
}


@dataclass
class Notifier:
    """Begins the runs of triggers that listen to the host. One per database is at work."""

    storage: Storage
    flows: Flows
    types: Mapping[str, ComponentType]
    topics: Topics
    unprompted: Unprompted
    fence: Fence
    log: Log
    describe: Describe
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def look(self) -> None:
        """Look again: something is to be told."""
        self._changed.set()

    async def tell_owners(self, connector: str, topics: Sequence[str], notice: Notice) -> None:
        """Store what a connector tells the owners whose accounts open one of the topics."""
        owners = await self._owners(connector, topics)
        content = {
            "title": notice.title,
            "cause": notice.cause,
            "cure": notice.cure,
            "details": dict(notice.details),
            "connector": connector,
        }
        id, now = f"{connector}|{notice.id}", self.storage.clock.now

        def put(connection: sa.Connection) -> None:
            for owner_id in owners:
                put_notice(connection, owner_id, NOTICE, id, content, now)

        if owners:
            await self.storage.writer.commit(put)
            self.look()

    async def work(self) -> None:
        """Tell until cancelled."""
        while True:
            await self.fence.enter()
            self._changed.clear()
            try:
                found = await self.storage.rows(waiting_notices(AT_ONCE))
                for row in found:
                    await self._tell(row)
            except DATABASE_AWAY as error:
                self.log.warning("owners_not_told", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)
                continue
            if not found:
                await self.storage.clock.wait(self._changed, LOOK_S)

    async def _owners(self, connector: str, topics: Sequence[str]) -> list[str]:
        listening = {row.owner_id for row in await self.storage.rows(owners_listening(NOTICE))}
        if self.topics.is_open(connector):
            return sorted(listening)
        query = sa.select(accounts.c.owner_id, accounts.c.profile).where(
            accounts.c.service == connector,
            accounts.c.state == CONNECTED,
            accounts.c.owner_id.in_(listening),
        )
        wanted = frozenset(topics)
        return sorted(
            {
                row.owner_id
                for row in await self.storage.rows(query)
                if wanted & self.topics.opened(connector, row.profile)
            }
        )

    async def _tell(self, row: sa.Row[Any]) -> None:
        """Begin a run of each trigger that takes it, and forget it, in one commit."""
        owner_id, content = row.namespace.removeprefix(PREFIX), json.loads(row.value)
        event = {**EMPTY, **content, **await self._about(content), "at": iso(content["at"])}
        starts: list[Start] = []
        for listener in await self.storage.rows(listening_to(owner_id, content["topic"])):
            starts += await self._starts(listener, row.key, event)
        ids = [start.run_id for start in starts]

        def also(connection: sa.Connection) -> bool:
            if not take_notice(connection, row.namespace, row.key):
                return False
            known = connection.scalars(sa.select(runs.c.id).where(runs.c.id.in_(ids)))
            told_before = set(known)
            starts[:] = [each for each in starts if each.run_id not in told_before]
            return True

        await self.unprompted.store(starts, also)

    async def _starts(
        self, listener: sa.Row[Any], key: str, event: Mapping[str, Any]
    ) -> list[Start]:
        query = sa.select(flows.c.id).where(flows.c.key == listener.flow_key)
        document = await self.flows.document(listener.flow_key, listener.version)
        kind = document.components[listener.component].type
        if kind not in self.types:
            return []  # its connector is not here now
        place = Place(
            listener.owner_id,
            "",
            self.types[kind].connector,
            listener.flow_key,
            (await self.storage.rows(query))[0].id,
            listener.version,
            listener.component,
        )
        what, after_seq = f"{key}|{listener.id}", await self.unprompted.after_seq()
        try:
            trigger, context = await self.flows.trigger(
                listener.owner_id, listener.flow_key, listener.version, listener.component
            )
            async with asyncio.timeout(LONGEST_S):
                result = await trigger.receive(context, event)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a component's fault must not keep others from being told
            fault = self.describe(error, component=listener.component)
            return starts_of(place, what, kind, "", after_seq, error=fault)
        return starts_of(place, what, kind, trigger.port, after_seq, outputs=as_outputs(result))

    async def _about(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return what else is known of the run that has failed."""
        if "runId" not in content:
            return {}
        mine = sa.select(flows.c.name).join(runs, runs.c.flow_key == flows.c.key)
        named = await self.storage.rows(mine.where(runs.c.id == content["runId"]))
        bad = sa.select(steps.c.component).where(
            steps.c.run_id == content["runId"], steps.c.state.in_(["failed", "unknown"])
        )
        found = await self.storage.rows(bad.order_by(steps.c.started_at).limit(1))
        return {
            "flowName": named[0].name if named else "",
            "step": found[0].component if found else "",
        }
