"""Working hours: when they begin next, on the clocks of a place."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def next_working_moment(
    now: datetime, zone: ZoneInfo, days: Collection[str], opens: time, closes: time
) -> datetime:
    """Return now, if it lies in working hours, or else when they begin next, in UTC.

    Hours that end before they begin go on after midnight; those that are skipped in spring are
    taken as the clock goes on.
    """
    today = now.astimezone(zone).date()
    # From the hours that may have begun yesterday on.
    for ahead in range(-1, len(WEEKDAYS) + 1):
        day = today + timedelta(days=ahead)
        if WEEKDAYS[day.weekday()] not in days:
            continue
        begin = datetime.combine(day, opens, zone).astimezone(UTC)
        last = day if opens < closes else day + timedelta(days=1)
        end = datetime.combine(last, closes, zone).astimezone(UTC)
        if now < end:
            return max(now, begin)
    raise ValueError("there are no working days")
