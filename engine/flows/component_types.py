"""What the engine knows of every installed component, and the schemas it publishes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..contract import (
    Component,
    ComponentClasses,
    ComponentEntry,
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


class ComponentTypes(Mapping[str, ComponentType]):
    """Component types by their full names, each made when it is asked for.

    Asking for one that is not there, or cannot be loaded, raises a sentence: a stored flow can name
    components of a connector that was removed or is left out.
    """

    def __init__(self) -> None:
        self._made: dict[str, ComponentType] = {}
        self._places: dict[str, tuple[str, Connector, ComponentEntry]] = {}

    def add(self, connector_id: str, connector: Connector) -> None:
        """Take on a connector's; raise what its code raises, where that is loaded as a whole."""
        is_loaded = not isinstance(connector.components(), ComponentClasses)
        entries = connector.manifest.components
        made = [_type_of(connector_id, connector, each) for each in entries] if is_loaded else []
        self._made.update({each.name: each for each in made})
        self._places |= {each.name: (connector_id, connector, each) for each in entries}

    async def load(self, names: Iterable[object]) -> None:
        """Make those that are not made yet, in a thread: their modules may take a while.

        What is not there or cannot be loaded is told to whoever asks for it.
        """
        texts = (name for name in names if isinstance(name, str))
        missing = [name for name in texts if name in self and name not in self._made]
        if missing:
            await asyncio.to_thread(self._try, missing)

    def _try(self, names: Iterable[str]) -> None:
        for name in names:
            with contextlib.suppress(ConfigurationError):
                self[name]

    def leave_out(self, connector_id: str) -> None:
        """Forget a connector's."""
        for name in [name for name in self if self._places[name][0] == connector_id]:
            del self._places[name]
            self._made.pop(name, None)

    def __getitem__(self, name: str) -> ComponentType:
        if name not in self._made:
            place = self._places.get(name)
            if place is None:
                raise ConfigurationError(
                    f"There is no component {name} here",
                    "Its connector is not installed, or the engine had to leave it out.",
                    "Run `appmixer doctor`, which names what is left out; or remove the step.",
                )
            try:
                self._made[name] = _type_of(*place)
            except FOREIGN_FAULTS as error:
                _, connector, _ = place
                raise ConfigurationError(
                    f"The component {name} cannot be loaded",
                    f"It is part of {connector.distribution}, and its code raises "
                    f"{type(error).__name__}.",
                    "Its author has to mend that; the connector's other components can be used.",
                ) from error
        return self._made[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the one by that name, if there is one; raise for one that cannot be loaded."""
        return self[name] if name in self._places else default

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


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
            types.add(connector_id, connector)
        except FOREIGN_FAULTS as error:
            left_out.append(connector.left_out(error))
        else:
            found[connector_id] = connector
    return found, types, left_out


def _form(component: type[Component]) -> Callable[[JsonObject], Form] | None:
    declared = component.form_of
    return made_at_once(component) if declared and not declared.asks_service else None


def _type_of(connector_id: str, connector: Connector, entry: ComponentEntry) -> ComponentType:
    component = connector.components()[entry.name]
    schema = component_schema(entry.name, component)
    return ComponentType(
        name=entry.name,
        kind=entry.kind,
        connector=connector_id,
        needs_account=connector.manifest.needs_account(entry),
        takes_account=connector.manifest.takes_account(entry),
        schema=schema,
        long_lists=long_lists(schema),
        model=component.Input,
        writes=entry.effect == "write",
        may_repeat=entry.effect == "read" or entry.idempotent,
        form=_form(component),
    )
