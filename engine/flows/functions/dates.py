"""Functions of times. A time is a moment; how it is read and written depends on zone and language.

Babel knows how languages write dates and numbers; whoever only checks flows does not need it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..budget import Budget
from .kinds import MAX_PATTERN_CHARS, Kind, Unfit, one_of

if TYPE_CHECKING:
    from babel import Locale

# Nanoseconds.
FORMATTING, LETTER, LOADING_LANGUAGE = 50_000, 5_000, 5_000_000
READING_LANGUAGE, READING_PATTERN = 20_000, 500_000
# What Babel keeps of a language takes up to some 300 kB.
MAX_LANGUAGES = 32
STYLES = ("short", "medium", "long", "full")
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600}
DAYS = {"days": 1, "weeks": 7}
MONTHS = {"months": 1, "years": 12}
UNIT = one_of("unit", [*SECONDS, *DAYS, *MONTHS])
LENGTH = one_of("unit of a length", [*SECONDS, *DAYS])
_LANGUAGE = re.compile("[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_LETTERS = frozenset("GyMLdEaHhmsSzZXxwQD")
_QUOTED = re.compile(r"'(?:[^']|'')*+'")
_SAMPLE = datetime(2026, 8, 15, 14, 30, 45, 250_000, UTC)


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_PATTERN_CHARS:
        raise Unfit(f"has to be a text of 1 to {MAX_PATTERN_CHARS} characters")
    return value


def _date_pattern(value: Any) -> str:
    """Return the pattern, if a date can be written with it; Babel has the last word."""
    pattern = _pattern(value)
    if pattern in STYLES:
        return pattern
    unknown = sorted({*re.findall("[A-Za-z]", _QUOTED.sub("", pattern))} - _LETTERS)
    wanted = "has to be short, medium, long, full, or a pattern such as dd.MM.yyyy HH:mm"
    if unknown:
        raise Unfit(f"{wanted}; {', '.join(unknown)} means nothing in it, and words stand in ' '")
    try:
        from babel.dates import format_datetime
    except ModuleNotFoundError:  # it comes with the engine, and so does whoever writes a date
        return pattern
    try:
        format_datetime(_SAMPLE, pattern, locale="en")
    except (ValueError, KeyError, NotImplementedError):
        raise Unfit(f"{wanted}; in it a letter stands too often") from None
    return pattern


def _language(value: Any) -> str:
    fault = Unfit("has to be a language such as en, de, pt_BR or zh-Hant")
    if not isinstance(value, str) or not _LANGUAGE.fullmatch(value):
        raise fault
    try:
        from babel import Locale, UnknownLocaleError
    except ModuleNotFoundError:  # as above
        return value
    try:
        return str(Locale.parse(value.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        raise fault from None


class _Languages:
    """How many languages Babel keeps; all of them would take 200 MB."""

    def __init__(self) -> None:
        self._kept: set[str] = set()

    def locale(self, budget: Budget, language: str) -> Locale:
        from babel import Locale
        from babel.localedata import clear_caches

        budget.charge_once(("language", language), LOADING_LANGUAGE)
        if language not in self._kept:
            if len(self._kept) >= MAX_LANGUAGES:
                clear_caches()
                self._kept.clear()
            self._kept.add(language)
        return Locale.parse(language)


locale_of = _Languages().locale
DATE_PATTERN = Kind("pattern", _date_pattern, READING_PATTERN)
LANGUAGE = Kind("language", _language, READING_LANGUAGE)


def now(budget: Budget) -> datetime:
    return datetime.fromtimestamp(budget.now, UTC)


def format_date(
    budget: Budget, time: datetime, pattern: str, zone: tzinfo = UTC, language: str = "en"
) -> str:
    from babel.dates import format_datetime

    budget.charge(FORMATTING + len(pattern) * LETTER)
    return format_datetime(time.astimezone(zone), pattern, locale=locale_of(budget, language))


def add_time(
    budget: Budget, time: datetime, amount: int, unit: str, zone: tzinfo = UTC
) -> datetime:
    """Add hours as they pass, and days to years by the calendar of the zone."""
    if unit in SECONDS:
        return time + timedelta(seconds=amount * SECONDS[unit])
    there = time.astimezone(zone)
    if unit in DAYS:
        moved = there + timedelta(days=amount * DAYS[unit])
    else:
        months = there.year * 12 + there.month - 1 + amount * MONTHS[unit]
        year, month = months // 12, months % 12 + 1
        if not 1 <= year <= 9999:
            raise OverflowError
        day = min(there.day, monthrange(year, month)[1])
        moved = there.replace(year=year, month=month, day=day)
    return moved.astimezone(UTC)


def date_difference(
    budget: Budget, earlier: datetime, later: datetime, unit: str = "seconds"
) -> float:
    seconds = SECONDS.get(unit) or DAYS[unit] * 86_400
    between = (later - earlier).total_seconds() / seconds
    return int(between) if between.is_integer() else between


# What a letter of a pattern reads, by how often it stands there: digits, and what they are.
_READ = {
    **{"yyyy": ("[0-9]{4}", "year"), "yy": ("[0-9]{2}", "short_year"), "a": ("[AaPp][Mm]", "half")},
    **{"M": ("[0-9]{1,2}", "month"), "MM": ("[0-9]{2}", "month")},
    **{"d": ("[0-9]{1,2}", "day"), "dd": ("[0-9]{2}", "day")},
    **{"H": ("[0-9]{1,2}", "hour"), "HH": ("[0-9]{2}", "hour")},
    **{"h": ("[0-9]{1,2}", "half_hour"), "hh": ("[0-9]{2}", "half_hour")},
    **{
        "mm": ("[0-9]{2}", "minute"),
        "ss": ("[0-9]{2}", "second"),
        "SSS": ("[0-9]{3}", "thousandth"),
    },
}
_PIECE = re.compile(r"'((?:[^']|'')*+)'|(([A-Za-z])\3*+)|(.)", re.DOTALL)


@lru_cache(maxsize=256)
def _reader(pattern: str) -> re.Pattern[str]:
    """Return the expression that reads such a date; it has at most a few ways to do so."""
    written: list[str] = []
    seen: set[str] = set()
    for quoted, letters, _, other in _PIECE.findall(pattern):
        if not letters:
            written.append(re.escape(other or quoted.replace("''", "'") or "'"))
            continue
        digits, name = _READ.get(letters, ("", ""))
        if not name or name in seen:
            raise Unfit(
                f"has to be made of {', '.join(sorted(_READ))}, each once, such as dd.MM.yyyy"
                " HH:mm; other words stand in ' '"
            )
        seen.add(name)
        written.append(f"(?P<{name}>{digits})")
    if not {"day", "month"} <= seen or not {"year", "short_year"} & seen:
        raise Unfit("has to read day, month and year, such as dd.MM.yyyy HH:mm")
    if ("half_hour" in seen) is not ("half" in seen):
        raise Unfit("has to read h together with a (AM or PM), or else H")
    return re.compile("".join(written))


def _reading_pattern(value: Any) -> re.Pattern[str]:
    return _reader(_pattern(value))


PARSED_PATTERN = Kind("pattern", _reading_pattern, READING_PATTERN)


def parse_date(budget: Budget, text: str, pattern: re.Pattern[str], zone: tzinfo = UTC) -> datetime:
    found = pattern.fullmatch(text.strip()) if len(text) <= 2 * MAX_PATTERN_CHARS else None
    if found is None:
        raise Unfit("the text is not written as the pattern says")
    had = found.groupdict()

    def number(name: str, default: int = 0) -> int:
        return int(had[name]) if had.get(name) else default

    hour = number("hour")
    if had.get("half"):
        half_hour = number("half_hour")
        if not 1 <= half_hour <= 12:
            raise Unfit("there is no such date")
        hour = half_hour % 12 + 12 * (had["half"].lower() == "pm")
    year = number("year") or 2000 + number("short_year")
    try:
        there = datetime(
            year,
            number("month"),
            number("day"),
            hour,
            number("minute"),
            number("second"),
            number("thousandth") * 1_000,
            zone,
        )
    except ValueError:
        raise Unfit("there is no such date") from None
    return there.astimezone(UTC)


def _part(read: Callable[[datetime], int]) -> Callable[..., int]:
    def do(_: Budget, time: datetime, zone: tzinfo | None = None) -> int:
        return read(time if zone is None else time.astimezone(zone))

    return do


def _part_or_total(read: Callable[[datetime], int], in_a_second: float) -> Callable[..., int]:
    """Return what CEL reads of a moment, and what it counts of a length of time."""

    def do(_: Budget, time: datetime | timedelta, zone: tzinfo | None = None) -> int:
        if isinstance(time, timedelta):
            return int(time.total_seconds() * in_a_second)
        return read(time if zone is None else time.astimezone(zone))

    return do


get_full_year = _part(lambda time: time.year)
get_month = _part(lambda time: time.month - 1)
get_date = _part(lambda time: time.day)
get_day_of_month = _part(lambda time: time.day - 1)
get_day_of_year = _part(lambda time: time.timetuple().tm_yday - 1)
get_day_of_week = _part(lambda time: time.isoweekday() % 7)
get_hours = _part_or_total(lambda time: time.hour, 1 / 3_600)
get_minutes = _part_or_total(lambda time: time.minute, 1 / 60)
get_seconds = _part_or_total(lambda time: time.second, 1)
get_milliseconds = _part_or_total(lambda time: time.microsecond // 1_000, 1_000)
