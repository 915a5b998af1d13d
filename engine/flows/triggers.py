"""The triggers of flows: made with their contexts, and stopped whatever they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..accounts.accounts import Accounts
from ..contract import Account, Component, ConnectorError, Listener, Log, Plugin, Trigger
from ..contract.connector import FOREIGN_FAULTS
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY, mapping
from ..storage.storage import Storage
from ..storage.tables import listeners
from .inputs import read_input
from .listening import Kept, Stopping, TakeOver
from .models import ComponentType, FlowComponent, FlowDocument
from .places import Listening, Place, TriggerContexts, WarningContext
from .sealed_inputs import open_secrets


@dataclass(frozen=True)
class Triggers:
    """The triggers of all flows' versions, which `document` returns."""

    storage: Storage
    accounts: Accounts
    types: Mapping[str, ComponentType]
    component: Callable[[str], Component]
    plugins: Mapping[str, Plugin]
    contexts: TriggerContexts
    log: Log
    describe: Describe
    document: Callable[[str, int], Awaitable[FlowDocument]]

    async def place(
        self, owner_id: str, flow_key: str, key: str, component: FlowComponent
    ) -> Place:
        """Return where a component stands; the account is None when none is chosen."""
        kind = self.types[component.type]
        account: Account | None = None
        if component.account is not None:
            account = await self.accounts.named(owner_id, kind.connector, component.account)
        return Place(owner_id, kind.connector, flow_key, key, account)

    async def trigger(
        self,
        owner_id: str,
        flow_key: str,
        version: int,
        key: str,
        listening: Listening | None = None,
    ) -> tuple[Trigger, WarningContext]:
        """Return a trigger of a flow with its context; raise ConnectorError."""
        component = (await self.document(flow_key, version)).components[key]
        trigger = self.component(component.type)
        assert isinstance(trigger, Trigger)
        place = await self.place(owner_id, flow_key, key, component)
        values = open_secrets(component.input, self.storage.seal)
        properties = read_input(trigger.Input, values)
        listening = listening or Stopping(self.storage.writer)
        return trigger, self.contexts(place, properties, listening)

    async def listening(self, flow_key: str) -> dict[str, sa.Row[Any]]:
        query = sa.select(listeners).where(listeners.c.flow_key == flow_key)
        return {row.id: row for row in await self.storage.rows(query)}

    async def undo(
        self, owner_id: str, taking_over: TakeOver, started: Sequence[str], former: int | None
    ) -> None:
        """Take back what was asked for on behalf of a version that is not going to run."""
        flow_key, version = taking_over.flow_key, taking_over.version
        new = (await self.document(flow_key, version)).components
        old = {} if former is None else (await self.document(flow_key, former)).components
        for key in started:
            if old.get(key) != new[key]:
                await self.stop(owner_id, flow_key, version, key, taking_over)
        for listener_id, listener in taking_over.wanted.items():
            if listener_id not in taking_over.present:
                await self._remove_listener(owner_id, listener)

    async def leave(
        self, owner_id: str, taking_over: TakeOver, former: int | None, document: FlowDocument
    ) -> None:
        """Stop what the former version listened to and this one does not."""
        kept = Kept(self.storage.writer, taking_over)
        flow_key = taking_over.flow_key
        if former is not None:
            old = await self.document(flow_key, former)
            for key in self.of(old):
                if document.components.get(key) != old.components[key]:
                    await self.stop(owner_id, flow_key, former, key, kept)
        for listener_id, row in taking_over.present.items():
            if listener_id not in taking_over.wanted and listener_id not in kept.left:
                await self._remove_listener(owner_id, mapping(row))
        for listener_id, row in taking_over.present_relied_on.items():
            if listener_id not in taking_over.relied_on:
                await self.rely_no_more(owner_id, mapping(row))

    async def rely_no_more(self, owner_id: str, row: Mapping[Any, Any]) -> None:
        """Tell the plugin that what actions relied on is not listened to any more."""
        await self._remove_listener(owner_id, {**row, "params": {}}, begins_runs=False)

    async def _remove_listener(
        self, owner_id: str, row: Mapping[Any, Any], *, begins_runs: bool = True
    ) -> None:
        connector = row["connector"]
        if connector not in self.plugins:
            return  # the plugin tidies up when it is there again
        listener = Listener(
            row["id"], row["route"], row["params"], row["account_id"], owner_id, begins_runs
        )
        try:
            account_id = row["account_id"]
            account = await self.accounts.hosted(account_id) if account_id else None
            await self.plugins[connector].listener_removed(listener, account)
        except DATABASE_AWAY:
            raise
        except (ConnectorError, LookupError) as error:
            self.log.warning("listener_not_removed_cleanly", reason=str(error))
        except FOREIGN_FAULTS as error:  # what the flow asked for is stored already
            self.describe(error, connector=connector)

    def of(self, document: FlowDocument) -> Sequence[str]:
        types = self.types
        return [
            key
            for key, each in document.components.items()
            # One of a connector that is not there any more has nothing to stop.
            if each.type in types and types[each.type].kind == "trigger"
        ]

    async def stop(
        self,
        owner_id: str,
        flow_key: str,
        version: int,
        key: str,
        listening: Listening | None = None,
    ) -> Sequence[str]:
        """Stop a trigger whatever it says; return what it warned of."""
        # A stop must succeed for the person who asks: what is left over there is not worth
        # events that keep starting runs here. The plugin logs it and tidies up later.
        try:
            trigger, context = await self.trigger(owner_id, flow_key, version, key, listening)
            await trigger.stop(context)
            return context.warnings
        except DATABASE_AWAY:
            raise
        except ConnectorError as error:
            self.log.warning("trigger_not_stopped_cleanly", component=key, reason=str(error))
        except Exception as error:  # a component's fault must not keep a person from stopping
            self.describe(error, component=key)
        return []
