"""What the steps of a flow give, as far as it is known: from runs, or the components' examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..flows.component_types import ComponentTypes
from ..flows.flows import Flows
from ..flows.salvage import types_of
from ..runs.samples import Samples
from ..storage.storage import Storage

EXAMPLE = {
    "source": "example",
    "isCut": False,
    "runId": None,
    "stepId": None,
    "version": None,
    "isTest": False,
    "at": None,
}


@dataclass(frozen=True)
class FlowSamples:
    """The samples of all owners' flows; every call names the owner, and finds nobody else's."""

    flows: Flows
    types: ComponentTypes
    storage: Storage

    async def of(
        self, owner_id: str, flow_id: str, *, tests: bool = True
    ) -> dict[str, dict[str, Any]]:
        """Return by step what it gives at its ports; raise LookupError.

        The steps are those of the draft, where there is one, else of the newest version.
        """
        flow_key, version = await self.flows.versions.newest(owner_id, flow_id)
        types = types_of(next(iter(await self.flows.drafts.kept(owner_id, flow_id)), None))
        if not types and version is not None:
            document = await self.flows.document(flow_key, version)
            types = {key: each.type for key, each in document.components.items()}
        known = {key: name for key, name in types.items() if name in self.types}
        await self.types.load(set(known.values()))
        found = await Samples(self.storage).newest(flow_key, types, tests=tests)
        return {
            key: {
                "type": name,
                "ports": {**self._examples(name), **found.get(key, {})},
            }
            for key, name in types.items()
            if name in self.types or key in found
        }

    def _examples(self, name: str) -> Mapping[str, Any]:
        """Return what a component gives at its main port, by its own example."""
        if name not in self.types:
            return {}
        schema = self.types[name].schema
        sample = next(iter(schema.get("x-samples", {}).values()), None)
        port = schema.get("x-main-port")
        return {} if sample is None or not port else {port: {"value": sample, **EXAMPLE}}
