"""Flows: their documents by version, and starting and stopping their triggers."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .contexts import EngineTriggerContext, Place
from .contract import Account, ConnectorError, Listener, RejectedError, Trigger
from .database import flow_versions, flows, insert, listeners
from .documents import Fault, FlowComponent, FlowDocument, FlowFaults, read_document, read_input
from .sealed_inputs import hide_secrets, keep_secrets, open_secrets
from .times import iso

if TYPE_CHECKING:
    from .engine import Engine

RUNNING, STOPPED = "running", "stopped"


@dataclass
class Flows:
    """The flows of all owners; every call names the owner, and finds nobody else's."""

    engine: Engine
    _documents: dict[tuple[str, int], FlowDocument] = field(
        default_factory=dict[tuple[str, int], FlowDocument]
    )
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict[str, asyncio.Lock])

    async def put(self, owner_id: str, flow_id: str, raw: object) -> dict[str, Any]:
        """Store a new version; raise FlowFaults. A running flow goes on with its old version."""
        # One at a time: many large documents together would leave no thread for anything else.
        async with self._checking:
            document = await asyncio.to_thread(read_document, raw, self.engine.types)
        stored = document.model_dump(mode="json", exclude_unset=True)
        old = await self._row(owner_id, flow_id)
        previous = await self.document(old.key, old.version) if old else None
        stored = keep_secrets(stored, previous, self.engine.types, self.engine.seal)
        await self.engine.writer.commit(
            lambda c: _store(c, owner_id, flow_id, document.name, stored)
        )
        return await self.get(owner_id, flow_id)

    async def get(self, owner_id: str, flow_id: str) -> dict[str, Any]:
        """Return the flow with its newest document; raise LookupError."""
        row = await self._present(owner_id, flow_id)
        document = await self.document(row.key, row.version)
        shown = hide_secrets(
            document.model_dump(mode="json", exclude_unset=True), self.engine.types
        )
        return {**_summary(row), "document": shown}

    async def list(self, owner_id: str) -> list[dict[str, Any]]:
        query = sa.select(flows).where(flows.c.owner_id == owner_id).order_by(flows.c.name)
        return [_summary(row) for row in await self.engine.rows(query)]

    async def delete(self, owner_id: str, flow_id: str) -> None:
        """Stop the flow and remove it; its runs stay until they are old. Raise LookupError."""
        row = await self._present(owner_id, flow_id)
        if row.state == RUNNING:
            await self.stop(owner_id, flow_id)
        await self.engine.writer.commit(
            lambda c: c.execute(sa.delete(flows).where(flows.c.key == row.key))
        )

    async def start(self, owner_id: str, flow_id: str) -> dict[str, Any]:
        """Start every trigger of the newest version, or none: raise the first one's reason.

        On a running flow this puts the newest version in the place of the running one.
        """
        row = await self._present(owner_id, flow_id)
        async with self._lock(row.key):
            document = await self.document(row.key, row.version)
            await self._check_accounts(owner_id, document)
            if row.running_version is not None:
                await self._stop_triggers(owner_id, row.key, row.running_version)
            started: set[str] = set()
            try:
                for key in self._triggers(document):
                    started.add(key)
                    trigger, context = await self.trigger(owner_id, row.key, row.version, key)
                    await trigger.start(context)
            except ConnectorError as error:
                for key in started:
                    await self._stop_trigger(owner_id, row.key, row.version, key)
                await self._set_state(row.key, STOPPED, None, str(error))
                raise
            await self._set_state(row.key, RUNNING, row.version, "")
        return await self.get(owner_id, flow_id)

    async def stop(self, owner_id: str, flow_id: str) -> dict[str, Any]:
        """Stop every trigger; a stopped flow stays stopped. Runs under way go on."""
        row = await self._present(owner_id, flow_id)
        async with self._lock(row.key):
            await self._stop_triggers(owner_id, row.key, row.running_version or row.version)
            await self._set_state(row.key, STOPPED, None, "")
        return await self.get(owner_id, flow_id)

    async def document(self, flow_key: str, version: int) -> FlowDocument:
        """Return one version, whose secrets are sealed still."""
        found = self._documents.get((flow_key, version))
        if found is None:
            query = sa.select(flow_versions.c.document).where(
                flow_versions.c.flow_key == flow_key, flow_versions.c.version == version
            )
            [row] = await self.engine.rows(query)
            found = FlowDocument.model_validate(row.document)
            self._documents[flow_key, version] = found
        return found

    async def place(
        self, owner_id: str, flow_key: str, key: str, component: FlowComponent
    ) -> Place:
        """Return where a component stands; the account is None when none is chosen."""
        kind = self.engine.types[component.type]
        account: Account | None = None
        if component.account is not None:
            account = await self.engine.accounts.named(owner_id, kind.connector, component.account)
        return Place(owner_id, kind.connector, flow_key, key, account)

    async def trigger(
        self, owner_id: str, flow_key: str, version: int, key: str
    ) -> tuple[Trigger, EngineTriggerContext]:
        """Return a trigger of a flow with its context; raise ConnectorError."""
        component = (await self.document(flow_key, version)).components[key]
        trigger = self.engine.component(component.type)
        assert isinstance(trigger, Trigger)
        place = await self.place(owner_id, flow_key, key, component)
        values = open_secrets(component.input, self.engine.seal)
        return trigger, EngineTriggerContext(self.engine, place, read_input(trigger.Input, values))

    async def store_listener(self, listener: Listener, place: Place) -> None:
        row = {
            "id": listener.id,
            "connector": place.connector,
            "route": listener.route,
            "params": listener.params,
            "owner_id": place.owner_id,
            "account_id": listener.account_id,
            "flow_key": place.flow_key,
            "component": place.component,
        }
        await self.engine.writer.commit(
            lambda c: c.execute(insert(listeners, c).on_conflict_do_nothing(), row)
        )

    async def delete_listener(self, listener: Listener) -> None:
        gone = sa.delete(listeners).where(listeners.c.id == listener.id)
        await self.engine.writer.commit(lambda c: c.execute(gone))

    def _triggers(self, document: FlowDocument) -> Sequence[str]:
        types = self.engine.types
        return [
            key for key, each in document.components.items() if types[each.type].kind == "trigger"
        ]

    async def _check_accounts(self, owner_id: str, document: FlowDocument) -> None:
        faults: list[Fault] = []
        for key, component in document.components.items():
            kind = self.engine.types[component.type]
            if component.account is None:
                text = "No account is chosen; name a connected account, or connect one first."
            else:
                try:
                    await self.engine.accounts.named(owner_id, kind.connector, component.account)
                    continue
                except RejectedError as error:
                    text = f"{error.title}. {error.cause} {error.cure}"
            if kind.needs_account:
                faults.append(Fault(f"components.{key}.account", text))
        if faults:
            raise FlowFaults(faults)

    async def _stop_triggers(self, owner_id: str, flow_key: str, version: int) -> None:
        for key in self._triggers(await self.document(flow_key, version)):
            await self._stop_trigger(owner_id, flow_key, version, key)

    async def _stop_trigger(self, owner_id: str, flow_key: str, version: int, key: str) -> None:
        # A stop must succeed for the person who asks: what is left over there is not worth
        # events that keep starting runs here. The plugin logs it and tidies up later.
        try:
            trigger, context = await self.trigger(owner_id, flow_key, version, key)
            await trigger.stop(context)
        except ConnectorError as error:
            self.engine.log.warning("trigger_not_stopped_cleanly", component=key, reason=str(error))
        gone = sa.delete(listeners).where(
            listeners.c.flow_key == flow_key, listeners.c.component == key
        )
        await self.engine.writer.commit(lambda c: c.execute(gone))

    async def _set_state(self, flow_key: str, state: str, version: int | None, reason: str) -> None:
        change = (
            sa.update(flows)
            .where(flows.c.key == flow_key)
            .values(state=state, running_version=version, reason=reason, updated_at=time.time())
        )
        await self.engine.writer.commit(lambda c: c.execute(change))

    def _lock(self, flow_key: str) -> asyncio.Lock:
        return self._locks.setdefault(flow_key, asyncio.Lock())

    async def _row(self, owner_id: str, flow_id: str) -> sa.Row[Any] | None:
        query = sa.select(flows).where(flows.c.owner_id == owner_id, flows.c.id == flow_id)
        return next(iter(await self.engine.rows(query)), None)

    async def _present(self, owner_id: str, flow_id: str) -> sa.Row[Any]:
        row = await self._row(owner_id, flow_id)
        if row is None:
            raise LookupError(f"There is no flow {flow_id!r}.")
        return row


def _store(
    connection: sa.Connection, owner_id: str, flow_id: str, name: str, document: Mapping[str, Any]
) -> None:
    now = time.time()
    mine = (flows.c.owner_id == owner_id) & (flows.c.id == flow_id)
    row = connection.execute(sa.select(flows.c.key, flows.c.version).where(mine)).first()
    key, version = (row.key, row.version + 1) if row else (uuid.uuid4().hex, 1)
    changed = {"name": name, "version": version, "updated_at": now}
    if row:
        connection.execute(sa.update(flows).where(mine).values(changed))
    else:
        fixed = {"owner_id": owner_id, "id": flow_id, "key": key, "created_at": now}
        state = {"state": STOPPED, "reason": "", "running_version": None}
        connection.execute(sa.insert(flows), {**fixed, **state, **changed})
    connection.execute(
        sa.insert(flow_versions),
        {"flow_key": key, "version": version, "document": document, "created_at": now},
    )


def _summary(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "version": row.version,
        "state": row.state,
        "runningVersion": row.running_version,
        "reason": row.reason,
        "createdAt": iso(row.created_at),
        "updatedAt": iso(row.updated_at),
    }
