"""Webhooks doubled, overtaken and late, and Graph answers that go wrong in every way."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.webhooks.courier import Courier
from appmixer.sandbox.protocol.errors import catalogue
from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TEXT: Json = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "Hello"}}
# What Meta tells of a message it had accepted.
LATE_CODES = [130472, 131026, 131042, 131047, 131048, 131049, 131050, 131053, 131000, 132015]


async def _write(controls: httpx.AsyncClient, person: str = seed.PERSON, **more: Any) -> list[str]:
    message = {"type": "text", "text": {"body": "Number {n}"}, **more}
    answer = await controls.post(f"/people/{person}/messages", json=message)
    assert answer.status_code == 201, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


def _seed_dice(sandbox: RunningSandbox, number: int) -> None:
    courier = sandbox.world.courier
    assert isinstance(courier, Courier)
    courier.dice.seed(number)


async def _set(controls: httpx.AsyncClient, **settings: Any) -> None:
    answer = await controls.post("/settings", json=settings)
    assert answer.status_code == 200, answer.text


async def _fault(controls: httpx.AsyncClient, **rule: Any) -> Json:
    answer = await controls.post("/faults", json=rule)
    assert answer.status_code == 201, answer.text
    fault: Json = answer.json()
    return fault


def _ids(items: list[Json]) -> list[str]:
    return [item["id"] for item in items]


async def test_every_delivery_can_come_twice(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await _set(controls, duplicates=1)

    ids = await _write(controls, count=3)

    messages = await receiver.wait_for("messages", 6)
    assert Counter(_ids(messages)) == {message_id: 2 for message_id in ids}
    assert len({post.body for post in receiver.posts}) == 3


async def test_a_share_of_the_deliveries_comes_twice(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    _seed_dice(sandbox, 7)
    await _set(controls, duplicates=0.5)

    await _write(controls, count=40)

    await until(lambda: sandbox.world.courier.waiting == 0)
    assert 45 < len(receiver.posts) < 75


async def test_a_delivery_that_is_held_is_overtaken(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    _seed_dice(sandbox, 3)
    await _set(controls, reorder=0.5, reorderWindowS=0.05)

    ids = await _write(controls, count=20)

    messages = await receiver.wait_for("messages", 20)
    assert sorted(_ids(messages)) == sorted(ids)
    assert _ids(messages) != ids


async def test_webhooks_are_as_late_as_asked_and_stay_in_order(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/clock", json={"freeze": True})
    await _set(controls, webhookDelayS={"least": 10, "most": 600})
    ids = await _write(controls, count=10)

    before = len(receiver.posts)
    await controls.post("/clock", json={"advanceS": 600})

    messages = await receiver.wait_for("messages", 10)
    assert before == 0
    assert _ids(messages) == ids


async def test_what_is_not_delayed_waits_for_what_was_before_it(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/clock", json={"freeze": True})
    await _set(controls, webhookDelayS=30)
    late = await _write(controls)
    await _set(controls, webhookDelayS=0)
    at_once = await _write(controls)

    await controls.post("/clock", json={"advanceS": 30})

    assert _ids(await receiver.wait_for("messages", 2)) == [*late, *at_once]


@pytest.mark.parametrize(
    "wrong",
    [
        {"duplicates": 1.5},
        {"reorder": -1},
        {"webhookDelayS": -1},
        {"webhookDelayS": {"least": 5, "most": 1}},
        {"webhookDelayS": {"least": 5}},
        {"crowdedBatchLimit": 1001},
    ],
)
async def test_behaviour_that_cannot_be_is_refused(
    wrong: Json, controls: httpx.AsyncClient
) -> None:
    before = (await controls.get("/settings")).json()

    assert (await controls.post("/settings", json=wrong)).status_code == 422
    assert (await controls.get("/settings")).json() == before


async def test_more_conversations_than_connections_share_posts_in_order(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await _set(controls, webhookConnections=1)
    people = [(await controls.post("/people", json={})).json()["waId"] for _ in range(20)]
    wrote = {person: await _write(controls, person, count=3) for person in people}

    messages = await receiver.wait_for("messages", 60)

    assert len(receiver.posts) < 60
    for person, ids in wrote.items():
        assert [each["id"] for each in messages if each["from"] == person] == ids


async def test_a_batch_may_hold_several_accounts(
    sandbox: RunningSandbox,
    receiver: Receiver,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    sandbox.world.numbers[seed.SECOND_WABA_PHONE_NUMBER_ID].is_registered = True
    await controls.post("/webhook", json={"callbackUrl": receiver.url, "subscribe": True})
    await controls.post("/clock", json={"freeze": True})
    await _set(controls, batchLimit=1000, webhookDelayS=1)
    await _write(controls)
    await _write(controls, to=seed.SECOND_WABA_PHONE_NUMBER_ID)

    await controls.post("/clock", json={"advanceS": 1})

    await until(lambda: len(receiver.posts) == 1)
    entries = json.loads(receiver.posts[0].body)["entry"]
    assert [entry["id"] for entry in entries] == [seed.WABA_ID, seed.SECOND_WABA_ID]


async def test_each_app_gets_its_own_copy_through_its_own_retries(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    world = sandbox.world
    other = type(world.apps[seed.APP_ID])(
        "900000000000001", "Second", "second-secret", seed.VERIFY_TOKEN, {}
    )
    world.apps[other.id] = other
    async with receiving() as second:
        choice = {"callbackUrl": second.url, "appId": other.id, "subscribe": True}
        await controls.post("/webhook", json=choice)
        await _set(controls, retryDelaysS=[0.01])
        receiver.answers.append(500)

        await _write(controls)

        await until(lambda: len(receiver.posts) == 2 and len(second.posts) == 1)
        assert second.posts[0].is_signed_with("second-secret")
        assert receiver.posts[0].is_signed_with(seed.APP_SECRET)
        assert receiver.posts[0].body == receiver.posts[1].body == second.posts[0].body


async def test_an_answer_can_break_off_in_the_middle(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, endpoint="messages", kind="cut", count=1)

    with pytest.raises(httpx.TransportError):
        await graph.post(f"/{number}/messages", json=TEXT)

    assert len(sandbox.world.messages) == 1
    assert (await graph.get(f"/{number}")).status_code == 200


@pytest.mark.parametrize("kind", ["cut", "truncated"])
async def test_an_answer_without_a_body_can_be_spoilt_too(
    kind: str, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _fault(controls, kind=kind, count=1)

    try:
        answer = await graph.get("/does/not/exist/at/all")
    except httpx.TransportError:
        answer = None

    assert answer is None or answer.status_code < 500
    assert (await graph.get("/me")).status_code == 200


@pytest.mark.parametrize("code", LATE_CODES)
async def test_a_message_is_accepted_and_fails_later_with_any_code(
    code: int,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _write(controls)
    await _fault(controls, kind="failedStatus", code=code, count=1)

    accepted = await graph.post(f"/{number}/messages", json=TEXT)

    [status] = await receiver.wait_for("statuses", 1)
    assert accepted.status_code == 200
    assert status["status"] == "failed"
    assert [error["code"] for error in status["errors"]] == [code]
    assert status["id"] == accepted.json()["messages"][0]["id"]


async def test_a_late_failure_is_not_spent_on_other_calls(
    controls: httpx.AsyncClient, graph: httpx.AsyncClient, number: str
) -> None:
    await _fault(controls, kind="failedStatus", code=131026, count=1)

    await graph.get(f"/{number}")
    await graph.get("/me")

    [fault] = (await controls.get("/faults")).json()["faults"]
    assert (fault["left"], fault["hits"]) == (1, 0)


@pytest.mark.parametrize(
    ("code", "header", "usage"),
    [
        (4, "x-app-usage", {"call_count": 100, "total_time": 100, "total_cputime": 100}),
        (
            80007,
            "x-business-use-case-usage",
            {
                seed.WABA_ID: [
                    {
                        "call_count": 100,
                        "total_time": 100,
                        "total_cputime": 100,
                        "type": "whatsapp",
                        "estimated_time_to_regain_access": 3,
                    }
                ]
            },
        ),
    ],
)
async def test_too_many_calls_come_with_metas_headers(
    code: int,
    header: str,
    usage: Json,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    await _fault(controls, code=code, httpStatus=429, retryAfterS=121, headers={"X-Mine": "1"})

    answer = await graph.get(f"/{seed.WABA_ID}")

    assert answer.status_code == 429
    assert json.loads(answer.headers[header]) == usage
    assert (answer.headers["retry-after"], answer.headers["x-mine"]) == ("121", "1")


async def test_every_code_of_the_catalogue_can_be_had_with_its_body_and_status(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    got: dict[tuple[int, int | None], tuple[int, str]] = {}
    for code, subcode in catalogue():
        await _fault(controls, code=code, subcode=subcode, count=1)
        answer = await graph.get("/me")
        error = answer.json()["error"]
        got[error["code"], error.get("error_subcode")] = (answer.status_code, error["message"])

    assert got == {key: (entry.http_status, entry.message) for key, entry in catalogue().items()}


@pytest.mark.parametrize("code", [201, 250, 299])
async def test_every_permission_code_can_be_had(
    code: int, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _fault(controls, code=code, count=1)

    answer = await graph.get("/me")

    assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "failedStatus"},
        {"headers": {"Content-Length": "1"}},
        {"headers": {"X-A": "a\r\nX-B: b"}},
        {"headers": {"X A": "a"}},
        {"kind": "nonsense"},
        {"code": 1, "httpStatus": 99},
    ],
)
async def test_a_fault_that_would_break_the_protocol_is_refused(
    rule: Json, controls: httpx.AsyncClient
) -> None:
    assert (await controls.post("/faults", json=rule)).status_code == 422
    assert (await controls.get("/faults")).json() == {"faults": []}


async def test_writes_of_every_kind_can_be_accepted_and_their_answer_lost(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await _fault(controls, kind="acceptedThenLost", method="POST", count=1)

    with pytest.raises(httpx.TransportError):
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")

    assert list(sandbox.world.wabas[seed.WABA_ID].subscriptions) == [seed.APP_ID]
