"""What the actions of a flow rely on: it is listened to while the flow runs, and begins no run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import Action, Component, ComponentContext, ConnectorError, Listener, Log, Plugin
from ..contract.connector import FOREIGN_FAULTS
from ..observe.faults import Describe
from ..storage.storage import Storage
from ..storage.tables import relied_on
from .models import ComponentType, FlowComponent, FlowDocument
from .places import Place
from .secret_fields import secret_fields

# Whoever starts a flow waits no longer for a plugin, as it can refuse nothing.
PATIENCE_S = 15.0

Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Relying:
    """What all owners' flows rely on."""

    storage: Storage
    types: Mapping[str, ComponentType]
    component: Callable[[str], Component]
    plugins: Mapping[str, Plugin]
    contexts: Callable[[Place], ComponentContext]
    place: Callable[[str, str, str, FlowComponent], Awaitable[Place]]
    log: Log
    describe: Describe

    async def present(self, flow_key: str) -> Mapping[str, sa.Row[Any]]:
        """Return the listeners that a flow has for its actions, by their ids."""
        query = sa.select(relied_on).where(relied_on.c.flow_key == flow_key)
        return {row.id: row for row in await self.storage.rows(query)}

    async def listen(
        self, owner_id: str, flow_key: str, version: int, document: FlowDocument
    ) -> tuple[Rows, Sequence[str]]:
        """Ask plugins to have it delivered; return the listeners to store, and what to mind."""
        asked = await asyncio.gather(
            *(
                self._asked(owner_id, flow_key, key, step)
                for key, step in document.components.items()
                if self._is_action(step.type)
            )
        )
        # Steps of one account that rely on the same have one listener.
        once = {
            (place.connector, listener.account_id, listener.topic): (listener, place)
            for found in reversed(asked)
            for listener, place in found
        }
        told = await asyncio.gather(*(self._add(*each) for each in once.values()))
        rows = {
            listener.id: {
                "id": listener.id,
                "connector": place.connector,
                "route": listener.topic,
                "account_id": listener.account_id,
                "flow_key": flow_key,
                "version": version,
            }
            for listener, place in once.values()
        }
        return rows, [text for text in told if text]

    def _is_action(self, name: str) -> bool:
        # One of a connector that is not there any more relies on nothing.
        return name in self.types and self.types[name].kind == "action"

    async def _asked(
        self, owner_id: str, flow_key: str, key: str, step: FlowComponent
    ) -> Sequence[tuple[Listener, Place]]:
        values: dict[str, Any] = {}
        try:
            kind = self.types[step.type]
            if step.account is None and kind.takes_account:
                return ()
            secret = secret_fields(kind.schema)
            values = {name: each for name, each in step.input.items() if name not in secret}
            place = await self.place(owner_id, flow_key, key, step)
            action = self.component(step.type)
            assert isinstance(action, Action)
            async with asyncio.timeout(PATIENCE_S):
                topics = await action.relies_on(self.contexts(place), values)
            account_id = place.account.id if place.account else ""
            return [
                (
                    Listener(f"{flow_key}:{key}:{topic}", topic, {}, account_id, owner_id, False),
                    place,
                )
                for topic in topics
            ]
        except (ConnectorError, TimeoutError) as error:
            self.log.warning("relied_on.not_told", component=step.type, reason=str(error))
        except FOREIGN_FAULTS as error:
            self.describe(error, given=values, component=step.type)
        return ()

    async def _add(self, listener: Listener, place: Place) -> str:
        """Return what keeps it from being heard, in a sentence, if anything is known to."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.plugins[place.connector].listener_added(listener, place.account)
        except ConnectorError as error:
            return str(error)
        except TimeoutError:
            return (
                f"Whether the step {place.component} hears what it relies on is not known: the "
                f"service has not answered within {PATIENCE_S:g} seconds."
            )
        except FOREIGN_FAULTS as error:
            self.describe(error, component=place.component)
        return ""
