"""Set Values: names for values, so that later steps need not work them out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject


class NamedValue(Fields):
    name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*$",
        max_length=100,
        title="Name",
        description="A letter, then letters, digits and underscores.",
        examples=["greeting"],
        json_schema_extra={"x-hint": "a letter, then letters, digits and underscores"},
    )
    value: Any = Field(
        default=None,
        title="Value",
        description="A text, a number, a list, an object, or an expression that gives one.",
        examples=["Hello {{ incoming.message.profileName }}"],
    )


class SetValues(Action):
    """The values are JSON: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "Set Values"
    samples: ClassVar[Mapping[str, JsonObject]] = {"values": {"greeting": "Hello Sheena"}}
    keywords = ("SetVariable", "Variable", "Edit Fields", "Assign", "Map")

    class Input(Fields):
        values: list[NamedValue] = Field(
            min_length=1,
            max_length=100,
            title="Values",
            description="Each with the name under which later steps find it.",
            examples=[[{"name": "greeting", "value": "Hello {{ incoming.message.profileName }}"}]],
        )

    class Output(BaseModel):
        model_config = ConfigDict(extra="allow")

    async def receive(self, context: ActionContext, input: Input) -> Output:
        return self.Output.model_validate({each.name: each.value for each in input.values})
