"""Set Values: names for values, so that later steps need not work them out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    ComponentContext,
    Fields,
    Form,
    FormOf,
    Json,
    JsonObject,
)

from ..named_values import MAX_VALUES, NamedValue, names_in, port_with, values_of


class SetValues(Action):
    """docs/utilities.md"""

    label = "Set Values"
    description = "Gives names to values, for the steps that follow."
    group = "Decide and shape"
    keywords = ("SetVariable", "Variable", "EditFields", "Assign", "Map", "Code")
    effect = "read"
    samples: ClassVar[Mapping[str, JsonObject]] = {"values": {"greeting": "Hello Sheena"}}
    form_of: ClassVar[FormOf | None] = FormOf(inputs=("values[].name",), ports=True)

    class Input(Fields):
        values: list[NamedValue] = Field(
            min_length=1,
            max_length=MAX_VALUES,
            title="Values",
            description="Each with the name under which later steps find it.",
            examples=[[{"name": "greeting", "value": "Hello {{ incoming.message.profileName }}"}]],
        )

    class Output(BaseModel):
        model_config = ConfigDict(extra="allow")

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        names = names_in(input.get("values"), field="values")
        anything: dict[str, Any] = {name: {"title": name} for name in names}
        return Form(ports={"out": port_with(anything)} if names else {})

    async def receive(self, context: ActionContext, input: Input) -> Output:
        names_in([{"name": each.name} for each in input.values], field="values")
        return self.Output.model_validate(values_of(input.values))
