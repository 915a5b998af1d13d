"""Collect: what the entries of a list have led to, together again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject

MAX_TIMEOUT_S = 366 * 86_400


class Collect(Action):
    """Values are JSON: https://www.rfc-editor.org/rfc/rfc8259"""

    label = "Collect"
    description = "Waits for all entries of a list, and goes on once with what they gave."
    group = "Lists and waiting"
    keywords = ("JoinEach", "Aggregate", "Merge", "Gather", "Join", "Barrier")
    effect = "read"
    collects = True
    collects_within = "timeout_s"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "all": {"values": [{"messageId": "wamid.A"}], "count": 1, "missing": 0, "isComplete": True}
    }

    class Input(Fields):
        timeout_s: float | None = Field(
            default=None,
            ge=1,
            le=MAX_TIMEOUT_S,
            title="Time-Out (Seconds)",
            description="How long it waits at most, from when the list was given; without it, until"
            " all entries are done. It sees what stands before the list.",
            examples=[3600],
        )

    class Output(Fields):
        values: list[Any] = Field(
            title="Values",
            description="What has reached this step, in the order of the list.",
            examples=[[{"messageId": "wamid.A"}]],
        )
        count: int = Field(
            title="Count", description="How many entries the list had.", examples=[1]
        )
        missing: int = Field(
            title="Missing",
            description="How many of them have not come: their steps have failed, led elsewhere, or"
            " are not done.",
            examples=[0],
        )
        is_complete: bool = Field(
            title="Is Complete",
            description="Whether all entries were done before the time was over.",
            examples=[True],
        )

    async def receive(self, context: ActionContext, input: Input) -> Output:
        found = context.collected
        return self.Output.model_construct(
            values=[*found.values],
            count=found.count,
            missing=max(found.count - len(found.values), 0),
            is_complete=found.is_complete,
        )
