"""What connectors tell of the actions of a flow that has started, beside what triggers warn of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..accounts.accounts import Accounts
from ..contract import ConnectorError, JsonObject, Log, Plugin, WarnsOfStarts
from ..contract.connector import FOREIGN_FAULTS
from ..observe.faults import Describe
from .models import ComponentType, FlowDocument
from .secret_fields import secret_fields

# Whoever starts a flow does not wait for longer: it runs already.
PATIENCE_S = 5.0


@dataclass(frozen=True)
class StartWarnings:
    """The warnings for all owners' flows; no call uses another owner's account."""

    accounts: Accounts
    types: Mapping[str, ComponentType]
    plugins: Mapping[str, Plugin]
    log: Log
    describe: Describe

    async def of(self, owner_id: str, document: FlowDocument) -> list[str]:
        """Ask each connector once for each account; one that cannot tell now warns of nothing."""
        asked: dict[tuple[str, str], list[tuple[str, JsonObject]]] = {}
        for step in document.components.values():
            kind = self.types[step.type]
            if kind.kind == "action" and step.account is not None:
                secret = secret_fields(kind.schema)
                values = {name: each for name, each in step.input.items() if name not in secret}
                place = kind.connector, step.account
                asked.setdefault(place, []).append((step.type, values))
        told = await asyncio.gather(
            *(self._told(owner_id, *place, actions) for place, actions in asked.items())
        )
        return [text for texts in told for text in texts]

    async def _told(
        self,
        owner_id: str,
        connector: str,
        name: str,
        actions: Sequence[tuple[str, JsonObject]],
    ) -> Sequence[str]:
        plugin = self.plugins[connector]
        if not isinstance(plugin, WarnsOfStarts):
            return ()
        try:
            async with asyncio.timeout(PATIENCE_S):
                account = await self.accounts.named(owner_id, connector, name)
                return await plugin.start_warnings(account, actions)
        except (ConnectorError, TimeoutError) as error:
            self.log.warning("start_warnings.not_told", connector=connector, reason=str(error))
        except FOREIGN_FAULTS as error:
            self.describe(error, given=[each for _, each in actions], component=actions[0][0])
        return ()
