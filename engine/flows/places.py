"""Where a component stands, and what a trigger is given that starts or stops."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ..contract import Account, Hook, Listener, TriggerContext


@dataclass(frozen=True)
class Place:
    """A component's place in a flow, and the account that the flow's author chose for it."""

    owner_id: str
    connector: str
    flow_key: str
    component: str
    account: Account | None


class Listening(Protocol):
    """Where the listeners of a trigger go that starts or stops."""

    async def add(self, listener: Listener, place: Place) -> None: ...

    async def remove(self, listener: Listener) -> bool:
        """Return whether nobody of this flow listens there any more."""
        ...

    async def add_schedule(
        self, name: str, rule: Mapping[str, Any], place: Place, *, catches_up: bool
    ) -> None: ...

    async def remove_schedule(self, name: str, place: Place) -> None: ...

    async def open_hook(self, hook: Hook, place: Place) -> str:
        """Return the secret part of the address."""
        ...

    async def close_hook(self, name: str, place: Place) -> None: ...


class WarningContext(TriggerContext, Protocol):
    """A trigger's context that remembers what the trigger warned of."""

    @property
    def warnings(self) -> Sequence[str]: ...

    @property
    def kept(self) -> Sequence[Mapping[str, Any]]:
        """Rows of the store, for the commit of what the trigger starts."""
        ...

    @property
    def flow_of_run(self) -> ChainMap[str, str | None]:
        """The key of the flow of each run that was looked up; None for one there is not.

        Whoever has looked up many for a batch appends them as one map, which is not copied.
        """
        ...


TriggerContexts: TypeAlias = Callable[[Place, Any, Listening], WarningContext]
"""Makes the context of a trigger from its place, its properties and its listeners."""
