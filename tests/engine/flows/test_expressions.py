"""The expression language of flows."""

from __future__ import annotations

import contextlib
import time
from random import Random
from typing import Any

import cel
import pytest

from appmixer.engine.flows.expressions import (
    Budget,
    ExpressionError,
    check_expression,
    fill,
    fill_input,
)

from ...machine import slowness

SCOPE: dict[str, Any] = {
    "incoming": {
        "message": {
            "from": "16505551234",
            "text": {"body": "hi"},
            "image": None,
            "count": 3,
            "items": [1, 2, 3],
        }
    }
}


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("plain", "plain"),
        ("{{ incoming.message.from }}", "16505551234"),
        ("{{ incoming.message.count }}", 3),
        ("  {{ incoming.message.items }}  ", [1, 2, 3]),
        ("You said: {{ incoming.message.text.body }}!", "You said: hi!"),
        ("{{ incoming.message.count }} of {{ incoming.message.items }}", "3 of [1, 2, 3]"),
        ("[{{ incoming.message.image }}]", "[]"),
        ({"a": ["{{ incoming.message.count + 1 }}"]}, {"a": [4]}),
        ("{{ incoming.message.items.filter(x, x > 1).map(x, x * 2) }}", [4, 6]),
        ('{{ has(incoming.message.nope) ? 1 : "none" }}', "none"),
        ('{{ "}}" }}', "}}"),
        ({"$literal": "Hello {{1}}"}, "Hello {{1}}"),
        ({"text": {"$literal": "{{ incoming.x }}"}}, {"text": "{{ incoming.x }}"}),
        (7, 7),
    ],
)
def test_expressions_are_filled_in_and_whole_ones_keep_their_type(value: Any, filled: Any) -> None:
    assert fill(value, SCOPE) == filled


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "{{ incoming.message.nope }}",
            "incoming.message.nope has no value: incoming.message has no 'nope';"
            " there is: count, from, image, items, text.",
        ),
        (
            "{{ other.message }}",
            "other.message has no value: there is no step 'other' before; there is: incoming.",
        ),
        (
            "{{ incoming.message.image.id }}",
            "incoming.message.image.id has no value: incoming.message.image is empty.",
        ),
        ("{{ }}", "The expression between {{ and }} is empty."),
        (
            "{{ incoming.message.count / 0 }}",
            "The expression 'incoming.message.count / 0' has no value:"
            " division by zero in CEL expression.",
        ),
    ],
)
def test_a_dead_expression_says_which_path_ends_where(value: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        fill(value, SCOPE)

    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "expression",
    [
        "1 +",
        "(" * 900 + "1" + ")" * 900,
        "x" * 2_001,
        "a.map(x, b.map(y, c))",
        "a.map(x, x).map(x, x).map(x, x)",
        "incoming['a'",
        "__import__('os')",
    ],
)
def test_what_cannot_be_read_or_is_too_large_is_refused(expression: str) -> None:
    if expression.startswith("__"):
        with pytest.raises(ExpressionError):
            fill("{{ " + expression + " }}", SCOPE)
        return

    with pytest.raises(ExpressionError):
        check_expression(expression)


@pytest.mark.parametrize("flags", ["x", "ix", "i-x", "x-i"])
def test_a_pattern_cannot_hide_a_number_in_a_comment(flags: str) -> None:
    with pytest.raises(ExpressionError, match="may not have the flag x"):
        check_expression(rf"a.matches('(?{flags})b{{#}}\n900}}')")


def test_macros_are_not_run_over_long_lists() -> None:
    with pytest.raises(ExpressionError, match="more than 250 items"):
        fill("{{ a.map(x, x) }}", {"a": list(range(251))})


def test_a_result_has_a_largest_size() -> None:
    with pytest.raises(ExpressionError, match="longer than"):
        fill("{{ a + a }}", {"a": "x" * 600_000})


# What may keep everything else waiting, and five times that on a machine with other work.
LONGEST_S = 5 * 0.05


def seconds_of(value: Any, scope: dict[str, Any]) -> float:
    """Fill it in, whatever comes of it, and return how long that took the processor.

    The shortest of three times: whatever else the machine does makes it longer now and then.
    """
    took: list[float] = []
    for _ in range(3):
        began = time.thread_time()
        with contextlib.suppress(ExpressionError):
            fill(value, scope)
        took.append(time.thread_time() - began)
    return min(took)


@pytest.mark.parametrize("ending", ["", " }}"])
def test_quotes_without_end_take_no_time(ending: str) -> None:
    assert seconds_of("{{ name " + "''" * 30 + "'" + ending, {"name": 1}) < LONGEST_S * slowness()
    longest_s = LONGEST_S * slowness()
    assert seconds_of("{{ name '" + "'\"" * 300_000 + ending, {"name": 1}) < 4 * longest_s


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Hello {{ incoming", "A {{ is not closed by }}."),
        ("{{ 'a }} b", 'The expression "\'a" cannot be read'),
    ],
)
def test_what_is_not_closed_is_told(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        fill(text, SCOPE)

    assert str(caught.value).startswith(sentence)


ZEROS = "[" + ",".join("0" * 480) + "]"
LARGE: dict[str, Any] = {
    "m": {
        "t": "x" * 4096,
        "big": "y" * 200_000,
        "rows": [{f"k{key}": "value" * 3 for key in range(8)} for _ in range(100)],
        "lists": [[0] * 200 for _ in range(200)],
        "n": list(range(250)),
    },
    "long": {"l": list(range(100_000))},
}


@pytest.mark.parametrize(
    "text",
    [
        "{{ size(" + ZEROS + ".map(x, " + ZEROS + ")) }}",
        "{{ m.n.map(x, m.rows) }}",
        "{{ m.lists.map(x, m.lists + m.lists) }}",
        "{{ m.rows.filter(x, m.rows == m.rows) }}",
        "{{ m.n.map(x, m.n.map(y, x)) }}",
        "{{ " + "+".join(["m.big"] * 200) + " }}",
        "{{ [" + ", ".join(["m"] * 200) + "] }}",
        "{{ m.big.matches('^[xy]*y[xy]{400}z') }}",
        "{{ m.t.matches('((((x{50}){50}){50}){50})') }}",
        r"{{ m.n.map(x, 'a'.matches('\\w{30}')) }}",
        r"{{ m.n.map(x, 'a'.matches('\\w{ 100 }')) }}",
        r"{{ m.n.map(x, 'a'.matches('\\w{\n100,\t100}')) }}",
        r"{{ m.n.map(x, 'a'.matches(r'(\w{ 10}){ 10 }')) }}",
        "{{ 'a' in long.l }}",
        "{{ long.l.map(x, x) }}",
        "{{m.t}}" * 20_000,
        "{{m.t}}" * 280_000,
        "{{ m.t + 'a' }}" * 20_000,
        "{{ long.l }}",
        "{{ '" + "a" * 1900 + "' == m.t }}" * 500,
    ],
)
def test_no_input_of_a_hostile_author_keeps_anything_waiting(text: str) -> None:
    assert seconds_of(text, LARGE) < LONGEST_S * slowness()


@pytest.mark.parametrize(
    "form",
    ["a." * 95 + "k{}", "a['a']" + ".a" * 93 + ".k{}", "1" + "+1" * 90 + "+{}"],
)
def test_many_short_expressions_that_nobody_has_read_before_take_no_time(form: str) -> None:
    texts = [
        " ".join(f"{{{{ {form.format(turn * 10_000 + each)} }}}}" for each in range(3_000))
        for turn in range(3)
    ]
    here: Any = {f"k{turn * 10_000 + each}": 1 for turn in range(3) for each in range(3_000)}
    for _ in range(95):
        here = {"a": here}
    took: list[float] = []
    for text in texts:
        began = time.thread_time()
        with contextlib.suppress(ExpressionError):
            fill(text, here)
        took.append(time.thread_time() - began)

    assert min(took) < LONGEST_S * slowness()


def hostile(random: Random, depth: int) -> str:
    """Return an expression that grows as fast as it can."""
    if depth == 0:
        leaves = ["m.t", "m.big", "m.rows", "m.lists", "m.n", "m", "long.l", "x", "1e308", "m.none"]
        return random.choice([*leaves, "'" + "q" * 200 + "'", "[0,0,0,0,0,0,0,0]", "m.rows[3].k1"])
    one, two = hostile(random, depth - 1), hostile(random, depth - 1)
    forms = [
        f"({one}) + ({two})",
        f"[{one}, {two}, {one}]",
        f"({one}) ? ({two}) : ({one})",
        f"({one}).map(x, {two})",
        f"({one}).filter(x, {two})",
        f"({one}).exists(x, {two})",
        f"({one}).contains({two})",
        f"({one}).matches('(x+x+)+y{{20}}')",
        f"string({one})",
        f"size({one})",
        f"{{'a': {one}, 'b': {two}}}",
        f"({one}) == ({two})",
        " + ".join([one] * 20),
    ]
    return random.choice(forms)


def test_no_random_expression_keeps_anything_waiting() -> None:
    random = Random(5)
    expressions = [hostile(random, random.randint(1, 4)) for _ in range(600)]

    longest_s = LONGEST_S * slowness()
    slow = [each for each in expressions if seconds_of(f"{{{{ {each} }}}}", LARGE) >= longest_s]

    assert slow == []


def test_a_run_may_spend_only_so_much_on_all_its_inputs() -> None:
    run = Budget(work=10_000_000, size=20_000)
    scope = {"m": {"t": "x" * 9_000}}
    fill_input({"text": "{{ m.t }}"}, scope, run, now=0)
    fill_input({"text": "{{ m.t }}"}, scope, run, now=0)

    with pytest.raises(ExpressionError, match="longer than"):
        fill_input({"text": "{{ m.t }}"}, scope, run, now=0)


@pytest.mark.parametrize(
    "expression",
    [
        "secret.text.body",
        "secret.text[0]",
        "secret.list[7]",
        "secret.list.name",
        "int(secret.text)",
        "double(secret.text)",
        "timestamp(secret.text)",
        "duration(secret.text)",
        "secret.text + 1",
        "secret.text - secret.text",
        "secret.text < 1",
        "secret.text && true",
        "!secret.text",
        "secret.object[secret.text]",
        "secret.list.map(x, x.name)",
        "secret.list.map(x, int(x))",
        "secret.list.filter(x, x)",
        "secret.text.map(x, x)",
        "secret.text.contains(1)",
        "has(secret.text.body)",
        "secret.object.name + secret.object.nope",
        "9223372036854775807 + secret.number",
        "secret.text in secret.number",
        "flatten(secret.number) + 1.5",
        "string(secret.list)",
    ],
)
def test_an_error_quotes_no_value(expression: str, capfd: pytest.CaptureFixture[str]) -> None:
    marked = {"text": "MARKED", "list": ["MARKED"], "object": {"name": "MARKED"}, "number": 4711}

    with pytest.raises(ExpressionError) as caught:
        fill(f"{{{{ {expression} }}}}", {"secret": marked})

    assert "MARKED" not in str(caught.value)
    assert "4711" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "expression",
    [
        "m.text",
        "m . text",
        "m['text']",
        "m.rows[1].k",
        "m.rows[1]['k'] + m.text",
        "m.nothing",
        "m.number * 2 + 1",
        "m.number / 2",
        "-m.number",
        "m.rows.map(x, x.k)",
        "m.rows.map(x, x.n > 1, x.k + '!')",
        "m.rows.filter(x, x.n > 1)[0].k",
        "m.rows.filter(x, x.n > 1).map(y, y.n)",
        "size(m.rows.filter(x, x.n > 5))",
        "m.rows.exists(x, x.k == 'b') && !m.rows.all(x, x.n > 1)",
        "m.rows.exists_one(x, x.n == 2)",
        "[1, 2, 3].map(x, x * 2) + [m.number]",
        "(m.numbers + [4]).filter(x, x in m.numbers)",
        "{'a': m.text}.map(k, k)",
        "has(m.text) ? m.text : 'none'",
        "has(m.nope) ? m.nope : 'none'",
        "m.yes || m.nope",
        "!m.yes && m.nope.map(x, x) == []",
        "m.yes ? m.number : m.nope",
        "[m.text].map(x, x.size())[0]",
        "m.text.startsWith('he') && m.text.endsWith(\"lo\") && m.text.contains('ell')",
        "m.text.matches('^h.*o$')",
        r"m.text.matches(r'^\w+$')",
        "'it\\'s }} {{'",
        "timestamp('2026-01-02T03:04:05Z').getFullYear()",
        "string(m.number) + m.text",
        "1 in m.numbers ? 'in' : 'out'",
    ],
)
def test_an_expression_means_what_cel_means(expression: str) -> None:
    scope: dict[str, Any] = {
        "m": {
            "text": "hello",
            "number": 7,
            "nothing": None,
            "yes": True,
            "numbers": [1, 2, 3],
            "rows": [{"k": "a", "n": 1}, {"k": "b", "n": 2}],
        }
    }

    assert fill("{{ " + expression + " }}", scope) == cel.compile(expression).execute(scope)


@pytest.mark.parametrize(
    ("text", "flat"),
    [
        ("one\ntwo", "one two"),
        ("one \r\n\t two", "one two"),
        ("a    b", "a b"),
        ("a  \n     b\u2028c", "a b c"),
        ("é\xa0ok ", "é\xa0ok "),
    ],
)
def test_flatten_puts_a_text_on_one_line(text: str, flat: str) -> None:
    assert fill("{{ flatten(m.t) }}", {"m": {"t": text}}) == flat
    assert fill("{{ m.t.flatten() }}", {"m": {"t": text}}) == flat
