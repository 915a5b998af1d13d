"""Which topics an account opens: what happens there, its owner may hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..contract import Plugin
from ..observe.faults import Describe


@dataclass(frozen=True)
class Topics:
    """Asks the plugins."""

    plugins: Mapping[str, Plugin]
    has_accounts: Callable[[str], bool]
    describe: Describe

    def is_open(self, connector: str) -> bool:
        """Say whether everybody may hear what happens there: it has no accounts to open it."""
        return connector in self.plugins and not self.has_accounts(connector)

    def opened(self, service: str, profile: Mapping[str, Any]) -> frozenset[str]:
        """Return the topics that an account with this profile opens: none if nobody can tell."""
        try:
            return frozenset(self.plugins[service].visible_topics(profile))
        except Exception as error:  # one account's profile must not keep others from their events
            self.describe(error, service=service)
            return frozenset()
