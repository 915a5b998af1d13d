"""Which topics an account opens: what happens there, its owner may hear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import Plugin
from ..observe.faults import Describe


@dataclass(frozen=True)
class Topics:
    """Asks the plugins."""

    plugins: Mapping[str, Plugin]
    describe: Describe

    def opened(self, service: str, profile: Mapping[str, Any]) -> frozenset[str]:
        """Return the topics that an account with this profile opens: none if nobody can tell."""
        try:
            return frozenset(self.plugins[service].visible_routes(profile))
        except Exception as error:  # one account's profile must not keep others from their events
            self.describe(error, service=service)
            return frozenset()
