"""The table of functions: what there is, and what people are told of it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from ...values import cut
from ..budget import ExpressionError
from . import dates, numbers, texts, values
from .described import Argument, Do, Function
from .kinds import ANY, LIST, NUMBER, TEXT, TIME, TIME_OR_LENGTH, TIME_ZONE, WHOLE, Kind


def _arguments(written: str, kinds: Iterable[Kind]) -> tuple[Argument, ...]:
    names = written.split(", ") if written else []
    return tuple(
        Argument(name.removesuffix("?"), kind, is_optional=name.endswith("?"))
        for name, kind in zip(names, kinds, strict=True)
    )


# A Saturday afternoon.
_TIME = "timestamp('2026-08-15T14:30:45.250Z')"
_ZONE = Argument("zone", TIME_ZONE, is_optional=True)


def _part(
    name: str, description: str, result: int, do: Do, *others: str, kind: Kind = TIME
) -> Function:
    return Function(
        name=name,
        kind="method",
        group="dates",
        arguments=(Argument("time", kind), _ZONE),
        gives="whole number",
        description=description,
        example=f"{_TIME}.{name}()",
        result=result,
        keywords=others,
        do=do,
    )


def _macro(name: str, of: str, gives: str, description: str, example: str, result: Any) -> Function:
    return Function(
        name=name,
        kind="macro",
        group="lists",
        arguments=_arguments(f"list, x, {of}", [LIST, ANY, ANY]),
        gives=gives,
        description=description,
        example=example,
        result=result,
        keywords={
            "map": ("foreach", "each", "select", "collect"),
            "filter": ("where", "find"),
            "all": ("every",),
            "exists": ("some", "any"),
        }.get(name, ()),
    )


TABLE: tuple[Function, ...] = (
    Function(
        "has",
        "function",
        "values",
        _arguments("path", [ANY]),
        "true or false",
        "Whether a field is there.",
        "has(order.out.note)",
        False,
        ("exists", "isset", "defined"),
    ),
    Function(
        "default",
        "function",
        "values",
        _arguments("value, other", [ANY, ANY]),
        "value",
        "The value; the other one where it is not there, empty or an empty text.",
        "default(order.out.note, 'none')",
        "none",
        ("coalesce", "ifempty", "ifnull", "isempty", "orelse", "orvalue", "fallback"),
        values.default,
    ),
    Function(
        "size",
        "function",
        "values",
        _arguments("value", [ANY]),
        "whole number",
        "How many characters, entries or fields it has.",
        "size('Hello')",
        5,
        ("length", "len", "count"),
        values.size,
    ),
    Function(
        "contains",
        "method",
        "texts",
        _arguments("text, part", [TEXT, TEXT]),
        "true or false",
        "Whether the part is in it.",
        "'Hello'.contains('ell')",
        True,
        ("includes", "indexof", "in"),
    ),
    Function(
        "startsWith",
        "method",
        "texts",
        _arguments("text, part", [TEXT, TEXT]),
        "true or false",
        "Whether it begins so.",
        "'Hello'.startsWith('He')",
        True,
    ),
    Function(
        "endsWith",
        "method",
        "texts",
        _arguments("text, part", [TEXT, TEXT]),
        "true or false",
        "Whether it ends so.",
        "'Hello'.endsWith('lo')",
        True,
    ),
    Function(
        "matches",
        "method",
        "texts",
        _arguments("text, pattern", [TEXT, TEXT]),
        "true or false",
        "Whether a part of it fits a regular expression, which has to be written out.",
        "'4711'.matches('^[0-9]+$')",
        True,
        ("test", "regex", "regexp", "match"),
    ),
    Function(
        "replace",
        "method",
        "texts",
        _arguments("text, old, new, limit?", [TEXT, TEXT, TEXT, WHOLE]),
        "text",
        "The text with the new part in place of each old one, or of the first few.",
        "'1-2-3'.replace('-', '/')",
        "1/2/3",
        ("replaceall", "substitute", "gsub"),
        texts.replace,
    ),
    Function(
        "split",
        "method",
        "texts",
        _arguments("text, separator, limit?", [TEXT, TEXT, WHOLE]),
        "list",
        "Its pieces between the separators, at most so many; by an empty one, its characters.",
        "'a, b, c'.split(', ')",
        ["a", "b", "c"],
        ("explode", "tokenize"),
        texts.split,
    ),
    Function(
        "join",
        "method",
        "texts",
        _arguments("list, separator?", [LIST, TEXT]),
        "text",
        "The texts and numbers of a list in one text, with the separator between them.",
        "['a', 'b', 3].join(', ')",
        "a, b, 3",
        ("implode", "concat", "concatenate"),
        texts.join,
    ),
    Function(
        "substring",
        "method",
        "texts",
        _arguments("text, start, end?", [TEXT, WHOLE, WHOLE]),
        "text",
        "What stands from one place, counted from 0, up to another, as far as the text goes.",
        "'Hello'.substring(1, 3)",
        "el",
        ("slice", "substr", "left", "mid", "truncate", "cut"),
        texts.substring,
    ),
    Function(
        "trim",
        "method",
        "texts",
        _arguments("text", [TEXT]),
        "text",
        "The text without white space at its ends.",
        "'  Hello '.trim()",
        "Hello",
        ("strip",),
        texts.trim,
    ),
    Function(
        "lower",
        "method",
        "texts",
        _arguments("text", [TEXT]),
        "text",
        "The text in small letters.",
        "'Hello'.lower()",
        "hello",
        ("tolowercase", "lowercase", "lowerascii", "downcase", "tolower"),
        texts.lower,
    ),
    Function(
        "upper",
        "method",
        "texts",
        _arguments("text", [TEXT]),
        "text",
        "The text in capital letters.",
        "'Hello'.upper()",
        "HELLO",
        ("touppercase", "uppercase", "upperascii", "upcase", "toupper"),
        texts.upper,
    ),
    Function(
        "flatten",
        "method",
        "texts",
        _arguments("text", [TEXT]),
        "text",
        "The text on one line, as values of templates have to be: breaks, tabs and runs of blanks"
        " become one blank.",
        "'One\\n  two'.flatten()",
        "One two",
        ("oneline", "singleline", "collapse", "normalizespace"),
        texts.flatten,
    ),
    Function(
        "string",
        "function",
        "values",
        _arguments("value", [ANY]),
        "text",
        "The value as text.",
        "string(47)",
        "47",
        ("tostring", "str", "text"),
    ),
    Function(
        "int",
        "function",
        "numbers",
        _arguments("value", [ANY]),
        "whole number",
        "The value as a whole number.",
        "int('47')",
        47,
        ("parseint", "tonumber", "integer", "floor"),
    ),
    Function(
        "uint",
        "function",
        "numbers",
        _arguments("value", [ANY]),
        "whole number",
        "The value as a whole number from 0 on.",
        "uint('47')",
        47,
    ),
    Function(
        "double",
        "function",
        "numbers",
        _arguments("value", [ANY]),
        "number",
        "The value as a number.",
        "double('4.5')",
        4.5,
        ("parsenumber", "parsefloat", "float", "number"),
    ),
    Function(
        "formatNumber",
        "function",
        "numbers",
        _arguments("number, language?, decimals?", [NUMBER, dates.LANGUAGE, numbers.DECIMALS]),
        "text",
        "The number as a language writes it (English unless another is named), with so many"
        " decimals.",
        "formatNumber(1234.5, 'de', 2)",
        "1.234,50",
        ("tofixed", "round", "numberformat", "format", "tolocalestring", "formatcurrency"),
        numbers.format_number,
    ),
    Function(
        "type",
        "function",
        "values",
        _arguments("value", [ANY]),
        "kind of value",
        "What kind of value it is, to compare.",
        "type(1) == type(2)",
        True,
        ("typeof", "gettype"),
    ),
    Function(
        "now",
        "function",
        "dates",
        (),
        "time",
        "This moment, the same one in the whole input.",
        "now() < timestamp('9999-01-01T00:00:00Z')",
        True,
        ("today", "date", "currenttime", "utcnow", "$now", "datetime"),
        dates.now,
    ),
    Function(
        "timestamp",
        "function",
        "dates",
        _arguments("text", [TEXT]),
        "time",
        "A moment, from ISO 8601. Moments can be compared and subtracted.",
        "timestamp('2026-08-15T14:30:00Z') < timestamp('2026-08-16T00:00:00Z')",
        True,
        ("todate", "todatetime", "fromiso"),
    ),
    Function(
        "duration",
        "function",
        "dates",
        _arguments("text", [TEXT]),
        "length of time",
        "A length of time, such as 90s, 15m or 36h, to add to a moment.",
        "timestamp('2026-08-15T14:30:00Z') + duration('36h')",
        "2026-08-17T02:30:00+00:00",
    ),
    Function(
        "parseDate",
        "function",
        "dates",
        _arguments("text, pattern, zone?", [TEXT, dates.PARSED_PATTERN, TIME_ZONE]),
        "time",
        "The moment that a text tells; it is UTC unless a zone is named. The pattern has day,"
        " month and year, and hours, minutes and seconds if they matter: d, dd, M, MM, yy, yyyy,"
        " H, HH, h, hh, mm, ss, SSS, and a for AM or PM.",
        "parseDate('15.08.2026 16:30', 'dd.MM.yyyy HH:mm', 'Europe/Prague')",
        "2026-08-15T14:30:00+00:00",
        ("strptime", "fromformat", "dateparse"),
        dates.parse_date,
    ),
    Function(
        "formatDate",
        "function",
        "dates",
        _arguments(
            "time, pattern, zone?, language?",
            [TIME, dates.DATE_PATTERN, TIME_ZONE, dates.LANGUAGE],
        ),
        "text",
        "The moment as text, in UTC and in English unless others are named. The pattern is short,"
        " medium, long, full, or made of letters such as dd, MM, MMMM, yyyy, HH, mm, EEEE; words"
        " stand in ' '.",
        "formatDate('2026-08-15T14:30:00Z', 'EEEE d. MMMM HH:mm', 'Europe/Prague', 'de')",
        "Samstag 15. August 16:30",
        ("strftime", "dateformat", "format", "toformat", "toisostring", "formatdatetime"),
        dates.format_date,
    ),
    Function(
        "addTime",
        "function",
        "dates",
        _arguments("time, amount, unit, zone?", [TIME, WHOLE, dates.UNIT, TIME_ZONE]),
        "time",
        "The moment so many seconds, minutes, hours, days, weeks, months or years later; earlier if"
        " the amount is below 0. Days and longer are those of the zone's calendar, or of UTC's.",
        "addTime('2026-01-31T09:00:00Z', 1, 'months')",
        "2026-02-28T09:00:00+00:00",
        ("adddays", "addhours", "addminutes", "addmonths", "plus", "dateadd"),
        dates.add_time,
    ),
    Function(
        "dateDifference",
        "function",
        "dates",
        _arguments("earlier, later, unit?", [TIME, TIME, dates.LENGTH]),
        "number",
        "How many seconds, minutes, hours, days or weeks lie between two moments.",
        "dateDifference('2026-08-15T00:00:00Z', '2026-08-16T12:00:00Z', 'days')",
        1.5,
        ("datediff", "diff", "daysbetween", "minus"),
        dates.date_difference,
    ),
    _part("getFullYear", "The year.", 2026, dates.get_full_year, "year", "getyear"),
    _part("getMonth", "The month, from 0 for January.", 7, dates.get_month, "month"),
    _part("getDate", "The day of the month, from 1.", 15, dates.get_date, "day", "getday"),
    _part("getDayOfMonth", "The day of the month, from 0.", 14, dates.get_day_of_month),
    _part("getDayOfYear", "The day of the year, from 0.", 226, dates.get_day_of_year),
    _part(
        "getDayOfWeek",
        "The day of the week, from 0 for Sunday.",
        6,
        dates.get_day_of_week,
        "weekday",
        "dayofweek",
    ),
    _part(
        "getHours",
        "The hour, from 0 to 23; of a length of time, its hours.",
        14,
        dates.get_hours,
        "hour",
        kind=TIME_OR_LENGTH,
    ),
    _part(
        "getMinutes",
        "The minute; of a length of time, all its minutes.",
        30,
        dates.get_minutes,
        "minute",
        kind=TIME_OR_LENGTH,
    ),
    _part(
        "getSeconds",
        "The second; of a length of time, all its seconds.",
        45,
        dates.get_seconds,
        "second",
        kind=TIME_OR_LENGTH,
    ),
    _part(
        "getMilliseconds",
        "The thousandths of the second; of a length of time, all of them.",
        250,
        dates.get_milliseconds,
        "millisecond",
        kind=TIME_OR_LENGTH,
    ),
    Function(
        "first",
        "method",
        "lists",
        _arguments("list", [LIST]),
        "value",
        "Its first entry; empty if there is none.",
        "[3, 1, 2].first()",
        3,
        ("head",),
        values.first,
    ),
    Function(
        "last",
        "method",
        "lists",
        _arguments("list", [LIST]),
        "value",
        "Its last entry; empty if there is none.",
        "[3, 1, 2].last()",
        2,
        ("tail", "pop"),
        values.last,
    ),
    Function(
        "sort",
        "method",
        "lists",
        _arguments("list, order?, field?", [LIST, values.ORDER, TEXT]),
        "list",
        "Its numbers or texts in order, ascending or descending; objects, by a field. Capital"
        " letters come before small ones.",
        "[{'n': 2}, {'n': 3}].sort('descending', 'n')",
        [{"n": 3}, {"n": 2}],
        ("sortby", "orderby", "order", "sorted", "reverse"),
        values.sort,
    ),
    Function(
        "distinct",
        "method",
        "lists",
        _arguments("list", [LIST]),
        "list",
        "Its entries, each once.",
        "[1, 2, 1].distinct()",
        [1, 2],
        ("unique", "uniq", "deduplicate", "removeduplicates"),
        values.distinct,
    ),
    _macro(
        "map",
        "value",
        "list",
        "A list with a value for each entry x.",
        "[1, 2, 3].map(x, x * 2)",
        [2, 4, 6],
    ),
    _macro(
        "filter",
        "condition",
        "list",
        "The entries x for which it is true.",
        "[1, 2, 3].filter(x, x > 1)",
        [2, 3],
    ),
    _macro(
        "all",
        "condition",
        "true or false",
        "Whether it is true for each x.",
        "[1, 2, 3].all(x, x > 0)",
        True,
    ),
    _macro(
        "exists",
        "condition",
        "true or false",
        "Whether it is true for any entry x.",
        "[1, 2, 3].exists(x, x > 2)",
        True,
    ),
    _macro(
        "exists_one",
        "condition",
        "true or false",
        "Whether it is true for exactly one x.",
        "[1, 2, 3].exists_one(x, x > 2)",
        True,
    ),
    Function(
        "parseJson",
        "function",
        "JSON",
        _arguments("text", [TEXT]),
        "value",
        "The value that a text in JSON tells.",
        "parseJson('{\"a\": [1, 2]}').a",
        [1, 2],
        ("json.parse", "fromjson", "jsonparse", "json.decode"),
        values.parse_json,
    ),
    Function(
        "toJson",
        "function",
        "JSON",
        _arguments("value", [ANY]),
        "text",
        "The value as a text in JSON.",
        "toJson({'a': 1})",
        '{"a": 1}',
        ("json.stringify", "stringify", "jsonencode", "json.encode", "json"),
        values.to_json,
    ),
    Function(
        "phone",
        "function",
        "phone numbers",
        _arguments("text, country?, style?", [TEXT, numbers.REGION, numbers.PHONE_STYLE]),
        "text",
        "The phone number with + and country code; a number without is one of the country's. The"
        " style is e164, international or national.",
        "phone('777 123 456', 'CZ')",
        "+420777123456",
        ("formatphone", "phonenumber", "formatphonenumber", "e164"),
        numbers.phone,
    ),
    Function(
        "phoneCountry",
        "function",
        "phone numbers",
        _arguments("text, country?", [TEXT, numbers.REGION]),
        "text",
        "The two letters of the country whose phone number it is; empty if it is none's.",
        "phoneCountry('+420 777 123 456')",
        "CZ",
        ("phoneregion", "country", "countrycode"),
        numbers.phone_country,
    ),
)
# It is read in a way of its own, because it takes a path and no value.
PRESENCE = "has"
# It has a value although what it is given has none.
DEFAULT = "default"
MACROS = frozenset(each.name for each in TABLE if each.kind == "macro")
FUNCTIONS = {each.name: each for each in TABLE if each.kind != "macro" and each.name != PRESENCE}
_EXAMPLES = {each.name: each.example for each in TABLE}
_NAMED = {
    **{word: each.name for each in TABLE for word in each.keywords},
    **{each.name.lower(): each.name for each in TABLE},
}


def no_function(name: str) -> ExpressionError:
    """Return the error of a function that there is not, with the nearest that there is."""
    small = cut(name).lower()
    near = next(
        (
            _NAMED[found]
            for each in (small, small.rpartition(".")[2])
            for found in get_close_matches(each, _NAMED, n=1, cutoff=0.7)
        ),
        None,
    )
    known = f"there is: {', '.join(sorted(each.name for each in TABLE))}."
    cure = f"did you mean {near}, as in {_EXAMPLES[near]}" if near else known
    return ExpressionError(f"There is no function {cut(name)!r}; {cure}")
