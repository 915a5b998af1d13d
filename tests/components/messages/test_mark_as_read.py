"""Mark as Read against the simulator of Meta."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import respx

from appmixer.engine.contract import RejectedError
from appmixer.engine.contract.testing import RecordingContext
from appmixer.whatsapp.components.messages.mark_as_read import MarkAsRead
from appmixer.whatsapp.plugin.sending.receipts import ReceiptInput

from ..live import CONNECTOR, NUMBER, PERSON, Live, documented

pytestmark = pytest.mark.anyio


async def written(live: Live) -> str:
    """Return the id of a message that the person has written."""
    await live.ready()
    person = live.sandbox.world.people[PERSON.removeprefix("+")]
    return next(each.id for each in person.chat if not each.is_outbound)


@pytest.mark.parametrize(
    ("example", "input"),
    [("mark_read", {}), ("mark_read.typing", {"showTyping": True})],
)
async def test_what_a_person_wrote_is_marked_as_meta_documents_it(
    live: Live, example: str, input: dict[str, Any]
) -> None:
    message_id = await written(live)

    marked = await live.run("MarkAsRead", phoneNumberId=NUMBER, messageId=message_id, **input)

    assert live.sent == [{**documented(example), "message_id": message_id}]
    assert marked.model_dump(mode="json") == {"success": True, "messageId": message_id}
    assert live.sandbox.world.messages[message_id].is_read


async def test_marking_twice_is_the_same_as_once(live: Live) -> None:
    message_id = await written(live)
    first = await live.run("MarkAsRead", phoneNumberId=NUMBER, messageId=message_id)

    assert await live.run("MarkAsRead", phoneNumberId=NUMBER, messageId=message_id) == first
    assert CONNECTOR.components()["appmixer.whatsapp.MarkAsRead"].idempotent


@pytest.mark.parametrize(
    ("input", "field"),
    [
        ({"messageId": ""}, "messageId"),
        ({"messageId": "4711"}, "messageId"),
        ({"messageId": "wamid.A", "showTyping": "maybe"}, "showTyping"),
        ({"messageId": "wamid.A", "to": PERSON}, "to"),
    ],
)
async def test_what_cannot_be_marked_is_refused_before_any_call(
    live: Live, input: dict[str, Any], field: str
) -> None:
    assert await live.refusal("MarkAsRead", phoneNumberId=NUMBER, **input) == field
    assert live.requests == []


async def test_a_message_that_the_number_never_got_is_refused_by_meta(live: Live) -> None:
    await live.ready()

    with pytest.raises(RejectedError) as caught:
        await live.run("MarkAsRead", phoneNumberId=NUMBER, messageId="wamid.UNKNOWN")

    assert caught.value.code == 100


async def test_what_marking_ended_in_is_asked_again_when_the_answer_was_lost(
    context: RecordingContext, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(f"https://graph.facebook.com/v25.0/{NUMBER}/messages").mock(
        side_effect=[httpx.ReadTimeout("slow"), httpx.Response(200, json={"success": True})]
    )
    input = ReceiptInput.model_validate({"phoneNumberId": NUMBER, "messageId": "wamid.A"})

    marked = await MarkAsRead().receive(context, input)

    assert (marked.success, route.call_count) == (True, 2)
