"""The connector of the suite: its components do what a check tells them, and note what is done."""

from __future__ import annotations

import asyncio
import json
import time
import types
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field

from ..choices import Choices
from ..component import Action, Component, Fields, Trigger
from ..connector import Plugin, hookimpl
from ..context import ActionContext, ComponentContext, HostContext, TriggerContext
from ..errors import RejectedError
from ..loading import Connector, connectors_of
from ..provided import Account
from ..values import (
    Check,
    End,
    Event,
    JsonObject,
    Listener,
    Request,
    Response,
    Route,
    Wait,
)
from .manifest import PROBE, probe_manifest
from .offered import texts
from .probe_accounts import ProbeAccounts

HEARD, ACT = "suite.probe.Heard", "suite.probe.Act"
FIELDS = ("text", "number", "pin")
SECRET = "suite-secret"  # noqa: S105  # of nothing
MAX_BODY_BYTES = 10_000
# What a trigger is told that is woken.
WOKEN = "woken"

Result = BaseModel | Wait | End | None


class Told(Fields):
    text: str
    number: Any = None
    pin: str | None = None


class Heard(Trigger):
    """Hears what is said in a room."""

    label = "Heard"
    port = "heard"
    Output = Told

    class Input(Fields):
        room: str = Field("hall", pattern="^[a-z]+$")

    async def start(self, context: TriggerContext) -> None:
        await context.add_listener(f"room:{context.properties.room}", {})
        begins = probe_of(context.plugin).begins
        if begins is not None:
            await begins(context)

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_listener(f"room:{context.properties.room}")
        await context.remove_schedule()
        await context.close_hook()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Told | None:
        probe = probe_of(context.plugin)
        if "text" not in event:  # a request, or a wake-up
            event = {"text": str(event.get("body", WOKEN))}
        probe.notes.append(f"heard {event['text']}")
        if probe.hears is not None:
            await probe.hears(context, event)
        return None if event["text"] == "nothing" else Told.model_validate(event)


class Act(Action):
    """Does what the check has put into `Probe.receive`."""

    label = "Act"
    port = "done"

    class Input(Fields):
        text: Annotated[str, Choices(texts, depends_on=["number"])]
        number: int | None = None
        pin: str | None = Field(None, json_schema_extra={"writeOnly": True})

    class Output(Fields):
        text: str

    more_ports: Mapping[str, type[BaseModel]] = {"aside": Output}  # type: ignore[misc]

    async def relies_on(self, context: ComponentContext, input: JsonObject) -> Sequence[str]:
        relied_on = probe_of(context.plugin).relied_on
        if isinstance(relied_on, Exception):
            raise relied_on
        return relied_on

    async def receive(self, context: ActionContext, input: Input) -> Result:
        probe = probe_of(context.plugin)
        probe.attempts.append(Attempt.of(context, input.text))
        return await probe.receive(context, input)

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Result:
        probe = probe_of(context.plugin)
        probe.attempts.append(Attempt.of(context, str(state.get("text")), resumed=True))
        return await probe.resume(context, state, event)


@dataclass(frozen=True)
class Attempt:
    """One call of the action, and when; `resumed` tells `resume` from `receive`."""

    step_id: str
    name: str
    may_have_acted: bool
    text: str
    at: float
    resumed: bool

    @classmethod
    def of(cls, context: ActionContext, text: str, *, resumed: bool = False) -> Attempt:
        return cls(
            context.step_id,
            context.attempt,
            context.may_have_acted,
            text,
            time.monotonic(),
            resumed,
        )


async def answer(context: ActionContext, input: Act.Input) -> Result:
    """Do nothing but say that it is done."""
    return Act.Output(text=input.text)


async def answer_event(
    context: ActionContext, state: JsonObject, event: JsonObject | None
) -> Result:
    return Act.Output(text=str(event["text"]) if event else "no event")


@dataclass
class Probe:
    """What a check prepares and reads; it outlives the hosts of its check.

    `rooms` are what the token of each account opens, as the service would say now. `receive`,
    `resume` and `hears` are what the components do, `begins` what a trigger asks for at its start,
    `relied_on` the topics on which the action relies, `before` what the plugin does before events
    are routed. `notes` has what was done by the host, in order.
    """

    has_accounts: bool = True
    rooms: dict[str, set[str]] = field(
        default_factory=lambda: {"token-ann": {"hall", "attic"}, "token-bob": {"cellar"}}
    )
    receive: Callable[[ActionContext, Act.Input], Awaitable[Result]] = answer
    resume: Callable[[ActionContext, JsonObject, JsonObject | None], Awaitable[Result]] = (
        answer_event
    )
    hears: Callable[[TriggerContext, JsonObject], Awaitable[None]] | None = None
    begins: Callable[[TriggerContext], Awaitable[None]] | None = None
    before: Callable[[], Awaitable[None]] | None = None
    watched: Callable[[], Awaitable[None]] | None = None
    offered: Sequence[str] | Exception = ()
    relied_on: Sequence[str] | Exception = ()
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    notes: list[str] = field(default_factory=list[str])
    plugin: ProbePlugin | None = None

    @property
    def host(self) -> HostContext:
        assert self.plugin is not None, "the host has not asked for the plugin"
        return self.plugin.host

    def connector(self) -> Connector:
        """Return the connector as a host finds it, with its code loaded anew for each host."""
        module: Any = types.ModuleType("probe")
        module.appmixer_manifest = hookimpl(
            lambda: probe_manifest(_components(), has_accounts=self.has_accounts)
        )
        module.appmixer_components = hookimpl(_components)

        # Functions, because methods take no marks.
        def provider(host: HostContext) -> ProbeAccounts:
            return self._provider(host)

        def plugin(host: HostContext) -> ProbePlugin:
            return self._plugin(host)

        module.appmixer_account_provider = hookimpl(provider)
        module.appmixer_plugin = hookimpl(plugin)
        return connectors_of(module)[PROBE]

    def _provider(self, host: HostContext) -> ProbeAccounts:
        self.notes.append("provider")
        return ProbeAccounts(self.rooms)

    def _plugin(self, host: HostContext) -> ProbePlugin:
        self.plugin = ProbePlugin(self, host)
        return self.plugin


class ProbePlugin:
    """The long-lived part of one host."""

    def __init__(self, probe: Probe, host: HostContext) -> None:
        self.probe, self.host = probe, host
        self.listeners: list[Listener] = []
        self.routes: Sequence[Route] = [Route("POST", "/events", self._take, MAX_BODY_BYTES)]

    async def _take(self, request: Request) -> Response:
        self.probe.notes.append("posted")
        await self.host.accept(request.body)
        return Response(200)

    async def start(self) -> None:
        self.probe.notes.append("start")
        if self.probe.watched is not None:
            self.host.watch("watching", self.probe.watched)

    async def stop(self) -> None:
        self.probe.notes.append("stop")

    async def listener_added(self, listener: Listener, account: Account | None) -> None:
        room = listener.topic.removeprefix("room:")
        if account is not None and room not in cast("list[str]", account.profile["rooms"]):
            raise RejectedError("No key", f"The account opens no room {room}.", "Ask for a key.")
        self.listeners.append(listener)
        whose = f" of {account.name}" if account else ""
        self.probe.notes.append(f"added {room}{whose}")

    async def listener_removed(self, listener: Listener, account: Account | None) -> None:
        self.probe.notes.append(f"removed {listener.topic.removeprefix('room:')}")

    def read(self, content: bytes) -> Sequence[Event]:
        told: dict[str, Any] = json.loads(content)
        return [
            Event(
                id=told["id"],
                kind="said",
                payload=told["payload"],
                topics=(f"room:{told['room']}",),
                order=told["order"],
                wait_keys=tuple(told["wait_keys"]),
            )
        ]

    async def before_routing(self, events: Sequence[Event]) -> None:
        self.probe.notes += [f"before {event.payload['text']}" for event in events]
        if self.probe.before is not None:
            await self.probe.before()

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return [f"room:{room}" for room in cast("list[str]", profile["rooms"])]

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


def probe_of(plugin: Plugin) -> Probe:
    assert isinstance(plugin, ProbePlugin)
    return plugin.probe


def _components() -> Mapping[str, type[Component]]:
    return {HEARD: Heard, ACT: Act}


async def until_cancelled(notes: list[str], what: str) -> None:
    """Go on until it is cancelled, and note that it was."""
    notes.append(f"{what} begun")
    try:
        await asyncio.Event().wait()
    finally:
        notes.append(f"{what} over")
