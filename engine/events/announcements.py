"""Plugins are told of new events before any flow sees them, and keep what they have to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..contract import Event, Plugin
from ..observe.faults import Describe
from ..runs.fates import Fates, GatheredFates
from ..storage.database import DATABASE_AWAY
from ..storage.store import EntriesWithEvents, put_rows
from .starts import Routed


@dataclass(frozen=True)
class Kept:
    """What plugins keep with what follows from events: rows of the store, and fates of steps."""

    rows: Sequence[Mapping[str, Any]]
    fates: GatheredFates

    def store(self, connection: sa.Connection) -> None:
        if self.rows:
            put_rows(connection, self.rows)
        self.fates.store(connection)

    def tell(self) -> None:
        """Tell whoever watches, once that is committed."""
        self.fates.tell()


@dataclass(frozen=True)
class Announcements:
    """Tells the plugins; one batch at a time."""

    plugins: Mapping[str, Plugin]
    with_events: EntriesWithEvents
    fates: Fates
    describe: Describe

    async def make(self, routed: Sequence[Routed]) -> Kept:
        """Tell of the events; return what belongs into the commit of what follows from them."""
        self.with_events.rows.clear()
        self.with_events.is_open = True
        try:
            with self.fates.gathered() as fates:
                for connector in {each.row.connector for each in routed}:
                    mine = [each.event for each in routed if each.row.connector == connector]
                    await self._announce(connector, mine, fates.rows)
        finally:
            self.with_events.is_open = False
        return Kept(list(self.with_events.rows), fates)

    async def _announce(
        self, connector: str, new: Sequence[Event], fates: list[dict[str, Any]]
    ) -> None:
        """Tell the plugin; where that fails, of each half."""
        rows = self.with_events.rows
        before, fates_before = len(rows), len(fates)
        try:
            await self.plugins[connector].before_routing(new)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            del rows[before:], fates[fates_before:]
            if len(new) > 1:
                middle = len(new) // 2
                await self._announce(connector, new[:middle], fates)
                await self._announce(connector, new[middle:], fates)
                return
            self.describe(error, connector=connector)
