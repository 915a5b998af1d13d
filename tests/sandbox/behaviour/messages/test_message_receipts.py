"""Marking as read, and typing."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


def _read(message_id: str, **more: Any) -> Json:
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        **more,
    }


async def _written(controls: httpx.AsyncClient, person: str = seed.PERSON) -> str:
    inbound = {"type": "text", "text": {"body": "Are you there?"}}
    answer = await controls.post(f"/people/{person}/messages", json=inbound)
    return str(answer.json()["id"])


async def test_marks_the_earlier_ones_of_the_same_chat_and_no_others(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    ids = [await _written(controls) for _ in range(3)]
    other = await _written(controls, seed.OTHER_PERSON)

    await graph.post(f"/{number}/messages", json=_read(ids[1]))

    read = [sandbox.world.messages[one].is_read for one in (*ids, other)]
    assert read == [True, True, False, False]


async def test_leaves_alone_what_was_written_to_another_number(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    second = seed.SECOND_WABA_PHONE_NUMBER_ID
    sandbox.world.numbers[second].is_registered = True
    inbound = {"type": "text", "text": {"body": "Hello there"}, "to": second}
    elsewhere = await controls.post(f"/people/{seed.PERSON}/messages", json=inbound)

    await graph.post(f"/{number}/messages", json=_read(await _written(controls)))

    assert not sandbox.world.messages[elsewhere.json()["id"]].is_read


async def test_a_month_later_it_is_too_late(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    written = await _written(controls)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 30 * 86400 + 1)

    answer = await graph.post(f"/{number}/messages", json=_read(written))

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    assert not sandbox.world.messages[written].is_read


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"message_id": "wamid.unknown"}, 100),
        ({"message_id": None}, 131008),
        ({"status": "seen"}, 131009),
        ({"messaging_product": None}, 100),
        ({"typing_indicator": {"type": "audio"}}, 131009),
        ({"typing_indicator": "text"}, 100),
        ({"typing_indicator": {"type": "text", "for": 9}}, 100),
    ],
)
async def test_refuses_what_it_cannot_mark(
    change: Json,
    code: int,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    sandbox: RunningSandbox,
    number: str,
) -> None:
    written = await _written(controls)

    answer = await graph.post(f"/{number}/messages", json={**_read(written), **change})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert not sandbox.world.messages[written].is_read


async def test_an_answer_ends_the_typing(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    written = await _written(controls)
    typing = _read(written, typing_indicator={"type": "text"})
    answer = {"messaging_product": "whatsapp", "to": f"+{seed.PERSON}", "text": {"body": "Yes"}}

    await graph.post(f"/{number}/messages", json=typing)
    during = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["typing"]
    await graph.post(f"/{number}/messages", json=answer)
    after = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["typing"]

    assert (during, after) == ([number], [])
