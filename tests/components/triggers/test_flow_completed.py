"""Flow Completed tells what was filled in, and by which token it was asked for."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from appmixer.engine.contract.testing import RecordingContext

from .heard import body, outputs

pytestmark = pytest.mark.anyio

FLOW = "messages.interactive.nfm_reply.flow"


async def test_values_and_token_are_told_apart(quiet: RecordingContext) -> None:
    [answer] = await outputs(quiet, "FlowCompleted", FLOW)

    assert answer["flowToken"] == "order-7781"
    assert answer["values"] == {"preferred_day": "2026-10-02", "comment": "Afternoon please"}
    asked = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA"
    assert (answer["quotedMessageId"], answer["replyTo"]) == (asked, "+16505551234")


@pytest.mark.parametrize(
    ("webhook", "properties", "expected"),
    [
        (FLOW, {"tokenStart": "order-"}, True),
        (FLOW, {"tokenStart": "survey-"}, False),
        # An address form is no Flow, though it comes alike.
        ("messages.interactive.nfm_reply.address", {}, False),
        ("messages.interactive.button_reply", {}, False),
        ("messages.text", {}, False),
    ],
)
async def test_other_answers_start_nothing(
    quiet: RecordingContext, webhook: str, properties: dict[str, Any], expected: bool
) -> None:
    assert bool(await outputs(quiet, "FlowCompleted", webhook, **properties)) == expected


async def test_what_is_no_object_is_still_to_be_read_in_the_original(
    quiet: RecordingContext,
) -> None:
    parsed = copy.deepcopy(body(FLOW))
    [message] = parsed["entry"][0]["changes"][0]["value"]["messages"]
    message["interactive"]["nfm_reply"]["response_json"] = "[["

    [answer] = await outputs(quiet, "FlowCompleted", parsed)

    assert (answer["flowToken"], answer["values"], answer["raw"]) == (None, {}, message)
