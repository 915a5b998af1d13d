"""A bot that keeps silent while a colleague writes from the phone app, played."""

from __future__ import annotations

from datetime import datetime, timedelta

import anyio.to_thread
import pytest

from .conftest import Stage, steps

pytestmark = pytest.mark.anyio

ANSWER = "Thank you for your message. I am a bot, and a colleague of mine will write to you soon."


async def test_a_colleague_who_writes_silences_the_bot_for_that_person_and_for_a_while(
    stage: Stage, monday: datetime
) -> None:
    async def writes(person: str, text: str) -> None:
        await anyio.to_thread.run_sync(stage.sandbox.person(person).write, text)

    stage.sandbox.register_number()
    await stage.start("hand_over")
    await stage.says("Is anybody there?")
    await stage.runs("hand_over", 1)

    echo = {"event": "smb_message_echoes.text", "person": "16505551234"}
    await anyio.to_thread.run_sync(stage.sandbox.control, "POST", "/trigger", echo)
    await stage.runs("hand_over", 2)
    await stage.says("Thank you, Ann!")
    await stage.runs("hand_over", 3)
    await writes("16505559876", "And me?")
    await stage.runs("hand_over", 4)
    await stage.move_to(monday + timedelta(hours=4, minutes=1))
    await stage.says("Hello again")
    runs = await stage.runs("hand_over", 5)

    # At a clock that stands still runs have no order; the phones tell whom the bot has answered.
    assert sorted(map(steps, runs)) == [
        ["colleague", "pause"],
        ["incoming", "isPaused"],
        ["incoming", "isPaused", "answer"],
        ["incoming", "isPaused", "answer"],
        ["incoming", "isPaused", "answer"],
    ]
    assert await stage.phone() == [ANSWER, ANSWER]
    assert await stage.phone("16505559876") == [ANSWER]
