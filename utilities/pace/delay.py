"""Delay: for a time, until a moment, or until somebody works again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject, RejectedError, Wait

from ..moments import UNITS, Unit, moment_in, zone_named
from .hours import next_working_moment

MAX_DELAY_S = 366 * 86_400
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WORKING_DAYS: list[Weekday] = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def _shown(how: str) -> dict[str, Any]:
    return {"x-when": {"how": [how]}}


def _clock(title: str, of: str, example: str) -> Any:
    extra = {**_shown("workingHours"), "x-hint": "hours and minutes, such as 09:00"}
    return Field(
        default=example,
        pattern=CLOCK,
        title=title,
        description=f"When the working hours {of}, in the time zone.",
        examples=[example],
        json_schema_extra=extra,
    )


class Delay(Action):
    """Time zones have the names of https://www.iana.org/time-zones"""

    label = "Delay"
    description = "Goes on later: after a time, at a moment, or in the next working hours."
    group = "Lists and waiting"
    keywords = ("Wait", "Timer", "Sleep", "Pause", "WorkingHours", "BusinessHours", "Until")
    effect = "read"
    samples: ClassVar[Mapping[str, JsonObject]] = {"later": {"at": "2026-09-21T13:20:00Z"}}

    class Input(Fields):
        how: Literal["for", "until", "workingHours"] = Field(
            default="for",
            title="Wait",
            description="For a time, until a moment, or until working hours, in which it goes on at"
            " once.",
            examples=["for"],
            json_schema_extra={"x-widget": "select"},
        )
        amount: float | None = Field(
            default=None,
            ge=0,
            title="How Long",
            description="How many of the unit, up to 366 days.",
            examples=[10],
            validate_default=True,
            json_schema_extra=_shown("for"),
        )
        unit: Unit = Field(
            default="minutes",
            title="Unit",
            description="What the time is counted in.",
            examples=["minutes"],
            json_schema_extra={"x-widget": "select", **_shown("for")},
        )
        until: Any = Field(
            default=None,
            title="Until",
            description="A moment up to 366 days ahead; without an offset of its own it is read in"
            " the time zone. One that is over does not wait.",
            examples=["2026-09-21T09:00:00"],
            validate_default=True,
            json_schema_extra=_shown("until"),
        )
        days: list[Weekday] = Field(
            default=WORKING_DAYS,
            min_length=1,
            title="Working Days",
            description="The days on which somebody works.",
            examples=[["monday", "saturday"]],
            json_schema_extra=_shown("workingHours"),
        )
        opens: str = _clock("From", "begin", "09:00")
        closes: str = _clock("To", "end; before they begin, it is on the next day", "17:00")
        time_zone: str = Field(
            default="UTC",
            max_length=64,
            title="Time Zone",
            description="Whose clocks count for moments and working hours.",
            examples=["Europe/Berlin"],
        )

        @field_validator("amount", "until")
        @classmethod
        def _is_there(cls, value: Any, info: ValidationInfo) -> Any:
            asked = "amount" if info.data.get("how") == "for" else info.data.get("how")
            if info.field_name == asked and value in (None, ""):
                raise ValueError("this is what it waits for, and it is empty")
            return value

    class Output(Fields):
        at: datetime = Field(
            title="At",
            description="When the flow went on.",
            examples=["2026-09-21T13:20:00Z"],
        )

    async def receive(self, context: ActionContext, input: Input) -> Output | Wait:
        now = datetime.fromtimestamp(context.clock.now, UTC)
        until = _until(input, now, zone_named(input.time_zone, field="timeZone"))
        if until <= now:
            return self.Output(at=now)
        told = until.isoformat(timespec="seconds").replace("+00:00", "Z")
        left_s = (until - now).total_seconds()
        return Wait(f"delay:{context.step_id}", left_s, reason=f"It goes on at {told}.")

    async def resume(
        self, context: ActionContext, state: JsonObject, event: JsonObject | None
    ) -> Output:
        return self.Output(at=datetime.fromtimestamp(context.clock.now, UTC))


def _until(input: Delay.Input, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when it goes on; raise RejectedError for what is too far away."""
    if input.how == "workingHours":
        opens, closes = time.fromisoformat(input.opens), time.fromisoformat(input.closes)
        return next_working_moment(now, zone, input.days, opens, closes)
    if input.how == "for":
        field, seconds = "amount", (input.amount or 0) * UNITS[input.unit]
    else:
        field, seconds = "until", moment_in(input.until, zone, field="until") - now.timestamp()
    if seconds > MAX_DELAY_S:
        raise RejectedError(
            "That is too long",
            "A flow waits for up to 366 days.",
            "Wait for less, or let a schedule begin another flow.",
            field,
        )
    return datetime.fromtimestamp(now.timestamp() + max(seconds, 0), UTC)
