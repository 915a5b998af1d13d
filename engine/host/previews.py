"""What a step will do, shown while its form is filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..contract import Component, ThrottledError
from ..errors import NotFoundError
from ..flows.component_types import ComponentTypes
from ..flows.expressions import fill_known
from ..flows.flows import Flows
from ..flows.inputs import MAX_INPUT_VALUES, has_more_values
from ..flows.models import Fault, FlowComponent, InputFaults
from ..flows.ports import scope_of
from ..flows.secret_fields import secret_fields
from .contexts import EngineContext, Services

# Whoever fills in a form does not wait for longer.
PATIENCE_S = 10.0
# A preview is nobody's step, and has no state.
PREVIEW = "preview"


@dataclass(frozen=True)
class Previews:
    """Previews for all owners; every call names the owner, and uses nobody else's account."""

    services: Services
    flows: Flows
    types: ComponentTypes
    component: Callable[[str], Component]

    async def preview(
        self,
        owner_id: str,
        name: str,
        *,
        account: str | None,
        values: Mapping[str, Any],
        given: Mapping[str, Any],
    ) -> dict[str, Any] | None:
        """Return what a step with this input will do; None where its component shows nothing.

        `given` is what earlier steps gave, by step and port, as far as that is known.
        """
        if name not in self.types:
            raise NotFoundError(f"There is no component {name!r}; see `appmixer components`.")
        await self.types.load([name])
        for place, content in (("input", values), ("given", given)):
            if has_more_values(content, MAX_INPUT_VALUES):
                text = f"It holds more than {MAX_INPUT_VALUES:,} values."
                raise InputFaults([Fault(place, text)])
        step = FlowComponent(type=name, account=account)
        where = await self.flows.place(owner_id, PREVIEW, PREVIEW, step)
        hidden = {*secret_fields(self.types[name].schema)}
        open_values = {key: value for key, value in values.items() if key not in hidden}
        now = self.services.storage.clock.now
        filled = await asyncio.to_thread(fill_known, open_values, scope_of(given), now=now)
        try:
            async with asyncio.timeout(PATIENCE_S):
                context = EngineContext(self.services, where)
                found = await self.component(name).preview(context, filled)
        except TimeoutError:
            raise ThrottledError(
                "The preview takes too long",
                f"The service has not answered within {PATIENCE_S:g} seconds.",
                "Go on without it, or try again.",
            ) from None
        return None if found is None else asdict(found)
