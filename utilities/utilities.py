"""The long-lived part: there is nothing to keep alive, for there is no service."""

from __future__ import annotations

from collections.abc import Sequence

from appmixer.engine.contract import Account, Check, Event, Fact, JsonObject, Listener, Route

from .reach.api_keys import facts_of


class Utilities:
    """The plugin."""

    routes: Sequence[Route] = ()

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def listener_added(self, listener: Listener, account: Account | None) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account | None) -> None: ...

    def read(self, content: bytes) -> Sequence[Event]:
        return ()

    async def before_routing(self, events: Sequence[Event]) -> None: ...

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return ()

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return ()

    async def facts(self, account: Account) -> Sequence[Fact]:
        return facts_of(account)

    async def claim(self, account: Account) -> Sequence[Check]:
        return ()
