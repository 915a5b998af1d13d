"""A welcome menu by keyword, played."""

from __future__ import annotations

import pytest

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def test_a_greeting_is_answered_with_a_menu_and_each_choice_with_its_answer(
    stage: Stage,
) -> None:
    stage.sandbox.register_number()
    await stage.start("welcome_menu")

    for count, words in enumerate(("Hi there!", "1", " ORDER 4711 ", "help", "Hm?"), 1):
        await stage.says(words)
        await stage.runs("welcome_menu", count)

    first, *others = await stage.phone()
    assert first.splitlines()[0] == "Welcome to Acme, Sheena Nelson! Answer with a number:"
    assert others == [
        "We are open on weekdays from 9 to 17.",
        "Please send the number of your order, such as: order 4711.",
        "One of us writes to you here as soon as possible.",
        "Sorry, I did not understand that. Write menu to see what I can do.",
    ]
