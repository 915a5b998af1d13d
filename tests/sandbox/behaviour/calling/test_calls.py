"""Voice calls in both directions, and whether they are allowed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

CALLS = f"/{seed.PHONE_NUMBER_ID}/calls"
PERMISSIONS = f"/{seed.PHONE_NUMBER_ID}/call_permissions"
PHONE = f"/people/{seed.PERSON}/calls"
PRODUCT = {"messaging_product": "whatsapp"}
SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
CONNECT: dict[str, Any] = {
    **PRODUCT,
    "to": seed.PERSON,
    "action": "connect",
    "session": {"sdp_type": "offer", "sdp": SDP},
}

Json = dict[str, Any]


@pytest.fixture
async def calling(graph: httpx.AsyncClient, receiver: Receiver, number: str) -> str:
    """The seeded sender, with calling switched on."""
    enabled = {"calling": {"status": "ENABLED"}}
    answer = await graph.post(f"/{number}/settings", json=enabled)
    assert answer.json() == {"success": True}
    return number


async def _act(controls: httpx.AsyncClient, action: str, **more: object) -> httpx.Response:
    return await controls.post(PHONE, json={"action": action, **more})


async def _go_on(graph: httpx.AsyncClient, call_id: str, action: str) -> httpx.Response:
    body: Json = {**PRODUCT, "call_id": call_id, "action": action}
    if action in ("pre_accept", "accept"):
        body["session"] = {"sdp_type": "answer", "sdp": SDP}
    return await graph.post(CALLS, json=body)


def _code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_call_needs_calling_and_a_permission(
    graph: httpx.AsyncClient, receiver: Receiver, number: str
) -> None:
    off = await graph.post(CALLS, json=CONNECT)
    await graph.post(f"/{number}/settings", json={"calling": {"status": "ENABLED"}})

    forbidden = await graph.post(CALLS, json=CONNECT)

    assert (_code(off), _code(forbidden)) == ((401, 138000), (401, 138006))


async def test_the_business_calls_and_is_answered(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, calling: str
) -> None:
    await _act(controls, "allow")
    started = await graph.post(CALLS, json={**CONNECT, "biz_opaque_callback_data": "order:1"})
    call_id = started.json()["calls"][0]["id"]
    await _act(controls, "accept")
    await controls.post("/clock", json={"advanceS": 30})

    ended = await _go_on(graph, call_id, "terminate")

    assert started.json() == {**PRODUCT, "calls": [{"id": call_id}], "success": True}
    assert ended.json() == {**PRODUCT, "success": True}
    events = await receiver.wait_for("calls", 3)
    assert [event["event"] for event in events] == ["call_created", "connect", "terminate"]
    assert {event["direction"] for event in events} == {"BUSINESS_INITIATED"}
    assert events[1]["session"]["sdp_type"] == "answer"
    assert (events[2]["status"], events[2]["biz_opaque_callback_data"]) == ("COMPLETED", "order:1")
    assert events[2]["duration"] >= 30
    statuses = await receiver.wait_for("statuses", 2)
    assert [status["status"] for status in statuses] == ["RINGING", "ACCEPTED"]
    assert {status["type"] for status in statuses} == {"call"}


async def test_a_person_refuses_a_call(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, calling: str
) -> None:
    await _act(controls, "allow", permanent=True)
    await graph.post(CALLS, json=CONNECT)
    busy = await graph.post(CALLS, json=CONNECT)

    await _act(controls, "reject")

    assert _code(busy) == (400, 138003)
    statuses = await receiver.wait_for("statuses", 2)
    assert [status["status"] for status in statuses] == ["RINGING", "REJECTED"]
    ended = (await receiver.wait_for("calls", 2))[1]
    assert (ended["event"], ended["status"], "duration" in ended) == ("terminate", "FAILED", False)


async def test_a_call_nobody_takes_ends_after_a_minute(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, calling: str
) -> None:
    await _act(controls, "allow")
    await graph.post(CALLS, json=CONNECT)

    await controls.post("/clock", json={"advanceS": 61})

    assert (await receiver.wait_for("calls", 2))[1]["status"] == "FAILED"
    assert (await _act(controls, "accept")).status_code == 409


async def test_a_person_calls_and_the_business_answers(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, receiver: Receiver, calling: str
) -> None:
    call_id = (await _act(controls, "start")).json()["id"]
    offer = (await receiver.wait_for("calls", 1))[0]

    answers = [await _go_on(graph, call_id, action) for action in ("pre_accept", "accept")]
    late = await _go_on(graph, call_id, "reject")
    await _act(controls, "hangUp")
    gone = await _go_on(graph, call_id, "terminate")

    assert (offer["direction"], offer["from"], offer["session"]["sdp_type"]) == (
        "USER_INITIATED",
        seed.PERSON,
        "offer",
    )
    assert [answer.json() for answer in answers] == [{**PRODUCT, "success": True}] * 2
    assert (_code(late), _code(gone)) == ((400, 100), (400, 100))
    assert (await receiver.wait_for("calls", 2))[1]["status"] == "COMPLETED"


async def test_permissions_last_a_week(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, calling: str
) -> None:
    asked = {"user_wa_id": seed.PERSON}
    reply = {"response": "accept", "response_source": "user_action"}
    interactive = {"type": "call_permission_reply", "call_permission_reply": reply}
    before = (await graph.get(PERMISSIONS, params=asked)).json()
    message = {"type": "interactive", "interactive": interactive}
    await controls.post(f"/people/{seed.PERSON}/messages", json=message)
    during = (await graph.get(PERMISSIONS, params={"recipient": seed.PERSON_BSUID})).json()
    await controls.post("/clock", json={"advanceS": 7 * 24 * 3600 + 1})

    after = (await graph.get(PERMISSIONS, params=asked)).json()

    assert before == {
        **PRODUCT,
        "permission": {"status": "no_permission"},
        "actions": [
            {
                "action_name": "send_call_permission_request",
                "can_perform_action": True,
                "limits": [
                    {"time_period": "PT24H", "max_allowed": 1, "current_usage": 0},
                    {"time_period": "P7D", "max_allowed": 2, "current_usage": 0},
                ],
            },
            {
                "action_name": "start_call",
                "can_perform_action": False,
                "limits": [{"time_period": "PT24H", "max_allowed": 100, "current_usage": 0}],
            },
        ],
    }
    assert during["permission"].keys() == {"status", "expiration_time"}
    assert (during["permission"]["status"], during["actions"][1]["can_perform_action"]) == (
        "temporary",
        True,
    )
    assert after["permission"] == {"status": "no_permission"}


async def test_a_request_for_permission_is_counted(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, calling: str
) -> None:
    message = {"type": "text", "text": {"body": "Call me"}}
    await controls.post(f"/people/{seed.PERSON}/messages", json=message)
    interactive: Json = {
        "type": "call_permission_request",
        "body": {"text": "May we call?"},
        "action": {"name": "call_permission_request"},
    }
    body = {**PRODUCT, "to": seed.PERSON, "type": "interactive", "interactive": interactive}
    sent = await graph.post(f"/{calling}/messages", json=body)

    shown = (await graph.get(PERMISSIONS, params={"user_wa_id": seed.PERSON})).json()

    assert sent.status_code == 200, sent.text
    request = shown["actions"][0]
    assert request["can_perform_action"] is False
    assert [limit["current_usage"] for limit in request["limits"]] == [1, 1]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "19995550000"}, 138001),
        ({"to": "nobody"}, 100),
        ({"to": None}, 100),
        ({"session": None}, 100),
        ({"session": {"sdp_type": "answer", "sdp": SDP}}, 100),
        ({"session": {"sdp_type": "offer", "sdp": "x"}}, 100),
        ({"action": "sing"}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
    ],
    ids=str,
)
async def test_a_wrong_call_is_refused(
    change: Json, code: int, graph: httpx.AsyncClient, controls: httpx.AsyncClient, calling: str
) -> None:
    await _act(controls, "allow")

    answer = await graph.post(CALLS, json={**CONNECT, **change})

    assert _code(answer) == (400, code)
