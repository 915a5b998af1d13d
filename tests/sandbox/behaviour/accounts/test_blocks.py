"""People a business has blocked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

BLOCKS = f"/{seed.PHONE_NUMBER_ID}/block_users"

Json = dict[str, Any]


def _body(*users: str) -> Json:
    return {"messaging_product": "whatsapp", "block_users": [{"user": user} for user in users]}


async def _write(controls: httpx.AsyncClient, person: str = seed.PERSON) -> None:
    message = {"type": "text", "text": {"body": "Hi"}}
    answer = await controls.post(f"/people/{person}/messages", json=message)
    assert answer.status_code == 201, answer.text


async def _unblock(graph: httpx.AsyncClient, body: Json) -> httpx.Response:
    return await graph.request("DELETE", BLOCKS, json=body)


async def test_who_wrote_lately_can_be_blocked_and_freed(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)

    blocked = await graph.post(BLOCKS, json=_body("+1 650-555-1234"))
    listed = (await graph.get(BLOCKS)).json()
    freed = await _unblock(graph, _body(seed.PERSON))

    assert blocked.json() == {
        "messaging_product": "whatsapp",
        "block_users": {"added_users": [{"input": "+1 650-555-1234", "wa_id": seed.PERSON}]},
    }
    assert listed["data"] == [{"messaging_product": "whatsapp", "wa_id": seed.PERSON}]
    assert listed["paging"]["cursors"].keys() == {"before", "after"}
    assert freed.json() == {
        "messaging_product": "whatsapp",
        "block_users": {"removed_users": [{"input": seed.PERSON, "wa_id": seed.PERSON}]},
    }
    assert (await graph.get(BLOCKS)).json() == {"data": []}


async def test_a_partial_failure_carries_both_a_result_and_an_error(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)

    answer = await graph.post(BLOCKS, json=_body(seed.PERSON, seed.OTHER_PERSON))

    body = answer.json()
    assert answer.status_code == 400
    assert body["block_users"] == {
        "added_users": [{"input": seed.PERSON, "wa_id": seed.PERSON}],
        "failed_users": [
            {
                "input": seed.OTHER_PERSON,
                "wa_id": seed.OTHER_PERSON,
                "errors": [
                    {
                        "message": "Re-engagement required",
                        "code": 131047,
                        "error_data": {
                            "details": "Users that are not messaged in last 24 hours cannot be "
                            "blocked"
                        },
                    }
                ],
            }
        ],
    }
    assert body["error"]["code"] == 139100
    assert [row["wa_id"] for row in (await graph.get(BLOCKS)).json()["data"]] == [seed.PERSON]


async def test_after_a_day_it_is_too_late_to_block(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)
    await controls.post("/clock", json={"advanceS": 24 * 3600 + 1})

    answer = await graph.post(BLOCKS, json=_body(seed.PERSON))

    assert answer.json()["error"]["code"] == 139100
    assert (await graph.get(BLOCKS)).json() == {"data": []}


async def test_the_business_does_not_hear_from_who_is_blocked(
    sandbox: RunningSandbox,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    receiver: Receiver,
    number: str,
) -> None:
    await _write(controls)
    await receiver.wait_for("messages", 1)
    await until(lambda: sandbox.world.courier.waiting == 0)
    await graph.post(BLOCKS, json=_body(seed.PERSON))

    await _write(controls)
    unheard = sandbox.world.courier.waiting
    await _unblock(graph, _body(seed.PERSON))
    await _write(controls)

    assert unheard == 0
    assert len(await receiver.wait_for("messages", 2)) == 2


async def test_somebody_can_be_blocked_by_their_user_id(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"hidePhone": True})
    await _write(controls)
    users = [{"user_id": seed.PERSON_BSUID}]

    answer = await graph.post(BLOCKS, json={"messaging_product": "whatsapp", "block_users": users})

    named = {"input": seed.PERSON_BSUID, "user_id": seed.PERSON_BSUID}
    assert answer.json()["block_users"] == {"added_users": [named]}
    assert (await graph.get(BLOCKS)).json()["data"] == [
        {"messaging_product": "whatsapp", "user_id": seed.PERSON_BSUID}
    ]


@pytest.mark.parametrize(
    "users", [None, [], "x", [{}], ["16505551234"], [{"user": "1", "user_id": "2"}]], ids=str
)
async def test_a_wrong_list_is_refused(users: object, graph: httpx.AsyncClient) -> None:
    body = {"messaging_product": "whatsapp", "block_users": users}

    answers = [await graph.post(BLOCKS, json=body), await _unblock(graph, body)]

    assert [(one.status_code, one.json()["error"]["code"]) for one in answers] == [(400, 100)] * 2
