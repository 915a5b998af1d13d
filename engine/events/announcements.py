"""Plugins are told of new events before any flow sees them, and keep what they have to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Event, Plugin
from ..observe.faults import Describe
from ..storage.database import DATABASE_AWAY
from ..storage.store import EntriesWithEvents
from .starts import Routed


@dataclass(frozen=True)
class Announcements:
    """Tells the plugins; one batch at a time."""

    plugins: Mapping[str, Plugin]
    with_events: EntriesWithEvents
    describe: Describe

    async def make(self, routed: Sequence[Routed]) -> Sequence[Mapping[str, Any]]:
        """Tell of the events; return the rows of the store that belong into their commit."""
        self.with_events.rows.clear()
        self.with_events.is_open = True
        try:
            for connector in {each.row.connector for each in routed}:
                mine = [each.event for each in routed if each.row.connector == connector]
                await self._announce(connector, mine)
        finally:
            self.with_events.is_open = False
        return list(self.with_events.rows)

    async def _announce(self, connector: str, new: Sequence[Event]) -> None:
        """Tell the plugin; where that fails, of each half."""
        rows = self.with_events.rows
        before = len(rows)
        try:
            await self.plugins[connector].before_routing(new)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # a plugin's fault must not stop the events of everybody
            del rows[before:]
            if len(new) > 1:
                middle = len(new) // 2
                await self._announce(connector, new[:middle])
                await self._announce(connector, new[middle:])
                return
            self.describe(error, connector=connector)
