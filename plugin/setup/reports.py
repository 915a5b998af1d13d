"""A number as Meta describes it now, and beside it what Meta has told of it by webhook."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from appmixer.engine.contract import Fields

from ..ledgers.health import Standing, Told
from .numbers import PhoneNumber


class Report(Fields):
    """Something that Meta told of the number or its business account, and when."""

    value: str = Field(description="Meta's word for it.", examples=["TIER_2K"])
    detail: str | None = Field(
        description="What Meta told with it: a reason, a remedy, a day or a name.", examples=[None]
    )
    at: datetime = Field(description="When Meta told it.", examples=["2026-09-21T14:13:20Z"])
    ends_at: datetime | None = Field(
        description="When it ends, where Meta has told that.", examples=[None]
    )


class NumberReports(Fields):
    """What Meta has told since this engine listens; null where it has told nothing."""

    messaging_limit: Report | None = Field(
        description="How many people may be written to first in 24 hours.", examples=[None]
    )
    throughput: Report | None = Field(
        description="HIGH since Meta has raised it to 1,000 messages a second.", examples=[None]
    )
    quality: Report | None = Field(
        description="FLAGGED while Meta warns of a poor quality, UNFLAGGED since it no longer does."
        " Meta has sent neither since 2026.",
        examples=[None],
    )
    display_name: Report | None = Field(
        description="How the last review of a new name ended: APPROVED, REJECTED, DEFERRED or "
        "PENDING.",
        examples=[None],
    )
    account_ban: Report | None = Field(
        description="SCHEDULE_FOR_DISABLE, DISABLE, REINSTATE or ACCOUNT_DELETED.", examples=[None]
    )
    account_violation: Report | None = Field(
        description="The policy that the business account violated last.", examples=[None]
    )
    account_restrictions: list[Report] = Field(
        description="What the business account may not do now.", examples=[[]]
    )


class ReportedNumber(PhoneNumber):
    """A sender phone number, as Meta describes it when asked, and what it told by itself."""

    reported: NumberReports = Field(
        description="What Meta has told by webhook, each with when it did. It counts until Meta "
        "tells something else; the fields beside it are of now."
    )


def number_reports(standing: Standing, display: str, now: datetime) -> NumberReports:
    return NumberReports(
        messaging_limit=_report(standing.limit(display)),
        throughput=_report(standing.of_number(display, "throughput")),
        quality=_report(standing.of_number(display, "quality")),
        display_name=_report(standing.of_number(display, "name")),
        account_ban=_report(standing.of_account("ban")),
        account_violation=_report(standing.of_account("violation")),
        account_restrictions=[_told(each) for each in standing.restrictions(now)],
    )


def _report(told: Told | None) -> Report | None:
    return None if told is None else _told(told)


def _told(told: Told) -> Report:
    return Report(value=told.value, detail=told.detail or None, at=told.at, ends_at=told.ends_at)
