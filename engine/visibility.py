"""Who may see and replay an event: whoever has an account that the plugin says it belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .database import accounts, events
from .refusals import NotFoundError

if TYPE_CHECKING:
    from .engine import Engine


@dataclass(frozen=True)
class Visibility:
    """The routes that each owner's accounts open."""

    engine: Engine

    async def unrouted(
        self, owner_id: str, *, is_administrator: bool, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Return the owner's events that no flow took.

        The administrator also sees those that belong to nobody's account, and only those.
        """
        mine, others = await self._routes(owner_id)

        def visible(connector: str, routes: tuple[str, ...]) -> bool:
            return self._is_visible(connector, routes, mine, others, is_administrator)

        return list(await self.engine.events.unrouted(visible, limit=limit))

    async def replay(self, owner_id: str, seq: int, *, is_administrator: bool) -> list[str]:
        """Start the owner's flows that listen now with a stored event; return the runs' ids."""
        query = sa.select(events.c.connector, events.c.routes).where(events.c.seq == seq)
        row = next(iter(await self.engine.rows(query)), None)
        mine, others = await self._routes(owner_id)
        if row is None or not self._is_visible(
            row.connector, tuple(json.loads(row.routes)), mine, others, is_administrator
        ):
            raise NotFoundError(f"There is no event {seq}.")
        return await self.engine.dispatcher.replay(owner_id, seq)

    def _is_visible(
        self,
        connector: str,
        routes: tuple[str, ...],
        mine: set[tuple[str, str]],
        others: set[tuple[str, str]],
        is_administrator: bool,
    ) -> bool:
        named = {(connector, route) for route in routes}
        return bool(named & mine) or (is_administrator and not named & others)

    async def _routes(self, owner_id: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        query = sa.select(accounts.c.owner_id, accounts.c.service, accounts.c.profile)
        mine: set[tuple[str, str]] = set()
        others: set[tuple[str, str]] = set()
        for row in await self.engine.rows(query):
            routes = self._opened(row.service, row.profile)
            (mine if row.owner_id == owner_id else others).update(routes)
        return mine, others

    def _opened(self, service: str, profile: Mapping[str, Any]) -> set[tuple[str, str]]:
        plugin = self.engine.plugins.get(service)
        return {(service, route) for route in plugin.visible_routes(profile)} if plugin else set()
