"""A host in memory: all that it takes to run a connector, and nothing that makes it last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import BaseModel

from appmixer.engine.contract import (
    Action,
    AuthorizationError,
    File,
    Json,
    JsonObject,
    Listener,
    RejectedError,
    SystemClock,
    Trigger,
    Wait,
    load_connectors,
)


class Store:
    """A real host keeps this in a database and lets entries expire."""

    def __init__(self) -> None:
        self.entries: dict[str, Json] = {}

    async def get(self, keys: Sequence[str]) -> Mapping[str, Json]:
        return {key: self.entries[key] for key in keys if key in self.entries}

    async def put(self, entries: Mapping[str, Json], *, expires_in_s: float | None = None) -> None:
        self.entries.update(entries)

    async def add(self, key: str, value: Json, *, expires_in_s: float | None = None) -> Json | None:
        if key in self.entries:
            return self.entries[key]
        self.entries[key] = value
        return None

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)

    async def scan(self, prefix: str) -> Mapping[str, Json]:
        return {key: each for key, each in self.entries.items() if key.startswith(prefix)}


class NoFiles:
    async def describe(self, file_id: str) -> File:
        raise RejectedError("No such file", "This host keeps no files.")

    async def read(self, file_id: str) -> AsyncIterator[bytes]:
        raise RejectedError("No such file", "This host keeps no files.")
        yield b""

    async def save(self, name: str, media_type: str, chunks: AsyncIterator[bytes]) -> File:
        raise RejectedError("No room", "This host keeps no files.")


class NoLimits:
    """A real host counts by the quotas of the manifest."""

    async def take(self, resource: str, key: str) -> None: ...


class Log:
    def debug(self, event: str, **fields: Any) -> None:
        logging.getLogger("host").debug("%s %s", event, fields)

    info = warning = error = debug


@dataclass
class Account:
    """A real host keeps the token encrypted, and asks the account provider to renew it."""

    id: str
    name: str
    profile: JsonObject
    token: str = field(repr=False)
    settings: JsonObject = field(default_factory=dict[str, Json])

    async def access_token(self) -> str:
        return self.token

    async def refresh(self) -> str:
        raise AuthorizationError("The token cannot be renewed", cure="Connect the account again.")


class Host:
    """Runs the components of one connector; `outcomes` is what became of each step."""

    def __init__(
        self, connector_id: str, configuration: Mapping[str, str], http: httpx.AsyncClient
    ) -> None:
        self.configuration, self.http = configuration, http
        self.public_url = self.base_url = "https://api.example"
        self.store, self.quota, self.log, self.clock = Store(), NoLimits(), Log(), SystemClock()
        self.accounts: dict[str, Account] = {}
        self.listening: dict[str, Listener] = {}
        self.triggers: dict[str, tuple[Trigger, Context, Callable[[Any], Awaitable[None]]]] = {}
        self.waits: dict[str, tuple[Action, Context, Wait]] = {}
        self.answered: dict[str, JsonObject] = {}
        self.outcomes: dict[str, BaseModel | None] = {}
        self.watched: list[asyncio.Task[None]] = []
        connector = load_connectors()[connector_id]
        self.components = connector.components()
        self.plugin = connector.plugin(self)

    def watch(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """A real host begins again what fails, and shows it; it ends all before `plugin.stop`."""

        async def watched() -> None:
            try:
                await work()
            except Exception as error:
                self.log.error("work_failed", name=name, reason=type(error).__name__)

        self.watched.append(asyncio.create_task(watched()))

    async def put_with_events(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    async def account(self, account_id: str) -> Account:
        return self.accounts[account_id]

    async def listeners(self, route_prefix: str) -> Sequence[str]:
        routes = [listener.route for listener in self.listening.values()]
        return [route for route in routes if route.startswith(route_prefix)]

    async def start(
        self,
        name: str,
        account: Account,
        properties: Mapping[str, Json],
        then: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Start a trigger; what it gives is passed to `then`."""
        trigger = self.components[name]()
        assert isinstance(trigger, Trigger)
        context = Context(self, account, name, trigger.Input.model_validate(properties))
        self.accounts[account.id] = account
        self.triggers[context.step_id] = (trigger, context, then)
        await trigger.start(context)

    async def run(
        self, name: str, account: Account, input: Mapping[str, Json], step_id: str
    ) -> None:
        """Run an action. A real host repeats the step after a crash, under the same id."""
        action = self.components[name]()
        assert isinstance(action, Action)
        context = Context(self, account, step_id)
        await self._settle(
            action, context, await action.receive(context, action.Input.model_validate(input))
        )

    async def accept(self, content: bytes) -> None:
        """A real host stores the content first, and does the rest later, without duplicates."""
        events = self.plugin.read(content)
        await self.plugin.before_routing(events)
        for event in events:
            for key in event.answers:
                await self._answer(key, event.payload)
            for listener in list(self.listening.values()):
                if listener.route in event.routes:
                    trigger, context, then = self.triggers[listener.id.partition(" ")[0]]
                    output = await trigger.receive(context, event.payload)
                    if output is not None:
                        await then(output)

    async def give_up(self, key: str) -> None:
        """A real host calls this by itself when the time of the wait is over."""
        await self._answer(key, None)

    async def _answer(self, key: str, payload: JsonObject | None) -> None:
        if key in self.waits:
            action, context, wait = self.waits.pop(key)
            await self._settle(action, context, await action.resume(context, wait.state, payload))
        elif payload is not None:
            self.answered[key] = payload

    async def _settle(
        self, action: Action, context: Context, result: BaseModel | Wait | None
    ) -> None:
        if not isinstance(result, Wait):
            self.outcomes[context.step_id] = result
            return
        self.waits[result.key] = (action, context, result)
        # The event may have come before the wait.
        if (early := self.answered.pop(result.key, None)) is not None:
            await self._answer(result.key, early)


class Context:
    """What one component of a flow is given; `step_id` names the trigger or the step."""

    def __init__(
        self, host: Host, account: Account, step_id: str, properties: BaseModel | None = None
    ) -> None:
        self.host, self.account, self.step_id, self.properties = host, account, step_id, properties
        self.plugin, self.store, self.http = host.plugin, host.store, host.http
        self.clock, self.log, self.quota = host.clock, host.log, host.quota
        self.files, self.state = NoFiles(), Store()

    attempt = "the only one"  # this host remembers nothing of a crash, so it never tries again
    may_have_acted = False

    def has_stayed(self, attempt: str) -> bool:
        return False

    async def put_with_step(
        self, entries: Mapping[str, Json], *, expires_in_s: float | None = None
    ) -> None:
        await self.store.put(entries, expires_in_s=expires_in_s)

    def leaving(self) -> None:
        """Nothing is remembered."""

    async def send(self, port: str, value: BaseModel) -> None:
        self.host.outcomes[f"{self.step_id}.{port}"] = value

    async def add_listener(self, route: str, params: JsonObject) -> None:
        listener = Listener(f"{self.step_id} {route}", route, params, self.account.id)
        await self.host.plugin.listener_added(listener, self.account)
        self.host.listening[listener.id] = listener

    async def remove_listener(self, route: str) -> None:
        listener = self.host.listening.pop(f"{self.step_id} {route}", None)
        if listener is not None:
            await self.host.plugin.listener_removed(listener, self.account)

    async def other_flows(self, routes: Sequence[str]) -> int:
        """Return how many other triggers listen there: here, each trigger is a flow."""
        listening = self.host.listening.values()
        heard = {
            each.id.partition(" ")[0]
            for each in listening
            if any(f"{each.route}:".startswith(f"{route}:") for route in routes)
        }
        return len(heard - {self.step_id})

    def warn(self, text: str) -> None:
        self.log.warning("trigger_warns", text=text)
