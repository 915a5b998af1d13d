"""Set Stored: a value that later runs find by its key, and counting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject

from ..moments import UNITS, Unit
from .places import Place

MAX_KEPT = 100_000


class Stored(Fields):
    key: str = Field(title="Key", description="The name it is kept under.", examples=["greeted"])
    value: Any = Field(title="Value", description="What is kept there now.", examples=[1])


class SetStored(Action):
    """Values are JSON: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "Set Stored Value"
    description = "Keeps a value by key for later runs, only if there is none, or counts on."
    group = "Keep"
    keywords = ("Storage", "SetVariable", "Remember", "Save", "Counter", "Increment", "Dedupe")
    effect = "write"
    idempotent = True
    port = "stored"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {"present": Stored}
    samples: ClassVar[Mapping[str, JsonObject]] = {"stored": {"key": "greeted", "value": 1}}
    Output = Stored

    class Input(Place):
        how: Literal["set", "ifAbsent", "add"] = Field(
            default="set",
            title="How",
            description="Whatever was there; only if nothing is there, else it goes on at the port"
            " present with what is; or added to the number that is there, or to 0.",
            examples=["ifAbsent"],
            json_schema_extra={"x-widget": "select"},
        )
        value: Any = Field(
            default=None,
            title="Value",
            description="What is kept, or the number that is added.",
            examples=[1],
            validate_default=True,
        )
        expires_after: float | None = Field(
            default=None,
            gt=0,
            le=MAX_KEPT,
            title="Forget After",
            description="How many of the unit it is kept; a number that is counted on is forgotten"
            " when it first was to be. Without it, for as long as the flow or you are here.",
            examples=[1],
        )
        unit: Unit = Field(
            default="days",
            title="Unit",
            description="What that time is counted in.",
            examples=["days"],
            json_schema_extra={"x-widget": "select"},
        )

        @field_validator("value")
        @classmethod
        def _fits(cls, value: Any, info: ValidationInfo) -> Any:
            if value in (None, ""):
                raise ValueError("there is nothing to keep")
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if info.data.get("how") == "add" and not (is_number and math.isfinite(value)):
                raise ValueError("what is added has to be a number")
            return value

    async def receive(self, context: ActionContext, input: Input) -> Stored | None:
        store, key, value = context.shared(input.scope), input.key, input.value
        after = input.expires_after
        expires_in_s = None if after is None else after * UNITS[input.unit]
        match input.how:
            case "add":
                value = await store.increase(key, value, expires_in_s=expires_in_s)
            case "ifAbsent":
                present = await store.add(key, value, expires_in_s=expires_in_s)
                if present is not None:
                    await context.send("present", Stored(key=key, value=present))
                    return None
            case "set":
                await store.put({key: value}, expires_in_s=expires_in_s)
        return Stored(key=key, value=value)
