"""For Each: a list, one value after the other or some side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject


class Item(Fields):
    value: Any = Field(title="Value", description="The entry of the list.", examples=["Sheena"])
    index: int = Field(title="Index", description="Its place in the list, from 0.", examples=[0])


class AllDone(Fields):
    count: int = Field(title="Count", description="How many entries the list had.", examples=[2])


class ForEach(Action):
    """Entries are JSON: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "For Each"
    description = "Does what follows once for each entry of a list, and then goes on."
    group = "Lists and waiting"
    keywords = ("Each", "Loop", "Iterator", "Iterate", "SplitInBatches", "Repeat")
    effect = "read"
    port = "done"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {"item": Item}
    last_ports = ("done",)
    samples: ClassVar[Mapping[str, JsonObject]] = {"done": {"count": 2}}
    Output = AllDone

    class Input(Fields):
        items: list[Any] = Field(
            title="List",
            description="What is to be done once for each entry of.",
            examples=[["Sheena", "Ana"]],
            json_schema_extra={"x-long-list": True},
        )
        side_by_side: int = Field(
            default=1,
            ge=1,
            le=100,
            title="Side by Side",
            description="How many entries may be under way at a time; 1 is one after the other, in"
            " the order of the list.",
            examples=[8],
        )

    async def receive(self, context: ActionContext, input: Input) -> AllDone:
        context.side_by_side(input.side_by_side)
        for index, value in enumerate(input.items):
            await context.send("item", Item.model_construct(value=value, index=index))
        return AllDone(count=len(input.items))
