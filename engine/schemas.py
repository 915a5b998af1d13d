"""What the engine knows of every installed component, and the schemas it publishes."""

from __future__ import annotations

from collections.abc import Mapping

from .contract import Connector, component_schema
from .documents import ComponentType


def component_types(connectors: Mapping[str, Connector]) -> dict[str, ComponentType]:
    """Return the component types of all connectors by their full names."""
    return {
        entry.name: ComponentType(
            name=entry.name,
            kind=entry.kind,
            connector=connector_id,
            needs_account=bool(entry.scopes),
            schema=component_schema(entry.name, classes[entry.name]),
            model=classes[entry.name].Input,
            writes=entry.effect == "write",
        )
        for connector_id, connector in connectors.items()
        for classes in [connector.components()]
        for entry in connector.manifest.components
    }
