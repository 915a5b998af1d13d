"""Condition: whether rules hold, and which of two ways the flow goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject

from ..rules import Comparison, holds

MAX_RULES = 50


class _Valued(Fields):
    value: Any = Field(
        default=None,
        title="Value",
        description="What is looked at.",
        examples=["{{ incoming.message.text.body }}"],
    )


class Rule(Comparison, _Valued):
    """A value, and how it has to stand to another one."""


class Decided(Fields):
    value: Any = Field(title="Value", description="What was to be passed on.", examples=["Hello"])


class Condition(Action):
    """Patterns are those of RE2: https://github.com/google/re2/wiki/Syntax"""

    label = "Condition"
    description = "Goes on at one of two ports, by rules that hold or do not."
    group = "Decide and shape"
    keywords = ("If", "Filter", "IfElse", "Branch", "Rule", "Compare")
    effect = "read"
    port = "true"
    more_ports: ClassVar[Mapping[str, type[BaseModel]]] = {"false": Decided}
    samples: ClassVar[Mapping[str, JsonObject]] = {"true": {"value": "Hello"}}
    Output = Decided

    class Input(Fields):
        rules: list[Rule] = Field(
            min_length=1,
            max_length=MAX_RULES,
            title="Rules",
            description="What has to hold.",
            examples=[
                [
                    {
                        "value": "{{ incoming.message.text.body }}",
                        "operator": "contains",
                        "compareTo": "hello",
                    }
                ]
            ],
        )
        match: Literal["all", "any"] = Field(
            default="all",
            title="Match",
            description="Whether all rules have to hold, or any one of them is enough.",
            examples=["any"],
            json_schema_extra={"x-widget": "select"},
        )
        ignore_case: bool = Field(
            default=False,
            title="Ignore Case",
            description="Takes capital and small letters for the same.",
            examples=[True],
            json_schema_extra={"x-widget": "toggle"},
        )
        value: Any = Field(
            default=None,
            title="Value to Pass On",
            description="What leaves at both ports, for the steps behind; they also see everything"
            " that stands before the condition.",
            examples=["{{ incoming.message.text.body }}"],
        )

    async def receive(self, context: ActionContext, input: Input) -> Decided | None:
        decided = Decided(value=input.value)
        if await self._decide(input):
            return decided
        await context.send("false", decided)
        return None

    async def _decide(self, input: Input) -> bool:
        is_any = input.match == "any"
        for index, rule in enumerate(input.rules):
            field = f"rules[{index}].value"
            if await holds(rule.value, rule, ignore_case=input.ignore_case, field=field) == is_any:
                return is_any
        return not is_any
