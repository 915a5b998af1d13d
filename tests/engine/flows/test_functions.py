"""What each function of expressions gives, refuses and may cost: by itself, and in a flow."""

from __future__ import annotations

import tracemalloc
from random import Random
from typing import Any

import pytest
from babel.localedata import locale_identifiers

from appmixer.engine.flows.expressions import ExpressionError, check_expression, fill
from appmixer.engine.flows.functions import TABLE

from ...machine import slowness
from .test_expressions import LONGEST_S, seconds_of

NOW = 1_786_804_245.0  # 2026-08-15T14:30:45Z, a Saturday
SCOPE: dict[str, Any] = {
    "m": {
        "text": "  Ahoj, Světe!  ",
        "empty": "",
        "nothing": None,
        "number": 1234567.891,
        "whole": 3,
        "time": "2026-08-15T14:30:45Z",
        "words": ["pear", "apple", "Pear", "apple"],
        "numbers": [3, 1.5, 2, 1],
        "rows": [{"n": 2, "s": "b"}, {"n": 10, "s": "a"}],
        "json": '{"a": [1, {"b": "c"}]}',
        "phone": "777 123 456",
        "yes": True,
    }
}
# Each function with all it takes and with the least, and what it gives.
RIGHT: list[tuple[str, Any]] = [
    ("has(m.text)", True),
    ("default(m.nope, 'x')", "x"),
    ("default(m.nothing, 'x')", "x"),
    ("default(m.empty, m.whole)", 3),
    ("m.whole.default(7)", 3),
    ("default(m.nope.deeper.still, [1])", [1]),
    ("default(other.out.name.upper(), 'x')", "x"),
    ("default(m.yes && false, true)", False),
    ("size('é😀')", 2),
    ("m.rows.size() + size(m.rows[0])", 4),
    ("m.text.replace('Světe', 'world')", "  Ahoj, world!  "),
    ("replace('aaaa', 'a', 'bb', 3)", "bbbbbba"),
    ("'a.b'.replace('.', '')", "ab"),
    ("'aa'.replace('a', 'b', 0)", "aa"),
    ("'a,b,c'.split(',')", ["a", "b", "c"]),
    ("split('a,b,c', ',', 2)", ["a", "b,c"]),
    ("'a,b'.split(',', 0)", []),
    ("'é😀x'.split('')", ["é", "😀", "x"]),
    ("'abc'.split('', 2)", ["a", "bc"]),
    ("m.words.join(', ')", "pear, apple, Pear, apple"),
    ("['a', 1, 2.5, true].join()", "a12.5true"),
    ("[].join('-')", ""),
    ("'Hello'.substring(2)", "llo"),
    ("substring('Hello', 1, 3)", "el"),
    ("'é😀x'.substring(1, 2)", "😀"),
    ("'Hi'.substring(0, 60)", "Hi"),
    ("'Hi'.substring(5)", ""),
    ("m.text.trim()", "Ahoj, Světe!"),
    ("lower(m.text.trim())", "ahoj, světe!"),
    ("m.text.upper().trim()", "AHOJ, SVĚTE!"),
    ("'Straße'.upper()", "STRASSE"),
    ("flatten('one\\r\\n\\ttwo    three')", "one two three"),
    ("formatNumber(m.number)", "1,234,567.891"),
    ("formatNumber(m.number, 'cs')", "1\xa0234\xa0567,891"),
    ("formatNumber(1.005, 'de', 2)", "1,00"),
    ("formatNumber(2, 'en', 2)", "2.00"),
    ("formatNumber(1234.5, 'hi', 0)", "1,234"),
    ("now()", "2026-08-15T14:30:45+00:00"),
    ("now() - timestamp(m.time)", 0.0),
    ("formatDate(now(), 'yyyy-MM-dd')", "2026-08-15"),
    ("formatDate(m.time, 'd. MMMM yyyy, H:mm', 'Europe/Prague', 'cs')", "15. srpna 2026, 16:30"),
    (
        "formatDate(1786804245, \"EEEE 'at' h:mm a\", 'America/New_York')",
        "Saturday at 10:30 AM",
    ),
    ("formatDate(m.time, 'long', 'UTC', 'pt-BR')", "15 de agosto de 2026 14:30:45 UTC"),
    ("formatDate(m.time, 'short', 'UTC', 'zh_CN')", "2026/8/15 14:30"),
    ("parseDate('15.08.2026', 'dd.MM.yyyy')", "2026-08-15T00:00:00+00:00"),
    (
        "parseDate('8/5/26 2:05 pm', 'M/d/yy h:mm a', 'America/New_York')",
        "2026-08-05T18:05:00+00:00",
    ),
    ("parseDate('12:00 AM 2026-01-02', 'hh:mm a yyyy-MM-dd')", "2026-01-02T00:00:00+00:00"),
    (
        "parseDate('20260815T143045.250', \"yyyyMMdd'T'HHmmss.SSS\")",
        "2026-08-15T14:30:45.250000+00:00",
    ),
    ("addTime(m.time, 36, 'hours')", "2026-08-17T02:30:45+00:00"),
    ("addTime(m.time, -90, 'seconds')", "2026-08-15T14:29:15+00:00"),
    ("addTime(m.time, 15, 'minutes')", "2026-08-15T14:45:45+00:00"),
    # The clocks go back in that night: a day later is 25 hours later there.
    ("addTime('2026-10-24T10:00:00Z', 1, 'days', 'Europe/Prague')", "2026-10-25T11:00:00+00:00"),
    ("addTime('2026-10-24T10:00:00Z', 1, 'weeks')", "2026-10-31T10:00:00+00:00"),
    ("addTime('2024-02-29T10:00:00Z', -1, 'years')", "2023-02-28T10:00:00+00:00"),
    ("addTime('2026-11-30T10:00:00Z', 3, 'months')", "2027-02-28T10:00:00+00:00"),
    ("dateDifference(m.time, addTime(m.time, 1, 'days'))", 86_400),
    ("dateDifference(m.time, '2026-08-15T16:00:45+02:00', 'hours')", -0.5),
    ("m.time.getHours('Europe/Prague')", 16),
    ("getDayOfWeek(now())", 6),
    ("now().getDate('Pacific/Auckland')", 16),
    ("[now().getFullYear(), now().getMonth(), now().getDayOfMonth()]", [2026, 7, 14]),
    ("[now().getDayOfYear(), now().getMinutes(), now().getSeconds()]", [226, 30, 45]),
    ("duration('36h15m3s').getHours()", 36),
    ("(now() - timestamp('2026-08-15T14:00:00Z')).getMinutes()", 30),
    ("duration('1500ms').getMilliseconds()", 1500),
    ("m.words.first() + m.words.last()", "pearapple"),
    ("first([])", None),
    ("last([])", None),
    ("m.words.sort()", ["Pear", "apple", "apple", "pear"]),
    ("sort(m.numbers, 'descending')", [3, 2, 1.5, 1]),
    ("m.rows.sort('ascending', 's').map(x, x.n)", [10, 2]),
    ("m.rows.sort('descending', 'n')[0].n", 10),
    ("m.words.distinct()", ["pear", "apple", "Pear"]),
    ("[1, 1.0, true, '1', {'a': 1}, {'a': 1}].distinct()", [1, True, "1", {"a": 1}]),
    ("parseJson(m.json).a[1].b", "c"),
    ("parseJson('null')", None),
    ("toJson({'a': ['é', null, 1.5]})", '{"a": ["é", null, 1.5]}'),
    ("toJson(now())", '"2026-08-15T14:30:45+00:00"'),
    ("phone('+420 777 123 456')", "+420777123456"),
    ("phone(m.phone, 'CZ', 'international')", "+420 777 123 456"),
    ("'+16505551234'.phone('CZ', 'national')", "(650) 555-1234"),
    ("phoneCountry('+1 650 555 1234')", "US"),
    ("phoneCountry(m.phone, 'CZ')", "CZ"),
    ("phoneCountry('+883510012345')", None),
    # In one another, and in what CEL has.
    ("m.rows.map(x, x.s.upper()).join('')", "BA"),
    ("m.words.filter(x, x.lower() == 'pear').size()", 2),
    ("m.text.trim().split(' ')[0].replace(',', '') + '?'", "Ahoj?"),
    ("(m.yes ? m.words : []).first().upper()", "PEAR"),
    ("has(m.nope) ? m.nope.upper() : 'none'", "none"),
    ("now().getHours('Europe/Prague') >= 9 && now().getHours('Europe/Prague') < 17", True),
    ("-'abc'.size()", -3),
    ("['b', 'a'].sort()[0]", "a"),
    ("[m.rows].map(x, x.first().n)", [2]),
]
# What can never be right, as it is told when a flow is stored.
NEVER_RIGHT: list[tuple[str, str]] = [
    ("upperCase(m.text)", "There is no function 'upperCase'; did you mean upper"),
    ("m.text.toUpperCase()", "There is no function 'toUpperCase'; did you mean upper"),
    ("m.text.strip()", "There is no function 'strip'; did you mean trim"),
    ("JSON.parse(m.json)", "There is no function 'JSON.parse'; did you mean parseJson"),
    ("strings.lowr(m.text)", "There is no function 'strings.lowr'; did you mean lower"),
    ("formatdate(now(), 'yyyy')", "There is no function 'formatdate'; did you mean formatDate"),
    ("wibbly()", "There is no function 'wibbly'; there is: addTime, all,"),
    ("m.text.replace('a')", "replace cannot be called so; it is text.replace(old, new, limit?)"),
    ("trim()", "trim cannot be called so; it is text.trim()"),
    ("m.text.trim('x')", "trim cannot be called so"),
    ("now(1)", "now cannot be called so; it is now()"),
    ("m.text.now()", "now cannot be called so"),
    ("default(m.text)", "default cannot be called so; it is default(value, other)"),
    ("contains(m.text, 'a')", "contains cannot be called so; it is text.contains(part)"),
    ("m.text.int()", "int cannot be called so; it is int(value)"),
    ("m.text.startsWith()", "startsWith cannot be called so"),
    ("'a'.replace(1, 'b')", "old has to be a text, and is a number"),
    ("'a,b'.split(',', 1.5)", "limit has to be a whole number"),
    ("7.5.trim()", "text has to be a text, and is a number"),
    ("'a'.join(',')", "list has to be a list, and is a text"),
    ("['a'].join(null)", "separator has to be a text, and is empty"),
    ("'abc'.substring('a')", "start has to be a number, and is a text"),
    ("formatNumber('7')", "number has to be a number, and is a text"),
    ("formatNumber(true)", "number has to be a number, and is true or false"),
    ("formatNumber(7, 'klingon')", "language has to be a language such as en, de, pt_BR"),
    ("formatNumber(7, 'xx')", "language has to be a language"),
    ("formatNumber(7, '../../etc')", "language has to be a language"),
    ("formatNumber(7, 'de', 11)", "decimals has to be a whole number from 0 to 10"),
    ("formatDate('yesterday', 'yyyy')", "time has to be a time such as 2026-08-15T14:30:00Z"),
    ("formatDate('2026-08-15T14:30:00', 'yyyy')", "time has to tell its time zone"),
    ("formatDate(now(), '')", "pattern has to be a text of 1 to 100 characters"),
    ("formatDate(now(), 'dd of yyyy')", "f, o means nothing in it"),
    ("formatDate(now(), 'ddddd')", "in it a letter stands too often"),
    ("formatDate(now(), 'yyyy', 'Prague')", "zone has to be an IANA time zone"),
    ("formatDate(now(), 'yyyy', '../UTC')", "zone has to be an IANA time zone"),
    ("parseDate('1', 'DD.MM.YYYY')", "pattern has to be made of"),
    ("parseDate('1', 'dd.MM')", "pattern has to read day, month and year"),
    ("parseDate('1', 'd.M.yyyy h:mm')", "pattern has to read h together with a"),
    ("parseDate('1', 'd.M.yyyy H:mm a')", "pattern has to read h together with a"),
    ("parseDate('1', 'dd.dd.yyyy')", "pattern has to be made of"),
    ("addTime(now(), 1, 'fortnights')", "unit has to be one of seconds, minutes, hours, days"),
    ("addTime(now(), '1', 'days')", "amount has to be a number, and is a text"),
    ("dateDifference(now(), now(), 'months')", "unit has to be one of seconds"),
    ("getHours('x')", "time has to be a time"),
    ("now().getHours('Mars/Olympus')", "zone has to be an IANA time zone"),
    ("first('a')", "list has to be a list, and is a text"),
    ("[1].sort('up')", "order has to be one of ascending, descending"),
    ("distinct({})", "list has to be a list, and is an object"),
    ("parseJson({})", "text has to be a text, and is an object"),
    ("phone('1', 'Germany')", "country has to be the two capital letters of a country"),
    ("phone('1', 'DE', 'pretty')", "style has to be one of e164, international, national"),
    ("phoneCountry(420777123456)", "text has to be a text, and is a number"),
    ("'a\\u0000b'", "it holds a character that no text may hold"),
    ("'a'.replace('a', '\\x00')", "it holds a character that no text may hold"),
    ("formatNumber(double('NaN'))", "number has to be a number, and is infinite or none"),
    ("formatNumber(1.0 / 0.0)", "number has to be a number, and is infinite or none"),
    ("formatDate(99999999999999, 'yyyy')", "time has to be a time such as"),
    ("1", "{{1}} is only a number, and {{ }} would be taken away"),
]
# What only shows when a value is there.
FAILING: list[tuple[str, str]] = [
    ("formatNumber(m.number / 0.0)", "number has to be a number, and is infinite or none"),
    ("m.whole.trim()", "text has to be a text, and is a number"),
    ("m.nothing.upper()", "text has to be a text, and is empty"),
    ("m.text.replace(m.empty, 'x')", "old has to be a text that is not empty"),
    ("m.text.substring(0 - 1)", "start has to be 0 or more"),
    ("m.text.substring(m.whole, 1)", "end not less than start"),
    ("m.rows.join(', ')", "the list may hold texts, numbers and true or false"),
    ("formatDate(m.text, 'yyyy')", "time has to be a time such as"),
    ("formatDate(m.yes, 'yyyy')", "time has to be a time, and is true or false"),
    ("parseDate(m.text, 'dd.MM.yyyy')", "the text is not written as the pattern says"),
    ("parseDate('31.02.2026', 'dd.MM.yyyy')", "there is no such date"),
    ("parseDate('1.1.2026 13:00 PM', 'd.M.yyyy h:mm a')", "there is no such date"),
    ("addTime(now(), 9007199254740992, 'days')", "a number or time gets too large"),
    ("addTime(now(), 9999, 'years')", "a number or time gets too large"),
    ("addTime(now(), 9007199254740992, 'hours')", "a number or time gets too large"),
    ("m.whole.size()", "only a text, a list or an object has a size"),
    ("[1, 'a'].sort()", "what is sorted by has to be all numbers or all texts"),
    ("[double('NaN'), 1.0].sort()", "what is sorted by has to be all numbers or all texts"),
    ("m.rows.sort('ascending', 'x')", "each entry has to be an object with that field"),
    ("m.words.sort('ascending', 'n')", "each entry has to be an object with that field"),
    ("parseJson(m.text)", "the text is no JSON"),
    ("parseJson('[NaN]')", "cannot be read as JSON: NaN is no JSON"),
    ("parseJson('\"\\\\ud800\"')", "half of a character pair"),
    ("parseJson('1e999')", "The number is too large"),
    ("toJson([1.0 / 0.0])", "infinite or no number has no place in JSON"),
    ("phone(m.phone)", "the text is no phone number"),
    ("phone('12', 'CZ')", "the text is no phone number"),
    ("default(m.text.int2, m.nope)", "m.nope has no value"),
    ("default(m.whole.upper(), 'x')", "text has to be a text, and is a number"),
]


@pytest.mark.parametrize(("expression", "value"), RIGHT)
def test_a_function_gives_its_value(expression: str, value: Any) -> None:
    check_expression(expression)

    given = fill(f"{{{{ {expression} }}}}", SCOPE, NOW)

    assert (given, type(given)) == (value, type(value))


def test_no_function_is_forgotten_here() -> None:
    tried = " ".join(each for each, _ in RIGHT)

    # The others are CEL's own.
    assert [each.name for each in TABLE if each.do and f"{each.name}(" not in tried] == []


@pytest.mark.parametrize(("expression", "reason"), NEVER_RIGHT)
def test_what_can_never_be_right_is_told_before_it_runs(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        check_expression(expression)

    assert reason in str(caught.value)


@pytest.mark.parametrize(("expression", "reason"), FAILING)
def test_a_function_says_what_it_cannot_take(expression: str, reason: str) -> None:
    check_expression(expression)

    with pytest.raises(ExpressionError) as caught:
        fill(f"{{{{ {expression} }}}}", SCOPE, NOW)

    assert reason in str(caught.value)
    assert "Ahoj" not in str(caught.value)


def test_deep_json_is_refused_in_words() -> None:
    for text, reason in (
        ("[" * 101 + "]" * 101, "nested more than 100 levels deep"),
        ("[" * 5_000, "levels deep"),
        ("1" * 5_000, "a number that is too long"),
        ("[" + "1," * 60_000 + "1]", "too long"),
        ('{"a": "\\u0000"}', "NUL"),
    ):
        with pytest.raises(ExpressionError, match=reason):
            fill("{{ parseJson(m.t) }}", {"m": {"t": text}})


def test_functions_can_be_called_only_so_often() -> None:
    for expression in ("m.t" + ".trim()" * 41, "trim(" * 41 + "m.t" + ")" * 41):
        with pytest.raises(ExpressionError, match="calls more than 40 functions"):
            check_expression(expression)
    assert fill("{{ m.t" + ".trim()" * 40 + " }}", {"m": {"t": " x "}}) == "x"


BIG: dict[str, Any] = {
    "m": {
        "t": "x" * 4_096,
        "big": "y" * 200_000,
        "huge": "a " * 500_000,
        "needle": "b" + "a" * 14_000,
        "hay": "a" * 29_999,
        "n": list(range(250)),
        "rows": [{f"k{key}": "value" * 3 for key in range(8)} for _ in range(1_000)],
        "words": ["z" * 400 + str(each) for each in range(2_000)],
        "json": "[" + "1," * 49_000 + "1]",
        "texts": "[" + ",".join(['{"a":"b"}'] * 12_000) + "]",
        "escaped": '"' + "\\u00e9" * 300_000 + '"',
        "odd": "İßΐ" * 100_000,
        "zones": ["Africa/Abidjan", "Europe/Prague", "Asia/Tokyo", "America/Lima"] * 60,
        "tongues": ["de", "cs", "pl", "kn", "sw", "fa", "ja", "zh", "ar", "hi", "th", "vi", "ru"],
        "digits": "1 2-3(4)" * 30,
        "pattern": "EEEE" + "'x'" * 30,
    }
}
ALSO_HOSTILE = [
    "{{ m.big.replace('y', m.t) }}",
    "{{ m.t.replace('x', m.t).replace('x', m.t).replace('x', m.t) }}",
    "{{ m.hay.replace(m.needle, '') }}",
    "{{ m.hay.split(m.needle) }}",
    "{{ m.huge.split(' ') }}",
    "{{ m.huge.split('') }}",
    "{{ m.big.split('').join(m.t) }}",
    "{{ m.n.map(x, m.big.replace('y', 'z')) }}",
    "{{ m.huge.flatten() }}",
    "{{ m.n.map(x, m.t.flatten()) }}",
    "{{ m.odd.upper().lower().upper() }}",
    "{{ m.n.map(x, m.odd.upper()) }}",
    "{{ m.words.sort() }}",
    "{{ m.n.map(x, m.words.sort()) }}",
    "{{ m.rows.sort('ascending', 'k0') }}",
    "{{ m.rows.distinct() }}",
    "{{ m.n.map(x, m.rows.distinct()) }}",
    "{{ m.n.map(x, toJson(m.rows)) }}",
    "{{ toJson(m.escaped).size() }}",
    "{{ parseJson(m.json) }}",
    "{{ parseJson(m.texts) }}",
    "{{ parseJson(m.escaped) }}",
    "{{ parseJson('[' + m.hay) }}",
    "{{ m.zones.map(x, formatDate(now(), 'full', x)) }}",
    "{{ m.tongues.map(x, formatDate(now(), m.pattern, 'UTC', x)) }}",
    "{{ m.n.map(x, formatDate(now(), 'EEEE ' + string(x))) }}",
    '{{ m.n.map(x, parseDate(string(x), "d.M.yyyy \'" + string(x) + "\'")) }}',
    "{{ m.n.map(x, formatNumber(x, 'cs', 10)) }}",
    "{{ m.n.map(x, phone(m.digits, 'US')) }}",
    "{{ m.n.map(x, phoneCountry('+' + string(x) + '777123456')) }}",
    "{{ m.n.map(x, default(m.nope, m.rows)) }}",
    "{{ m.big" + ".trim()" * 40 + " }}" * 1,
    "{{ m.t.trim() }}" * 5_000,
    "{{ 'a'.trim() }}" * 20_000,
]


@pytest.mark.parametrize("text", ALSO_HOSTILE)
def test_no_function_keeps_anything_waiting(text: str) -> None:
    assert seconds_of(text, BIG) < LONGEST_S * slowness()


def hostile(random: Random, depth: int) -> str:
    """Return calls in one another that grow as fast as they can."""
    if depth == 0:
        return random.choice([f"m.{each}" for each in BIG["m"]] + ["'x'", "','", "7", "now()"])
    inner = [hostile(random, depth - 1) for _ in range(3)]
    function = random.choice([each for each in TABLE if each.do])
    count = random.randint(1, max(1, len(function.arguments)))
    given = (inner * 2)[: count if function.arguments else 0]
    call = f"{function.name}({', '.join(given)})"
    return random.choice([call, f"m.n.map(x, {call})", f"[{call}, {inner[0]}]"])


def test_no_random_calls_keep_anything_waiting() -> None:
    random = Random(7)
    expressions = [hostile(random, random.randint(1, 3)) for _ in range(500)]

    longest_s = LONGEST_S * slowness()
    slow = [each for each in expressions if seconds_of(f"{{{{ {each} }}}}", BIG) >= longest_s]

    assert slow == []


def test_not_every_language_is_kept() -> None:
    def kept(languages: list[str]) -> int:
        before, _ = tracemalloc.get_traced_memory()
        for each in languages:
            fill("{{ formatDate(now(), 'MMMM', 'UTC', m.l) }}", {"m": {"l": each}})
        return tracemalloc.get_traced_memory()[0] - before

    languages = [each for each in locale_identifiers() if len(each) == 2]
    tracemalloc.start()
    try:
        some = kept(languages[:30])
        all_of_them = kept(languages[30:])
    finally:
        tracemalloc.stop()

    assert len(languages) > 150
    assert all_of_them < 2 * some


def test_what_functions_make_has_a_largest_size() -> None:
    for expression in (
        "m.t.replace('x', m.t)",
        "m.big.split('')",
        "m.words.join(m.t).replace('z', 'zz').replace('z', 'zz')",
    ):
        with pytest.raises(ExpressionError, match="longer than they may be"):
            fill(f"{{{{ {expression} }}}}", BIG)
