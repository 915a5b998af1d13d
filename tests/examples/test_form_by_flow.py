"""A form by WhatsApp Flow, played: asked for by a word, filled in, and confirmed."""

from __future__ import annotations

import json

import anyio.to_thread
import pytest

from .conftest import Stage, given, steps

pytestmark = pytest.mark.anyio


async def test_a_form_is_offered_for_a_word_and_what_was_filled_in_is_confirmed(
    stage: Stage,
) -> None:
    async def sends(token: str, **values: str) -> None:
        filled = json.dumps({"flow_token": token, **values})
        change = {"messages[0].interactive.nfm_reply.response_json": filled}
        event = {"event": "messages.interactive.nfm_reply.flow", "person": "16505551234"}
        content = {**event, "set": change}
        await anyio.to_thread.run_sync(stage.sandbox.control, "POST", "/trigger", content)

    stage.sandbox.register_number()
    await stage.start("form_by_flow")

    await stage.says("Nice bookshop!")
    await stage.says("Can I BOOK a visit?")
    [asked] = await stage.runs("form_by_flow", 1)
    await sends("survey 7", preferred_day="never")
    await sends(given(asked, "ask", "sent")["flowToken"], preferred_day="2026-10-02")
    runs = await stage.runs("form_by_flow", 2)

    assert sorted(map(steps, runs)) == [["filledIn", "confirm"], ["incoming", "ask"]]
    assert (await stage.phone())[-1] == "Thank you! We expect you on 2026-10-02."
