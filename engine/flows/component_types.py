"""What the engine knows of every installed component, and the schemas it publishes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..contract import (
    Component,
    ConfigurationError,
    Connector,
    Connectors,
    Form,
    JsonObject,
    LeftOut,
    component_schema,
)
from ..contract.connector import FOREIGN_FAULTS
from .forms import made_at_once
from .long_lists import long_lists
from .models import ComponentType


class ComponentTypes(dict[str, ComponentType]):
    """Component types by their full names; asking for one that is not there raises a sentence.

    A stored flow can name components of a connector that was removed or is left out.
    """

    def __missing__(self, name: str) -> ComponentType:
        raise ConfigurationError(
            f"There is no component {name} here",
            "Its connector is not installed, or the engine had to leave it out.",
            "Run `appmixer doctor`, which names what is left out; or remove the step.",
        )


def component_types(connectors: Mapping[str, Connector]) -> ComponentTypes:
    """Return the component types of all usable connectors by their full names."""
    return usable(connectors)[1]


def usable(
    connectors: Mapping[str, Connector],
) -> tuple[dict[str, Connector], ComponentTypes, list[LeftOut]]:
    """Return the connectors whose components can be loaded, these, and what is left out."""
    found, types = dict[str, Connector](), ComponentTypes()
    left_out = list(connectors.left_out) if isinstance(connectors, Connectors) else []
    for connector_id, connector in connectors.items():
        try:
            types.update(_types_of(connector_id, connector))
        except FOREIGN_FAULTS as error:
            left_out.append(connector.left_out(error))
        else:
            found[connector_id] = connector
    return found, types, left_out


def _form(component: type[Component]) -> Callable[[JsonObject], Form] | None:
    declared = component.form_of
    return made_at_once(component) if declared and not declared.asks_service else None


def _types_of(connector_id: str, connector: Connector) -> dict[str, ComponentType]:
    classes = connector.components()
    schemas = {name: component_schema(name, each) for name, each in classes.items()}
    return {
        entry.name: ComponentType(
            name=entry.name,
            kind=entry.kind,
            connector=connector_id,
            needs_account=connector.manifest.needs_account(entry),
            takes_account=connector.manifest.takes_account(entry),
            schema=schemas[entry.name],
            long_lists=long_lists(schemas[entry.name]),
            model=classes[entry.name].Input,
            writes=entry.effect == "write",
            may_repeat=entry.effect == "read" or entry.idempotent,
            form=_form(classes[entry.name]),
        )
        for entry in connector.manifest.components
    }
