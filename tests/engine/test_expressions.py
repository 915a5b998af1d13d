"""The expression language of flows."""

from __future__ import annotations

from typing import Any

import pytest

from appmixer.engine.expressions import ExpressionError, check_expression, fill

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


def test_macros_are_not_run_over_long_lists() -> None:
    with pytest.raises(ExpressionError, match="more than 250 items"):
        fill("{{ a.map(x, x) }}", {"a": list(range(251))})


def test_a_result_has_a_largest_size() -> None:
    with pytest.raises(ExpressionError, match="longer than"):
        fill("{{ a + a }}", {"a": "x" * 600_000})
