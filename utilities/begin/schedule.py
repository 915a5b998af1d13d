"""Schedule: a run at an interval, whenever the wall clock says so, or once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self, TypeAlias

from pydantic import AwareDatetime, Field, model_validator

from appmixer.engine.contract import (
    Cron,
    Every,
    Fields,
    JsonObject,
    Once,
    Trigger,
    TriggerContext,
)
from appmixer.engine.contract import Schedule as Times

Unit: TypeAlias = Literal["seconds", "minutes", "hours", "days", "weeks"]
SECONDS: Mapping[str, float] = {
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86_400.0,
    "weeks": 604_800.0,
}
MAX_INTERVAL_S = 366 * 86_400.0


class Schedule(Trigger):
    """The five fields are those of https://manpages.debian.org/bookworm/cron/crontab.5.en.html"""

    label = "Schedule"
    description = "Starts a run at an interval, by the wall clock of a time zone, or on one date."
    group = "Begin"
    keywords = ("Scheduler", "Timer", "Cron", "Interval", "Every", "Daily", "Date", "Recurring")
    effect = "read"
    port = "due"
    samples: ClassVar[Mapping[str, JsonObject]] = {
        "due": {"scheduledAt": "2026-09-21T07:00:00Z", "actualAt": "2026-09-21T07:00:00.2Z"}
    }

    class Input(Fields):
        mode: Literal["interval", "cron", "once"] = Field(
            title="When",
            description="At an interval, by a cron expression, or once.",
            examples=["cron"],
            json_schema_extra={"x-widget": "select"},
        )
        every: float | None = Field(
            default=None,
            gt=0,
            title="Every",
            description="How many of the unit lie between two runs; from a second to a year.",
            examples=[15],
            json_schema_extra={"x-when": {"mode": ["interval"]}},
        )
        unit: Unit = Field(
            default="minutes",
            title="Unit",
            description="What the interval is counted in.",
            examples=["hours"],
            json_schema_extra={"x-widget": "select", "x-when": {"mode": ["interval"]}},
        )
        first_at: AwareDatetime | None = Field(
            default=None,
            title="First At",
            description="When an interval begins; left out, after one interval from the start.",
            examples=["2026-10-01T09:00:00+02:00"],
            json_schema_extra={"x-when": {"mode": ["interval"]}},
        )
        cron: str | None = Field(
            default=None,
            max_length=100,
            title="Cron Expression",
            description="Minute, hour, day of month, month and day of week.",
            examples=["0 9 * * MON-FRI"],
            json_schema_extra={"x-when": {"mode": ["cron"]}},
        )
        time_zone: str = Field(
            default="UTC",
            max_length=60,
            title="Time Zone",
            description="Whose wall clock a cron expression is about, by its IANA name.",
            examples=["Europe/Prague"],
            json_schema_extra={"x-when": {"mode": ["cron"]}},
        )
        at: AwareDatetime | None = Field(
            default=None,
            title="At",
            description="The one moment, with its time zone.",
            examples=["2026-10-01T09:00:00+02:00"],
            json_schema_extra={"x-when": {"mode": ["once"]}},
        )
        after_pause: Literal["catchUp", "skip"] = Field(
            default="catchUp",
            title="After a Pause",
            description="What of times that passed while nothing could run: one run for all of"
            " them, or none.",
            examples=["skip"],
            json_schema_extra={"x-widget": "select"},
        )

        @model_validator(mode="after")
        def _says_when(self) -> Self:
            field = {"interval": "every", "cron": "cron", "once": "at"}[self.mode]
            if getattr(self, field) in (None, ""):
                raise ValueError(f"mode is {self.mode}, so {field} has to say when that is")
            interval_s = (self.every or 1) * SECONDS[self.unit]
            if not 1 <= interval_s <= MAX_INTERVAL_S:
                raise ValueError("the interval has to be from a second to a year")
            return self

        def times(self) -> Times:
            if self.mode == "cron":
                return Cron(self.cron or "", self.time_zone)
            if self.mode == "once" and self.at is not None:
                return Once(self.at)
            return Every((self.every or 0) * SECONDS[self.unit], self.first_at)

    class Output(Fields):
        scheduled_at: AwareDatetime | None = Field(
            default=None,
            title="Scheduled At",
            description="The time that was due; empty in a run that a person has begun.",
            examples=["2026-09-21T07:00:00Z"],
        )
        actual_at: AwareDatetime | None = Field(
            default=None,
            title="Actual At",
            description="When it was looked at, which is later after a pause.",
            examples=["2026-09-21T07:00:00.2Z"],
        )

    async def start(self, context: TriggerContext) -> None:
        given: Schedule.Input = context.properties
        catches_up = given.after_pause == "catchUp"
        await context.add_schedule(given.times(), catches_up=catches_up)

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_schedule()

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output:
        return self.Output.model_validate(
            {"scheduledAt": event["scheduledAt"], "actualAt": event["actualAt"]}
        )
