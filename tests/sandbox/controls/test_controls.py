"""The controls: world, clock, people, faults, logs."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.clock import Clock

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEXT: Json = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "Hello"}}


async def _fault(controls: httpx.AsyncClient, **rule: Any) -> Json:
    answer = await controls.post("/faults", json={"endpoint": "messages", **rule})
    assert answer.status_code == 201, answer.text
    fault: Json = answer.json()
    return fault


async def _send(graph: httpx.AsyncClient, number: str) -> httpx.Response:
    return await graph.post(f"/{number}/messages", json=TEXT)


async def test_the_fixture_is_the_world_the_documents_name(controls: httpx.AsyncClient) -> None:
    fixture = (await controls.get("/fixture")).json()

    documented = {
        "appId": "100000000000001",
        "appSecret": "sandbox-app-secret",
        "configId": "200000000000002",
        "verifyToken": "sandbox-verify-token",
        "systemUserToken": "EAAsandbox",
        "wabaId": "102290129340398",
        "phoneNumberId": "106540352242922",
        "displayPhoneNumber": "+1 555-078-3881",
        "pin": "000000",
        "templates": [{"name": "hello_world", "language": "en_US"}],
    }
    assert {name: fixture[name] for name in documented} == documented
    assert fixture["people"][0] == {
        "waId": "16505551234",
        "bsuid": "US.13491208655302741918",
        "name": "Sheena Nelson",
    }


async def test_reset_restores_the_seed(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _send(graph, number)
    await controls.post("/people", json={"waId": "16505550001"})
    await controls.post("/settings", json={"outOfWindow": "silent"})
    await controls.post("/clock", json={"freeze": True})
    await _fault(controls, code=4)

    await controls.post("/reset")

    world = sandbox.world
    assert world.numbers[number].is_registered is False
    assert world.messages == {}
    assert world.wabas[seed.WABA_ID].subscriptions == {}
    assert world.apps[seed.APP_ID].callback_url is None
    assert sorted(world.people) == [seed.PERSON, seed.OTHER_PERSON]
    assert world.settings.out_of_window == "failed"
    assert world.faults.all() == []
    assert (world.clock.frozen, world.clock.pending) == (False, 0)


async def test_the_clock_is_read_frozen_moved_and_sped_up(controls: httpx.AsyncClient) -> None:
    frozen = {"freeze": True, "setTo": "2026-10-01T00:00:00Z"}

    start = (await controls.post("/clock", json=frozen)).json()
    moved = (await controls.post("/clock", json={"advanceS": 90})).json()
    quick = (await controls.post("/clock", json={"freeze": False, "speed": 1000})).json()

    assert start == {
        "now": 1790812800.0,
        "iso": "2026-10-01T00:00:00.000+00:00",
        "frozen": True,
        "speed": 1.0,
        "pending": 0,
    }
    assert (await controls.get("/clock")).json()["now"] >= moved["now"] == 1790812890.0
    assert (quick["frozen"], quick["speed"]) == (False, 1000.0)


@pytest.mark.parametrize(
    "change",
    [{"advanceS": -1}, {"advanceS": 1e300}, {"speed": 0}, {"setTo": "soon"}, {"hurry": True}],
)
async def test_the_clock_refuses_nonsense(change: Json, controls: httpx.AsyncClient) -> None:
    assert (await controls.post("/clock", json=change)).status_code == 422


async def test_timers_on_the_way_fire_in_order_at_their_own_time() -> None:
    clock = Clock()
    clock.freeze(frozen=True)
    start = clock.now()
    fired: list[tuple[str, float]] = []

    def note(name: str) -> None:
        fired.append((name, clock.now() - start))

    def first() -> None:
        note("first")
        clock.after(5, lambda: note("nested"))

    clock.after(20, lambda: note("second"))
    clock.after(10, first)
    clock.after(40, lambda: note("too late"))
    clock.move_to(start + 30)

    assert [(name, round(at)) for name, at in fired] == [
        ("first", 10),
        ("nested", 15),
        ("second", 20),
    ]
    assert clock.now() - start == 30


async def test_a_fast_clock_fires_soon() -> None:
    clock = Clock()
    clock.start()
    clock.run_at(100_000)
    rang = asyncio.Event()

    clock.after(3600, rang.set)

    await asyncio.wait_for(rang.wait(), 60)
    clock.stop()


async def test_settings_are_merged_and_checked(controls: httpx.AsyncClient) -> None:
    changed = await controls.post("/settings", json={"statusDelaysS": {"read": 9}})
    refused = await controls.post("/settings", json={"batchLimit": 1001})
    unknown = await controls.post("/settings", json={"colour": "green"})

    assert changed.json()["statusDelaysS"] == {
        "sent": 0.05,
        "delivered": 0.15,
        "read": 9.0,
        "played": 0.8,
    }
    assert [refused.status_code, unknown.status_code] == [422, 422]
    assert (await controls.get("/settings")).json() == changed.json()


async def test_people_are_made_with_or_without_a_number(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    made = (await controls.post("/people", json={"name": "Ada"})).json()
    stranger = (await controls.post("/people", json={"allowed": False})).json()
    again = await controls.post("/people", json={"waId": made["waId"]})

    answers = [
        await graph.post(f"/{number}/messages", json={**TEXT, "to": f"+{person['waId']}"})
        for person in (made, stranger)
    ]

    assert made["waId"] != stranger["waId"]
    assert made["bsuid"].startswith("US.")
    assert again.status_code == 409
    assert answers[0].status_code == 200
    assert answers[1].json()["error"]["code"] == 131030


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ({"type": "text"}, 409),
        ({"type": "text", "text": {}}, 409),
        ({"type": "image", "image": {"data": "not base64!"}}, 409),
        ({"type": "telepathy"}, 422),
        ({"type": "text", "text": {"body": "x"}, "smell": {}}, 422),
        ({"type": "text", "text": {"body": "x"}, "to": "1"}, 404),
        ({"type": "text", "text": {"body": "x"}, "count": 0}, 422),
    ],
)
async def test_impossible_messages_are_refused_with_a_reason(
    message: Json, status: int, controls: httpx.AsyncClient, number: str
) -> None:
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=message)

    assert answer.status_code == status
    assert answer.json()["detail"]
    assert (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"] == []


async def test_nobody_can_write_to_an_unregistered_number(controls: httpx.AsyncClient) -> None:
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}})

    assert answer.status_code == 409
    assert "not registered" in answer.json()["detail"]


async def test_unknown_people_are_not_found(controls: httpx.AsyncClient) -> None:
    for answer in (
        await controls.get("/people/1/messages"),
        await controls.patch("/people/1", json={"online": False}),
        await controls.post("/people/1/messages", json={"text": {"body": "x"}}),
    ):
        assert answer.status_code == 404


async def test_phones_do_not_grow_without_end(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"historyLimit": 10})
    message = {"text": {"body": "Number {n}"}, "count": 25}

    await controls.post(f"/people/{seed.PERSON}/messages", json=message)

    phone = (await controls.get(f"/people/{seed.PERSON}/messages")).json()["messages"]
    assert [entry["content"]["body"] for entry in phone] == [f"Number {n}" for n in range(16, 26)]
    assert len(sandbox.world.messages) == 10


async def test_the_webhook_log_does_not_grow_without_end(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"logBytes": 2000})

    await controls.post(
        f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}, "count": 20}
    )

    await receiver.wait_for("messages", 20)
    deliveries = (await controls.get("/webhooks")).json()["deliveries"]
    assert 0 < sum(delivery["bytes"] for delivery in deliveries) <= 2000


async def test_a_fault_answers_with_metas_error_so_often(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, code=130429, httpStatus=429, retryAfterS=7, count=2)

    answers = [await _send(graph, number) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].json()["error"]["error_subcode"] == 2494055
    assert len(sandbox.world.messages) == 1
    assert (await controls.get("/faults")).json() == {"faults": []}


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [("html", 502, b"<html>"), ("empty", 200, b""), ("truncated", 200, b'{"messaging')],
)
async def test_a_fault_spoils_the_answer(
    kind: str,
    status: int,
    content: bytes,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _fault(controls, kind=kind)

    answer = await _send(graph, number)

    assert answer.status_code == status
    assert answer.content.startswith(content)
    assert not answer.content.endswith(b"}")


async def test_a_broken_connection_accepts_nothing(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, kind="disconnect", count=1)

    with pytest.raises(httpx.TransportError):
        await _send(graph, number)

    assert sandbox.world.messages == {}


async def test_an_accepted_message_may_lose_its_answer(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "Hi"}})
    await _fault(controls, kind="acceptedThenLost", count=1)

    with pytest.raises(httpx.TransportError):
        await _send(graph, number)

    assert [status["status"] for status in await receiver.wait_for("statuses", 3)] == [
        "sent",
        "delivered",
        "read",
    ]
    calls = (await controls.get("/calls")).json()["calls"]
    assert (calls[0]["status"], calls[0]["fault"]) == (0, "acceptedThenLost")


async def test_a_slow_answer_is_an_answer(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, kind="slow", delayS=0.3, count=1)

    with pytest.raises(httpx.ReadTimeout):
        await graph.post(f"/{number}/messages", json=TEXT, timeout=0.05)

    assert (await _send(graph, number)).status_code == 200


async def test_a_fault_may_hit_a_share_of_the_calls(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, code=131000, share=0.5)

    statuses = Counter([(await _send(graph, number)).status_code for _ in range(60)])

    # Sixty fair coins fall on one side only once in 10^18 tries.
    assert set(statuses) == {200, 500}


async def test_a_fault_ends_with_its_time(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, code=2, forS=60)

    during = await _send(graph, number)
    await controls.post("/clock", json={"advanceS": 61})
    after = await _send(graph, number)

    assert (during.status_code, after.status_code) == (503, 200)


@pytest.mark.parametrize(
    ("rule", "is_hit"),
    [
        ({"endpoint": "*"}, True),
        ({"endpoint": "message"}, False),
        ({"endpoint": f"^/{seed.PHONE_NUMBER_ID}/"}, True),
        ({"method": "GET"}, False),
        ({"phoneNumberId": seed.PHONE_NUMBER_ID}, True),
        ({"phoneNumberId": seed.OTHER_PHONE_NUMBER_ID}, False),
    ],
)
async def test_a_fault_hits_what_it_names(
    rule: Json,
    is_hit: bool,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _fault(controls, code=1, **rule)

    answer = await _send(graph, number)

    assert (answer.status_code == 400) is is_hit


@pytest.mark.parametrize(
    "rule", [{"code": 4711}, {"endpoint": "["}, {"kind": "flood"}, {"share": 0}, {"count": 0}]
)
async def test_a_fault_that_makes_no_sense_is_refused(
    rule: Json, controls: httpx.AsyncClient
) -> None:
    assert (await controls.post("/faults", json=rule)).status_code == 422


async def test_a_fault_is_taken_back(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    fault = await _fault(controls, code=4)

    await controls.delete(f"/faults/{fault['id']}")

    assert (await _send(graph, number)).status_code == 200
    assert (await controls.delete("/faults/99")).status_code == 404


async def test_the_call_log_has_no_tokens(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await graph.get("/me", params={"access_token": seed.SYSTEM_USER_TOKEN})
    await _send(graph, "1")

    answer = await controls.get("/calls", params={"limit": 2})

    calls = answer.json()["calls"]
    assert [(call["method"], call["path"], call["status"]) for call in calls] == [
        ("POST", "/v25.0/1/messages", 400),
        ("GET", "/v25.0/me", 200),
    ]
    assert calls[0]["errorCode"] == 100
    assert seed.SYSTEM_USER_TOKEN not in answer.text


async def test_the_controls_describe_themselves(controls: httpx.AsyncClient) -> None:
    described = (await controls.get("/openapi.json")).json()

    assert {"/_sandbox/fixture", "/_sandbox/people/{key}/messages"} <= described["paths"].keys()
    assert (await controls.get("/docs")).status_code == 200
    assert (await controls.get("/nothing")).status_code == 404


async def test_the_other_business_hears_nothing_of_the_first(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    text = {"text": {"body": "x"}, "to": seed.OTHER_PHONE_NUMBER_ID}
    await controls.post(f"/people/{seed.OTHER_PERSON}/messages", json=text)
    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        await other.post(f"/{seed.OTHER_WABA_ID}/subscribed_apps")
    await controls.post(f"/people/{seed.OTHER_PERSON}/messages", json=text)
    await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}})

    await until(lambda: len(receiver.items("messages")) == 2)

    values = {
        (value["metadata"]["phone_number_id"], value["messages"][0]["from"])
        for post in receiver.posts
        for value in post.values()
    }
    assert values == {
        (seed.OTHER_PHONE_NUMBER_ID, seed.OTHER_PERSON),
        (seed.PHONE_NUMBER_ID, seed.PERSON),
    }
