"""On Start: a flow's first run, as soon as the flow has been started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import Fields, JsonObject, Once, Trigger, TriggerContext


class OnStart(Trigger):
    """A run of its own each time, not a process that stays: https://www.w3.org/TR/NOTE-datetime
    is how the moment is written."""

    label = "On Start"
    port = "started"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "started": {"startedAt": "2026-09-21T13:20:00Z", "values": {"name": "Sheena"}}
    }

    class Output(Fields):
        started_at: datetime | None = Field(
            default=None,
            title="Started At",
            description="When the flow was started; empty in a run that was begun by hand.",
            examples=["2026-09-21T13:20:00Z"],
        )
        values: dict[str, object] = Field(
            default_factory=dict[str, object],
            title="Values",
            description="What was given to a run that was begun by hand.",
            examples=[{"name": "Sheena"}],
        )

    async def start(self, context: TriggerContext) -> None:
        await context.add_schedule(Once(datetime.fromtimestamp(context.clock.now, UTC)))

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output:
        return self.Output.model_validate({"startedAt": event["scheduledAt"]})
