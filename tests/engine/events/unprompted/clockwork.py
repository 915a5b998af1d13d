"""A connector without accounts, whose triggers are woken, ask for news, or take requests."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import Field

from appmixer.engine.contract import (
    CONTRACT_VERSION,
    Account,
    Action,
    ActionContext,
    Check,
    Connector,
    Cron,
    Event,
    Every,
    Fields,
    Hook,
    HostContext,
    JsonObject,
    Listener,
    Once,
    RejectedError,
    Response,
    Route,
    Trigger,
    TriggerContext,
    connectors_of,
    hookimpl,
)

CONNECTOR = "test:clockwork"


@dataclass
class Clockwork:
    """The plugin: a service with news, and what its actions have noted."""

    host: HostContext
    news: list[str] = field(default_factory=list[str])
    asked_since: list[int] = field(default_factory=list[int])
    begun: int = 0
    noted: list[str] = field(default_factory=list[str])
    fault: Exception | None = None
    # Ends what takes long.
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)
    routes: Sequence[Route] = ()

    async def start(self) -> None:
        self.may_go_on.set()

    async def stop(self) -> None: ...
    async def listener_added(self, listener: Listener, account: Account | None) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account | None) -> None: ...
    def read(self, content: bytes) -> Sequence[Event]:
        return []

    async def before_routing(self, events: Sequence[Event]) -> None: ...
    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return []

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


def plugin_of(context: TriggerContext | ActionContext) -> Clockwork:
    plugin = context.plugin
    assert isinstance(plugin, Clockwork)
    return plugin


class Scheduled(Trigger):
    """https://example.org/scheduled"""

    label = "Scheduled"

    class Input(Fields):
        every_s: float | None = None
        cron: str | None = None
        time_zone: str = "UTC"
        once: datetime | None = None
        catches_up: bool = True
        is_slow: bool = False

    class Output(Fields):
        scheduled_at: datetime
        actual_at: datetime

    async def start(self, context: TriggerContext) -> None:
        given: Scheduled.Input = context.properties
        schedule: Once | Every | Cron
        if given.once is not None:
            schedule = Once(given.once)
        elif given.cron is not None:
            schedule = Cron(given.cron, given.time_zone)
        else:
            schedule = Every(given.every_s or 60.0)
        await context.add_schedule(schedule, catches_up=given.catches_up)

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output:
        plugin = plugin_of(context)
        plugin.begun += 1
        if context.properties.is_slow:
            await plugin.may_go_on.wait()
        if plugin.fault is not None:
            raise plugin.fault
        return self.Output.model_validate(
            {"scheduledAt": event["scheduledAt"], "actualAt": event["actualAt"]}
        )


class Polled(Trigger):
    """https://example.org/polled"""

    label = "Polled"

    class Output(Fields):
        text: str

    async def start(self, context: TriggerContext) -> None:
        await context.add_schedule(Every(60))

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Sequence[Output]:
        plugin = plugin_of(context)
        since = (await context.state.get(["since"])).get("since", 0)
        assert isinstance(since, int)
        plugin.asked_since.append(since)
        if plugin.fault is not None:
            raise plugin.fault
        found = plugin.news[since:]
        await context.put_with_starts({"since": since + len(found)})
        return [self.Output(text=each) for each in found]


class Asked(Trigger):
    """https://example.org/asked"""

    label = "Asked"

    class Input(Fields):
        methods: list[str] = Field(default_factory=list[str])
        answer_within_s: float | None = None

    class Output(Fields):
        method: str
        body: str
        query: dict[str, Any]
        header: str = ""

    async def start(self, context: TriggerContext) -> None:
        given: Asked.Input = context.properties
        answer = Response(202, b"taken", "text/plain")
        hook = Hook("", tuple(given.methods), answer, given.answer_within_s)
        plugin_of(context).noted.append(await context.open_hook(hook))

    async def stop(self, context: TriggerContext) -> None:
        await context.close_hook()

    async def receive(self, context: TriggerContext, event: Mapping[str, Any]) -> Output | None:
        body = event.get("body", event.get("bodyBase64"))
        if body == "bad":
            raise RejectedError("Not that", "It is bad.", "Send something else.", "body")
        if body == "bug":
            raise ZeroDivisionError("a trigger's fault")
        if body == "ignore":
            return None
        header = event["headers"].get("x-mine", "")
        return self.Output(
            method=event["method"], body=body, query=dict(event["query"]), header=header
        )


class Text(Fields):
    text: str


class Note(Action):
    """https://example.org/note"""

    label = "Note"
    Output = Text

    class Input(Fields):
        text: str

    async def receive(self, context: ActionContext, input: Input) -> Text:
        plugin_of(context).noted.append(input.text)
        return Text(text=input.text)


class Reply(Action):
    """https://example.org/reply"""

    label = "Reply"
    Output = Text

    class Input(Fields):
        text: str
        status: int = 200
        headers: dict[str, str] = Field(default_factory=dict[str, str])

    async def receive(self, context: ActionContext, input: Input) -> Text:
        plugin = plugin_of(context)
        await plugin.may_go_on.wait()
        await context.answer(
            Response(input.status, input.text.encode(), "text/plain", input.headers)
        )
        plugin.noted.append(f"answered {input.text}")
        return Text(text=input.text)


COMPONENTS = (Scheduled, Polled, Asked, Note, Reply)
MANIFEST: dict[str, Any] = {
    "id": CONNECTOR,
    "label": "Clockwork",
    "version": "1.0.0",
    "contract": CONTRACT_VERSION,
    "description": "For tests.",
    "icon": "data:image/svg+xml,",
    "configuration": [],
    "endpoint": [],
    "quotas": [],
    "components": [
        {
            "name": f"test.clockwork.{each.__name__}",
            "kind": "trigger" if issubclass(each, Trigger) else "action",
            "label": each.label,
            "description": "For tests.",
            "group": "Tests",
            "module": __name__,
            "schema": f"schemas/{each.__name__}.json",
            "scopes": [],
            "effect": "write",
            "idempotent": False,
        }
        for each in COMPONENTS
    ],
}


def clockwork() -> dict[str, Connector]:
    """Return the connector as a host finds it."""
    module: Any = types.ModuleType("clockwork")
    module.appmixer_manifest = hookimpl(lambda: MANIFEST)
    module.appmixer_components = hookimpl(
        lambda: {f"test.clockwork.{each.__name__}": each for each in COMPONENTS}
    )
    module.appmixer_plugin = hookimpl(_plugin)
    return connectors_of(module)


def _plugin(host: HostContext) -> Clockwork:
    return Clockwork(host)


def flow(trigger: str, input: Mapping[str, Any] | None = None, **steps: Any) -> dict[str, Any]:
    """Return a document in which the steps follow the trigger."""
    begin = {"type": f"test.clockwork.{trigger}", "input": dict(input or {})}
    return {
        "name": trigger,
        "components": {
            "begin": begin,
            **{
                key: {
                    "type": f"test.clockwork.{key.partition('_')[0].title()}",
                    "source": {"in": {"begin": ["out"]}},
                    "input": given,
                }
                for key, given in steps.items()
            },
        },
    }
