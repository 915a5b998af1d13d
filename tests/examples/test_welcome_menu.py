"""A welcome menu of buttons and a list, played."""

from __future__ import annotations

import pytest

from .conftest import Stage

pytestmark = pytest.mark.anyio


async def test_a_greeting_is_answered_with_a_menu_and_each_choice_with_its_answer(
    stage: Stage,
) -> None:
    stage.sandbox.register_number()
    await stage.start("welcome_menu")

    await stage.says("Hi there!")
    await stage.runs("welcome_menu", 1)
    titles = ("Opening hours", "Where is my order?", "Something else")
    for count, title in enumerate((*titles, "Delivery", "Returns", "Talk to a person"), 2):
        await stage.taps(title)
        await stage.runs("welcome_menu", count)

    assert await stage.phone() == [
        "Welcome to Acme, Sheena Nelson! What can we do for you?",
        "We are open on weekdays from 9 to 17.",
        "Please send the number of your order, such as: order 4711.",
        "What would you like to know?",
        "We deliver within three days, free of charge.",
        "Send it back within 30 days, with the slip that lies in the parcel.",
        "One of us writes to you here as soon as possible.",
    ]


async def test_choices_can_be_written_and_what_is_none_leads_back_to_the_menu(
    stage: Stage,
) -> None:
    stage.sandbox.register_number()
    await stage.start("welcome_menu")

    for count, words in enumerate((" HOURS ", "order 4711", "help", "Hm?"), 1):
        await stage.says(words)
        await stage.runs("welcome_menu", count)
    await stage.taps("Show the menu")
    await stage.runs("welcome_menu", 5)

    assert await stage.phone() == [
        "We are open on weekdays from 9 to 17.",
        "Please send the number of your order, such as: order 4711.",
        "One of us writes to you here as soon as possible.",
        "Sorry, I did not understand that.",
        "Welcome to Acme, Sheena Nelson! What can we do for you?",
    ]
