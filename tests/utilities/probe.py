"""A connector beside `utilities`: its actions note, wait, and give several values."""

from __future__ import annotations

import asyncio
import json
import types
from collections.abc import Sequence
from typing import Any

from appmixer.engine.contract import (
    CONTRACT_VERSION,
    Action,
    ActionContext,
    Event,
    Fields,
    HostContext,
    JsonObject,
    RejectedError,
    Wait,
    hookimpl,
)
from appmixer.engine.contract.testing import QuietPlugin

ID = "test:probe"


class Given(Fields):
    text: str = ""
    count: int = 0
    at_once: int = 1


class Note(Action):
    """https://example.org/note"""

    label = "Note"
    Input = Given
    Output = Given

    async def receive(self, context: ActionContext, input: Given) -> Given:
        plugin = context.plugin
        assert isinstance(plugin, Probe)
        plugin.noted.append(input.text)
        return input


class Rest(Action):
    """https://example.org/rest"""

    label = "Rest"
    Input = Given
    Output = Given

    async def receive(self, context: ActionContext, input: Given) -> Wait:
        return Wait("probe", 3600, {"text": input.text})

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Given:
        return Given(text=str(state["text"]), count=0 if event is None else 1)


class Several(Action):
    """https://example.org/several"""

    label = "Several"
    Input = Given
    Output = Given

    async def receive(self, context: ActionContext, input: Given) -> None:
        context.side_by_side(input.at_once)
        for number in range(input.count):
            await context.send("out", Given(text=input.text, count=number))


class Slow(Action):
    """https://example.org/slow"""

    label = "Slow"
    Input = Given
    Output = Given

    async def receive(self, context: ActionContext, input: Given) -> Given:
        plugin = context.plugin
        assert isinstance(plugin, Probe)
        plugin.noted.append(f"slow {input.text}")
        await plugin.may_go_on.wait()
        return input


class Refuse(Action):
    """https://example.org/refuse"""

    label = "Refuse"
    Input = Given
    Output = Given

    async def receive(self, context: ActionContext, input: Given) -> Given:
        raise RejectedError("Not that", "It is not allowed.", "Say something else.", "text")


class Probe(QuietPlugin):
    """`noted` is what was noted, in order; `may_go_on` ends what is slow."""

    def __init__(self, host: HostContext) -> None:
        self.host = host
        self.noted: list[str] = []
        self.may_go_on = asyncio.Event()

    def read(self, content: bytes) -> Sequence[Event]:
        told = json.loads(content)
        return [Event(told["id"], "told", told, wait_keys=tuple(told["waitKeys"]))]


ACTIONS: Sequence[type[Action]] = (Note, Rest, Several, Slow, Refuse)


def probe() -> object:
    """Return what an installed connector's module would be."""
    module: Any = types.ModuleType("probe")
    manifest = {
        "id": ID,
        "label": "Probe",
        "version": "1.0.0",
        "contract": CONTRACT_VERSION,
        "description": "For tests.",
        "icon": "data:image/svg+xml,",
        "configuration": [],
        "endpoint": [],
        "quotas": [],
        "components": [
            {
                "name": f"test.probe.{each.__name__}",
                "kind": "action",
                "label": each.label,
                "description": "For tests.",
                "group": "Tests",
                "module": __name__,
                "schema": f"schemas/{each.__name__}.json",
                "effect": "write",
                "idempotent": False,
            }
            for each in ACTIONS
        ],
    }
    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(
        lambda: {f"test.probe.{each.__name__}": each for each in ACTIONS}
    )
    module.appmixer_plugin = hookimpl(_plugin)
    return module


def _plugin(host: HostContext) -> Probe:
    return Probe(host)
