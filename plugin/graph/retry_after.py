"""How long Meta asks callers to wait, as its headers say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..foreign_json.reading import read_foreign_json
from ..foreign_json.shapes import as_int, as_object, as_objects

# Nothing that Meta limits stays limited for longer; a larger number is a broken header.
MAX_DELAY_S = 7 * 24 * 3600.0


def announced_delay_s(headers: Mapping[str, str]) -> float | None:
    """Return the longest wait that the headers ask for, or None if they ask for none."""
    lowered = {name.lower(): value for name, value in headers.items()}
    retry_after = _retry_after_s(lowered.get("retry-after", ""), lowered.get("date", ""))
    regained = _regain_s(lowered.get("x-business-use-case-usage", ""))
    delays = [delay for delay in (retry_after, regained) if delay is not None and delay > 0]
    return min(max(delays), MAX_DELAY_S) if delays else None


def _retry_after_s(value: str, date: str) -> float | None:
    # https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip()[:9])
    moment, answered_at = _moment(value), _moment(date)
    if moment is None or answered_at is None:
        return None
    # By the clock that has written both, whatever time it is here.
    return (moment - answered_at).total_seconds()


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _regain_s(value: str) -> float | None:
    # https://developers.facebook.com/docs/graph-api/overview/rate-limiting (given in minutes)
    try:
        usage: object = read_foreign_json(value)
    except ValueError:
        return None
    return max((minutes * 60.0 for minutes in _regain_minutes(usage)), default=None)


def _regain_minutes(usage: object) -> Iterator[float]:
    for rows in as_object(usage).values():
        for row in as_objects(rows):
            minutes = as_int(row.get("estimated_time_to_regain_access"))
            if minutes is not None:
                yield float(minutes)
