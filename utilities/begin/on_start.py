"""On Start: a flow's first run, as soon as the flow has been started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from appmixer.engine.contract import (
    ComponentContext,
    Fields,
    Form,
    FormOf,
    Json,
    JsonObject,
    Once,
    Trigger,
    TriggerContext,
)

from ..named_values import MAX_VALUES, NamedValue, names_in, port_with, values_of


class OnStart(Trigger):
    """Moments are written as in https://www.rfc-editor.org/rfc/rfc3339"""

    label = "On Start"
    description = "Starts one run as soon as the flow is started, and one whenever you run it now."
    group = "Begin"
    keywords = ("Start", "Manual", "Run", "Once", "Button", "Input")
    effect = "read"
    port = "started"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "started": {"startedAt": "2026-09-21T13:20:00Z", "phone": "+16505551234"}
    }
    form_of: ClassVar[FormOf | None] = FormOf(inputs=("values",), ports=True)

    class Input(Fields):
        values: list[NamedValue] = Field(
            default_factory=list[NamedValue],
            max_length=MAX_VALUES,
            title="Values",
            description="What the run begins with. Who runs the flow now may give others.",
            examples=[[{"name": "phone", "value": "+16505551234"}]],
        )

    class Output(Fields):
        model_config = ConfigDict(extra="allow")

        started_at: datetime | None = Field(
            default=None,
            title="Started At",
            description="When the flow was started; empty in a run that a person has begun.",
            examples=["2026-09-21T13:20:00Z"],
        )

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        rows = input.get("values")
        names = names_in(rows, field="values", taken=["startedAt"])
        if not names or not isinstance(rows, Sequence):
            return Form()
        present: dict[str, Any] = OnStart.Output.model_json_schema()["properties"]
        given = {
            str(row["name"]): {"title": row["name"], "default": row.get("value")}
            for row in rows
            if isinstance(row, Mapping) and row.get("name")
        }
        return Form(ports={"started": port_with({**present, **given})})

    async def start(self, context: TriggerContext) -> None:
        await context.add_schedule(Once(datetime.fromtimestamp(context.clock.now, UTC)))

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output:
        given: OnStart.Input = context.properties
        return self.Output.model_validate(
            {"startedAt": event["scheduledAt"], **values_of(given.values)}
        )
