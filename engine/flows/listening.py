"""Which version of a flow listens: one takes over from another in one commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from ..contract import Listener, RejectedError
from ..storage.tables import flows, listeners
from ..storage.writer import Writer
from .places import Place

RUNNING, STOPPED = "running", "stopped"


@dataclass
class TakeOver:
    """What a version that is about to run listens to, and what is listened to at present."""

    flow_key: str
    version: int
    present: Mapping[str, sa.Row[Any]]
    wanted: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    async def add(self, listener: Listener, place: Place) -> None:
        self.wanted[listener.id] = {
            "id": listener.id,
            "connector": place.connector,
            "route": listener.route,
            "params": listener.params,
            "owner_id": place.owner_id,
            "account_id": listener.account_id,
            "flow_key": place.flow_key,
            "version": self.version,
            "component": place.component,
        }

    async def remove(self, listener: Listener) -> bool:
        was_wanted = self.wanted.pop(listener.id, None) is not None
        return was_wanted and listener.id not in self.present

    def store(self, connection: sa.Connection, now: float) -> None:
        """Let this version run, and no other."""
        connection.execute(sa.delete(listeners).where(listeners.c.flow_key == self.flow_key))
        if self.wanted:
            connection.execute(sa.insert(listeners), list(self.wanted.values()))
        set_state(connection, self.flow_key, RUNNING, self.version, "", now)


@dataclass(frozen=True)
class Stopping:
    """The listeners of a version that is stopped, in the table."""

    writer: Writer

    async def add(self, listener: Listener, place: Place) -> None:
        raise RejectedError("A trigger that stops asks for events", "Only starting may.")

    async def remove(self, listener: Listener) -> bool:
        gone = sa.delete(listeners).where(listeners.c.id == listener.id)
        await self.writer.commit(lambda c: c.execute(gone))
        return True


@dataclass(frozen=True)
class Kept(Stopping):
    """The same for a trigger of a former version: what the new one listens to stays."""

    taking_over: TakeOver
    left: set[str] = field(default_factory=set[str])

    async def remove(self, listener: Listener) -> bool:
        if listener.id in self.taking_over.wanted:
            return False
        self.left.add(listener.id)
        return True


def stop_listening(connection: sa.Connection, flow_key: str, now: float) -> None:
    connection.execute(sa.delete(listeners).where(listeners.c.flow_key == flow_key))
    set_state(connection, flow_key, STOPPED, None, "", now)


def set_state(
    connection: sa.Connection,
    flow_key: str,
    state: str,
    version: int | None,
    reason: str,
    now: float,
) -> None:
    connection.execute(
        sa.update(flows)
        .where(flows.c.key == flow_key)
        .values(state=state, running_version=version, reason=reason, updated_at=now)
    )
