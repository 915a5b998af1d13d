"""Switch: which of several named cases a value is, and a way for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

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

from ..named_values import names_in, port_with
from ..rules import Comparison, holds

MAX_CASES = 50
ELSE = "else"


class _Named(Fields):
    name: str = Field(
        pattern=r"^[a-z][A-Za-z0-9]*$",
        max_length=60,
        title="Name",
        description="What the port is called: a small letter, then letters and digits.",
        examples=["sales"],
        json_schema_extra={"x-hint": "a small letter, then letters and digits"},
    )


class Case(Comparison, _Named):
    """A name, and how the value has to stand for it."""


class Switched(Fields):
    value: Any = Field(title="Value", description="What was looked at.", examples=["sales"])


class Switch(Action):
    """Patterns are those of RE2: https://github.com/google/re2/wiki/Syntax"""

    label = "Switch"
    description = "Goes on at the port of the first case that a value fits, or at else."
    group = "Decide and shape"
    keywords = ("Router", "Case", "Cases", "Branch", "Route", "If")
    effect = "read"
    port = ELSE
    samples: ClassVar[Mapping[str, JsonObject]] = {"else": {"value": "something"}}
    form_of: ClassVar[FormOf | None] = FormOf(inputs=("cases[].name",), ports=True)
    Output = Switched

    class Input(Fields):
        value: Any = Field(
            default=None,
            title="Value",
            description="What is looked at, and leaves at the port of its case.",
            examples=["{{ incoming.message.text.body }}"],
        )
        cases: list[Case] = Field(
            min_length=1,
            max_length=MAX_CASES,
            title="Cases",
            description="Each has a port of its name; the first that fits is taken, and else the"
            " port else.",
            examples=[[{"name": "sales", "operator": "equals", "compareTo": "1"}]],
        )
        ignore_case: bool = Field(
            default=False,
            title="Ignore Case",
            description="Takes capital and small letters for the same.",
            examples=[True],
            json_schema_extra={"x-widget": "toggle"},
        )

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        names = names_in(input.get("cases"), field="cases", taken=[ELSE])
        value: dict[str, Any] = {"title": "Value", "description": "What was looked at."}
        return Form(ports={name: port_with({"value": value}) for name in names})

    async def receive(self, context: ActionContext, input: Input) -> Switched | None:
        switched = Switched(value=input.value)
        for case in input.cases:
            if await holds(input.value, case, ignore_case=input.ignore_case, field="value"):
                await context.send(case.name, switched)
                return None
        return switched
