"""When a trigger is to be woken: schedules as they are stored, and the next time of each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..contract import Cron, Every, Once, RejectedError, Schedule

# Oftener than once a second is a task, not a schedule.
MIN_INTERVAL_S, MAX_INTERVAL_S = 1.0, 366 * 86_400.0
MAX_CRON_CHARS = 100
# What is late by more has been missed.
MISSED_AFTER_S = 60.0
CRON_FIELDS = 5
EXAMPLE = "Five fields: minute, hour, day of month, month, day of week, such as 0 9 * * MON-FRI."


def rule_of(schedule: Schedule, now: float) -> dict[str, Any]:
    """Return the schedule as its row has it; raise RejectedError for one that cannot be."""
    match schedule:
        case Once(at):
            return {"once": _seconds(at, "at")}
        case Every(interval_s, first_at):
            if not MIN_INTERVAL_S <= interval_s <= MAX_INTERVAL_S:
                raise RejectedError(
                    "The interval cannot be used",
                    f"It is {interval_s:g} seconds.",
                    "Give one from a second to a year.",
                    "interval",
                )
            first = None if first_at is None else _seconds(first_at, "firstAt")
            return {"every": float(interval_s), "first": first}
        case Cron(expression, time_zone):
            rule = {"cron": " ".join(expression.split()), "timeZone": time_zone}
            _check_cron(rule["cron"])
            _zone(time_zone)
            if next_time(rule, now) is None:
                raise _no_cron("There is no such day.")
            return rule


def first_time(rule: Mapping[str, Any], now: float) -> float | None:
    """Return when a schedule that is asked for now is due first; None for a time that is over."""
    if "once" in rule:  # what is to be at once may be a moment old
        return float(rule["once"]) if rule["once"] >= now - MISSED_AFTER_S else None
    if "every" in rule and rule["first"] is not None and rule["first"] >= now:
        return float(rule["first"])
    if "every" in rule and rule["first"] is None:
        return now + float(rule["every"])
    return next_time(rule, now, rule.get("first"))


def next_time(rule: Mapping[str, Any], after: float, due_at: float | None = None) -> float | None:
    """Return the first time after a moment; an interval counts from the time that was due."""
    if "once" in rule:
        return None
    if "every" in rule:
        interval_s: float = rule["every"]
        begun = after if due_at is None else due_at
        return begun + interval_s * (math.floor(max(after - begun, 0.0) / interval_s) + 1)
    return _next_of_cron(rule["cron"], _zone(rule["timeZone"]), after)


def in_words(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schedule as the API shows it."""
    if "once" in rule:
        return {"kind": "once", "intervalS": None, "cron": None, "timeZone": None}
    if "every" in rule:
        return {"kind": "every", "intervalS": rule["every"], "cron": None, "timeZone": None}
    zone: str = rule["timeZone"]
    return {"kind": "cron", "intervalS": None, "cron": rule["cron"], "timeZone": zone}


def _next_of_cron(expression: str, zone: ZoneInfo, after: float) -> float | None:
    # Imported here: most starts need none.
    from cronsim import CronSim

    times = CronSim(expression, datetime.fromtimestamp(after, zone))
    for each in times:
        # In the hour that comes twice, a fixed time is given once more than it is due.
        if each.timestamp() > after:
            return each.timestamp()
    return None


def _check_cron(expression: str) -> None:
    from cronsim import CronSim, CronSimError

    if len(expression) > MAX_CRON_CHARS:
        raise _no_cron(f"It has more than {MAX_CRON_CHARS} characters.")
    if len(expression.split()) != CRON_FIELDS:
        raise _no_cron(f"{expression!r} has not five fields.")
    try:
        CronSim(expression, datetime.fromtimestamp(0, UTC))
    except (CronSimError, ValueError, AssertionError) as error:
        raise _no_cron(f"In {expression!r}: {error}.") from None


def _no_cron(cause: str) -> RejectedError:
    return RejectedError("The cron expression cannot be read", cause, EXAMPLE, "cron")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RejectedError(
            "There is no such time zone",
            f"{name[:100]!r} is none of the IANA time zones.",
            "Give one such as Europe/Prague, America/New_York or UTC.",
            "timeZone",
        ) from None


def _seconds(moment: datetime, field: str) -> float:
    if moment.tzinfo is None:
        raise RejectedError(
            "The time has no time zone",
            f"{moment.isoformat()} may be anything within a day.",
            "Give one with a time zone, such as 2030-10-01T09:00:00+02:00.",
            field,
        )
    return moment.timestamp()
