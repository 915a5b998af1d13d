"""The small connector with components that give lists, take their values and collect them."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Fields,
    JsonObject,
    ThrottledError,
    Wait,
    hookimpl,
)
from appmixer.engine.contract.errors import OutcomeUnknownError, RejectedError

from .conftest import MANIFEST, Echo, Heard, Say, echo_module


class Count(Fields):
    count: int


class Each(Action):
    """https://example.org/each"""

    label = "Each"
    port = "done"
    last_ports: Sequence[str] = ("done",)  # type: ignore[misc]
    Output = Count

    class Input(Fields):
        texts: str = ""
        numbers: int = 0
        at_most: int = 0

    class Item(Fields):
        text: str

    more_ports: Mapping[str, type[BaseModel]] = {"item": Item}  # type: ignore[misc]

    async def receive(self, context: ActionContext, input: Input) -> Count:
        texts = input.texts.split() or [str(number) for number in range(input.numbers)]
        for text in texts:
            await context.send("item", self.Item(text=text))
        if input.at_most:
            context.side_by_side(input.at_most)
        return Count(count=len(texts))


class Many(Each):
    """https://example.org/many

    Nobody can tell from its description that it gives lists.
    """

    label = "Many"
    last_ports: Sequence[str] = ()  # type: ignore[misc]


class Done(Fields):
    text: str


class Do(Action):
    """https://example.org/do

    Does what the text says: `fail`, `unknown`, `slow`, `later`, `wait`, `half` (gives half of a
    character); the plugin notes it.
    """

    label = "Do"
    port = "did"
    Output = Done

    class Input(Fields):
        text: str

    async def receive(self, context: ActionContext, input: Input) -> Done | Wait:
        plugin = context.plugin
        assert isinstance(plugin, Echo)
        plugin.acts.append((context.step_id, input.text, "begin"))
        how = input.text.partition(":")[0]
        if how == "slow":
            await plugin.is_over.wait()
        await asyncio.sleep(0)
        if how == "fail" and len(plugin.acts_of(context.step_id)) == 1:
            raise RejectedError("Not that")
        if how == "never":
            raise RejectedError("Never that")
        if how == "unknown" and "#" not in context.step_id:
            raise OutcomeUnknownError("Nobody knows")
        if how == "later" and len(plugin.acts_of(context.step_id)) == 1:
            raise ThrottledError("Busy", retry_after_s=0.05)
        if how == "wait":
            return Wait(f"answer:{input.text}", 60 if ":" in input.text else 0.05)
        plugin.acts.append((context.step_id, input.text, "end"))
        return Done(text="\ud83d!" if how == "half" else input.text)

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Done:
        plugin = context.plugin
        assert isinstance(plugin, Echo)
        plugin.acts.append((context.step_id, "waited", "end"))
        return Done(text=str(event["text"]) if event else "waited")


class Gathered(Fields):
    texts: list[str]
    of: int


class Gather(Action):
    """https://example.org/gather"""

    label = "Gather"
    Output = Gathered
    collects = True

    async def receive(self, context: ActionContext, input: Any) -> Gathered:
        plugin = context.plugin
        assert isinstance(plugin, Echo)
        plugin.acts.append((context.step_id, "gather", "end"))
        found = context.collected
        return Gathered(texts=[_text(value) for value in found.values], of=found.count)


class GatherWithin(Gather):
    """https://example.org/gather-within"""

    label = "Gather Within"
    collects_within = "within_s"

    class Input(Fields):
        within_s: float

    class Output(Gathered):
        is_complete: bool

    async def receive(self, context: ActionContext, input: Any) -> Output:
        found = await super().receive(context, input)
        return self.Output(**dict(found), is_complete=context.collected.is_complete)


def _text(value: Any) -> str:
    return str(value["text"] if "text" in value else " ".join(value["texts"]))


CLASSES = {
    f"test.echo.{each.__name__}": each
    for each in (Heard, Say, Each, Many, Do, Gather, GatherWithin)
}


def listing_module() -> object:
    """Return what an installed connector's module would be."""
    entry = MANIFEST["components"][-1]
    known = [each["name"] for each in MANIFEST["components"]]
    added = [
        {
            **entry,
            "name": name,
            "label": each.label,
            "module": __name__,
            "schema": f"schemas/{each.__name__}.json",
        }
        for name, each in CLASSES.items()
        if name not in known
    ]
    manifest = {**MANIFEST, "components": [*MANIFEST["components"], *added]}
    echo: Any = echo_module()
    module: Any = types.ModuleType("listing")
    module.appmixer_manifest = hookimpl(lambda: manifest)
    module.appmixer_components = hookimpl(lambda: CLASSES)
    module.appmixer_account_provider = echo.appmixer_account_provider
    module.appmixer_plugin = echo.appmixer_plugin
    return module


def flow(**components: dict[str, Any]) -> dict[str, Any]:
    """A trigger `in1`, and steps of a type, with a source `step.port` and an input."""
    steps: dict[str, Any] = {"in1": {"type": "test.echo.Heard", "account": "keys", "input": {}}}
    for key, each in components.items():
        sources: dict[str, list[str]] = {}
        for source in each.get("after", "in1.heard").split():
            step, _, port = source.partition(".")
            sources.setdefault(step, []).append(port)
        steps[key] = {
            "type": f"test.echo.{each['type']}",
            "account": "keys",
            "source": {"in": sources},
            "input": each.get("input", {}),
        }
    return {"name": "f", "components": steps}


def each_do(texts: str = "", **more: Any) -> dict[str, Any]:
    """A flow that does something for each of some texts."""
    given = {"texts": texts, **more} if texts else more
    return flow(
        each={"type": "Each", "input": given},
        do={"type": "Do", "after": "each.item", "input": {"text": "{{ each.item.text }}"}},
    )
