"""Who may see and replay an event: whoever has an account that the plugin says it belongs to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..errors import ConflictError, NotFoundError, not_here
from ..storage.storage import Storage
from ..storage.tables import CONNECTED, accounts, events, takings
from ..times import iso
from .topics import Topics
from .unrouted import Visible, kinds_in, unrouted_in


@dataclass(frozen=True)
class Visibility:
    """The topics that each owner's accounts open."""

    storage: Storage
    topics: Topics
    replay_for: Callable[[str, int, str], Awaitable[list[str]]]

    async def unrouted(
        self,
        owner_id: str,
        *,
        is_administrator: bool,
        kind: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[dict[str, Any]]:
        """Return the owner's events that no flow took.

        The administrator also sees those that belong to nobody's account, and only those.
        """
        visible = await self._visible(owner_id, is_administrator=is_administrator)
        return await self.storage.readers.read(
            lambda connection: unrouted_in(connection, owner_id, visible, kind, before, limit)
        )

    async def unrouted_kinds(
        self, owner_id: str, *, is_administrator: bool
    ) -> list[dict[str, Any]]:
        """Count by kind the owner's events that no flow took."""
        visible = await self._visible(owner_id, is_administrator=is_administrator)
        return await self.storage.readers.read(
            lambda connection: kinds_in(connection, owner_id, visible)
        )

    async def _visible(self, owner_id: str, *, is_administrator: bool) -> Visible:
        mine, others = await self._routes(owner_id)

        def visible(connector: str, topics: tuple[str, ...]) -> bool:
            return self._is_visible(connector, topics, mine, others, is_administrator)

        return visible

    async def replay(
        self, owner_id: str, seq: int, *, by: str, is_administrator: bool, again: bool = False
    ) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids.

        Raises ConflictError for one that was replayed, unless it is to be done `again`, and
        ConfigurationError for one of the owner's whose connector is not here.
        """
        query = sa.select(events.c.connector, events.c.routes).where(events.c.seq == seq)
        row = next(iter(await self.storage.rows(query)), None)
        own = (takings.c.seq == seq) & (takings.c.owner_id == owner_id)
        taken = await self.storage.rows(sa.select(takings).where(own))
        if row is not None and taken and row.connector not in self.topics.plugins:
            raise not_here(row.connector)
        mine, others = await self._routes(owner_id)
        if row is None or not (
            self._is_visible(
                row.connector, tuple(json.loads(row.routes)), mine, others, is_administrator
            )
            or (taken and self.topics.is_open(row.connector))
        ):
            raise NotFoundError(f"There is no event {seq}.")
        for each in taken:
            if each.replayed_at is not None and not again:
                raise ConflictError(
                    "The event has been replayed already",
                    f"{each.replayed_by} did it at {iso(each.replayed_at)}.",
                    "To do it once more, say so: with again in the request, or --again.",
                    "again",
                )
        return await self.replay_for(owner_id, seq, by)

    def _is_visible(
        self,
        connector: str,
        topics: tuple[str, ...],
        mine: set[tuple[str, str]],
        others: set[tuple[str, str]],
        is_administrator: bool,
    ) -> bool:
        if connector not in self.topics.plugins:
            return False  # nobody can tell whose it is
        named = {(connector, topic) for topic in topics}
        return bool(named & mine) or (is_administrator and not named & others)

    async def _routes(self, owner_id: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        # What is not proven opens nothing: not to its owner, and to nobody else for its sake.
        query = sa.select(
            accounts.c.owner_id, accounts.c.service, accounts.c.profile, accounts.c.state
        )
        mine: set[tuple[str, str]] = set()
        others: set[tuple[str, str]] = set()
        for row in await self.storage.rows(query):
            if row.service not in self.topics.plugins:
                continue
            opened = self.topics.opened(row.service, row.profile)
            topics = {(row.service, topic) for topic in opened}
            if row.owner_id != owner_id:
                others.update(topics)
            elif row.state == CONNECTED:
                mine.update(topics)
        return mine, others
