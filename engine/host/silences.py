"""Why nothing more is heard of what steps did: asked of their components when somebody looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import sqlalchemy as sa

from ..contract import Action, Check, Component, ConnectorError, JsonObject
from ..contract.connector import FOREIGN_FAULTS
from ..flows.flows import Flows
from ..observe.faults import Describe
from ..storage.tables import runs
from .contexts import EngineContext, Services

# Whoever looks at a run does not wait for longer.
PATIENCE_S = 10.0
# The others of a page are shown as silent without: what keeps so many silent is the same for all.
MAX_EXPLAINED = 20
NOT_TOLD = Check(
    "reasons",
    "advice",
    "What may be the reason could not be found out just now.",
    "Look again in a minute.",
)


@dataclass(frozen=True)
class Silences:
    """Reasons for all owners; every call names the owner, and uses nobody else's account."""

    services: Services
    flows: Flows
    component: Callable[[str], Component]
    describe: Describe

    async def explain(self, owner_id: str, run_id: str, steps: Sequence[dict[str, Any]]) -> None:
        """Write the likely reasons into the first steps of a run that are silent."""
        silent = [each for each in steps if each["fate"] and each["fate"]["silentSince"]]
        if not silent:
            return
        mine = sa.select(runs.c.flow_key, runs.c.version).where(
            runs.c.owner_id == owner_id, runs.c.id == run_id
        )
        for run in await self.services.storage.rows(mine):
            told = await asyncio.gather(
                *(self._told(owner_id, run, each) for each in silent[:MAX_EXPLAINED])
            )
            for step, reasons in zip(silent, told, strict=False):
                step["fate"]["reasons"] = [asdict(each) for each in reasons]

    async def _told(
        self, owner_id: str, run: sa.Row[Any], step: Mapping[str, Any]
    ) -> Sequence[Check]:
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._asked(owner_id, run, step)
        except TimeoutError:
            return [NOT_TOLD]
        except ConnectorError as error:
            finding = f"{NOT_TOLD.finding} {error.title.rstrip('.')}. {error.cause}".strip()
            return [Check(NOT_TOLD.name, NOT_TOLD.state, finding, error.cure or NOT_TOLD.cure)]
        except LookupError:  # the flow, or this version of it, has been removed
            return []
        except FOREIGN_FAULTS as error:
            self.describe(error, given=[step["input"]], component=step["type"])
            return [NOT_TOLD]

    async def _asked(
        self, owner_id: str, run: sa.Row[Any], step: Mapping[str, Any]
    ) -> Sequence[Check]:
        action = self.component(step["type"])
        assert isinstance(action, Action), "only actions have a later fate"
        key = step["component"]
        document = await self.flows.document(run.flow_key, run.version)
        place = await self.flows.place(owner_id, run.flow_key, key, document.components[key])
        ports: dict[str, list[JsonObject]] = step["output"] or {}
        gave: list[JsonObject] = [
            *ports.get(action.port, ()),
            *chain.from_iterable(ports.values()),
            {},
        ]
        context = EngineContext(self.services, place)
        return await action.why_silent(context, step["input"] or {}, gave[0])
