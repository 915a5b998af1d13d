"""Send Reaction against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import pytest

from ..live import CONNECTOR, NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio

WAMID = "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
REACTION = {"phoneNumberId": NUMBER, "to": PERSON, "messageId": WAMID}
GROUP = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD"


@pytest.mark.parametrize(
    ("example", "input"),
    [("send.reaction", {"emoji": "👍"}), ("send.reaction.remove", {"remove": True})],
)
async def test_a_reaction_is_given_and_taken_back_as_meta_documents_it(
    live: Live, example: str, input: dict[str, Any]
) -> None:
    await live.ready()

    await live.run("SendReaction", **REACTION, **input)

    assert live.sent == [documented(example)]


@pytest.mark.parametrize(
    "emoji",
    ["❤️", "❤", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "🏳️‍🌈", "👁️‍🗨️", "⭐", "\u2139\ufe0f", "🫶🏻"],
)
async def test_one_emoji_can_be_many_code_points(live: Live, emoji: str) -> None:
    await live.ready()

    await live.run("SendReaction", **REACTION, emoji=emoji)

    assert [each["reaction"]["emoji"] for each in live.sent] == [emoji]


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({}, "emoji"),
        ({"emoji": ""}, "emoji"),
        ({"emoji": "👍", "remove": True}, "emoji"),
        ({"emoji": "👍👍"}, "emoji"),
        ({"emoji": "ok"}, "emoji"),
        ({"emoji": "1"}, "emoji"),
        ({"emoji": "👍 "}, "emoji"),
        ({"emoji": "👍", "messageId": ""}, "messageId"),
        ({"emoji": "👍", "messageId": "4711"}, "messageId"),
        ({"emoji": "👍", "to": GROUP}, "to"),
        ({"emoji": "👍", "quotedMessageId": WAMID}, "quotedMessageId"),
    ],
)
async def test_what_is_no_reaction_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("SendReaction", **{**REACTION, **input}) == field
    assert live.requests == []


async def test_a_reaction_into_a_closed_window_is_refused_like_any_free_message(
    live: Live,
) -> None:
    await live.run("EnsureRegistered", phoneNumberId=NUMBER, pin="000000")
    await live.written_at(live.context.clock.now - 25 * 3600)

    assert await live.refusal("SendReaction", **REACTION, emoji="👍") == "to"
    assert live.sent == []


def test_what_has_no_quote_has_no_field_for_one() -> None:
    fields = CONNECTOR.components()["appmixer.whatsapp.SendReaction"].Input.model_fields

    assert "quoted_message_id" not in fields
