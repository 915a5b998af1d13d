"""Statuses over time, the 24-hour window, and webhooks to the byte."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
DAY_S = 24 * 3600
ALLOWED_HEADERS = {"object", "entry"}


async def _write(controls: httpx.AsyncClient, body: str = "Hi", **more: Any) -> list[str]:
    message = {"type": "text", "text": {"body": body}, **more}
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=message)
    assert answer.status_code == 201, answer.text
    ids: list[str] = answer.json()["ids"]
    return ids


async def _send(graph: httpx.AsyncClient, number: str, **more: Any) -> str:
    request = {
        "messaging_product": "whatsapp",
        "to": "+16505551234",
        "text": {"body": "Hello"},
        **more,
    }
    answer = await graph.post(f"/{number}/messages", json=request)
    assert answer.status_code == 200, answer.text
    message_id: str = answer.json()["messages"][0]["id"]
    return message_id


async def _send_template(graph: httpx.AsyncClient, number: str) -> str:
    template = {"name": "hello_world", "language": {"code": "en_US"}}
    return await _send(graph, number, type="template", template=template)


async def _phone(controls: httpx.AsyncClient) -> list[Json]:
    answer = await controls.get(f"/people/{seed.PERSON}/messages")
    messages: list[Json] = answer.json()["messages"]
    return messages


def _names(statuses: list[Json]) -> list[str]:
    return [status["status"] for status in statuses]


async def test_a_message_is_sent_delivered_and_read(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)

    sent_id = await _send(graph, number, biz_opaque_callback_data="order-7")

    statuses = await receiver.wait_for("statuses", 3)
    assert _names(statuses) == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {sent_id}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"order-7"}
    free = {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert [status.get("pricing") for status in statuses] == [free, free, None]
    assert (await _phone(controls))[-1]["status"] == "read"


async def test_statuses_wait_for_a_frozen_clock(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/clock", json={"freeze": True})
    await _send_template(graph, number)

    before = await _phone(controls)
    await controls.post("/clock", json={"advanceS": 0.2})
    between = await _phone(controls)
    await controls.post("/clock", json={"advanceS": 1})
    after = await _phone(controls)

    assert [phone[0]["status"] for phone in (before, between, after)] == [
        "accepted",
        "delivered",
        "read",
    ]
    assert _names(await receiver.wait_for("statuses", 3)) == ["sent", "delivered", "read"]


async def test_instant_statuses_need_no_time(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/clock", json={"freeze": True})
    await controls.post("/settings", json={"instant": True})

    await _send_template(graph, number)

    assert _names(await receiver.wait_for("statuses", 3)) == ["sent", "delivered", "read"]


async def test_free_text_outside_the_window_is_accepted_and_fails_later(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _send(graph, number)

    statuses = await receiver.wait_for("statuses", 1)

    assert _names(statuses) == ["failed"]
    assert statuses[0]["errors"] == [
        {
            "code": 131047,
            "title": "Re-engagement message",
            "message": "Re-engagement message",
            "error_data": {
                "details": "Message failed to send because more than 24 hours have passed since "
                "the customer last replied to this number."
            },
            "href": "https://developers.facebook.com/documentation/business-messaging/whatsapp/"
            "support/error-codes",
        }
    ]


async def test_free_text_outside_the_window_may_vanish_in_silence(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await controls.post("/settings", json={"outOfWindow": "silent"})
    await _send(graph, number)

    await receiver.wait_for("statuses", 1)
    await controls.post("/clock", json={"advanceS": 40 * DAY_S})

    assert sandbox.world.clock.pending == 0
    assert _names(receiver.items("statuses")) == ["sent"]


async def test_the_window_closes_after_a_day(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)
    await controls.post("/clock", json={"advanceS": DAY_S - 60})
    inside = await _send(graph, number)
    await receiver.wait_for("statuses", 3)
    await controls.post("/clock", json={"advanceS": 60})
    outside = await _send(graph, number)

    statuses = await receiver.wait_for("statuses", 4)

    assert [(status["id"], status["status"]) for status in statuses[2:]] == [
        (inside, "read"),
        (outside, "failed"),
    ]


async def test_a_window_is_between_one_person_and_one_number(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _write(controls)

    await _send(graph, number, to="+16505559876")

    assert _names(await receiver.wait_for("statuses", 1)) == ["failed"]


async def test_a_phone_that_is_off_gets_everything_later_in_order(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"online": False})
    first = await _send_template(graph, number)
    second = await _send_template(graph, number)
    await receiver.wait_for("statuses", 2)
    await controls.post("/clock", json={"advanceS": 60})

    await controls.patch(f"/people/{seed.PERSON}", json={"online": True})

    statuses = await receiver.wait_for("statuses", 6)
    assert [(status["id"], status["status"]) for status in statuses] == [
        (first, "sent"),
        (second, "sent"),
        (first, "delivered"),
        (second, "delivered"),
        (first, "read"),
        (second, "read"),
    ]


async def test_a_message_past_its_life_is_dropped_without_a_word(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"online": False})
    await _send_template(graph, number)
    await receiver.wait_for("statuses", 1)
    await controls.post("/clock", json={"advanceS": 31 * DAY_S})

    await controls.patch(f"/people/{seed.PERSON}", json={"online": True})
    await controls.post("/clock", json={"advanceS": 60})

    assert _names(receiver.items("statuses")) == ["sent"]


async def test_who_blocks_the_business_gets_nothing(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"blocks": [number]})

    await _send_template(graph, number)

    await receiver.wait_for("statuses", 1)
    await until(lambda: sandbox.world.clock.pending == 0)
    assert _names(receiver.items("statuses")) == ["sent"]
    refused = await controls.post(f"/people/{seed.PERSON}/messages", json={"text": {"body": "x"}})
    assert refused.status_code == 409


async def test_without_read_receipts_delivered_is_the_last_word(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"readReceipts": False})

    await _send_template(graph, number)

    await receiver.wait_for("statuses", 2)
    await until(lambda: sandbox.world.clock.pending == 0)
    assert _names(receiver.items("statuses")) == ["sent", "delivered"]


@pytest.mark.parametrize(
    ("mode", "request_part", "code"),
    [
        ("live", {"to": "+16505550000"}, 131026),
        (
            "development",
            {"type": "image", "image": {"link": "https://files.invalid/a.jpg"}},
            131053,
        ),
    ],
)
async def test_some_failures_are_only_told_by_webhook(
    mode: str,
    request_part: Json,
    code: int,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await _write(controls)
    await controls.post("/settings", json={"mode": mode})

    await _send(graph, number, **request_part)

    statuses = await receiver.wait_for("statuses", 1)
    assert [error["code"] for error in statuses[0]["errors"]] == [code]


async def test_a_thousand_service_messages_a_month_are_free(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await controls.post("/clock", json={"setTo": "2026-11-05T12:00:00Z", "freeze": True})
    await controls.post("/settings", json={"instant": True})
    await _write(controls)
    sender = sandbox.world.numbers[number]
    sender.free_month, sender.free_used = "2026-11", 999

    await _send(graph, number)
    await receiver.wait_for("statuses", 3)
    await _send(graph, number)

    statuses = await receiver.wait_for("statuses", 6)
    kinds = [status["pricing"]["type"] for status in statuses if status["status"] == "sent"]
    assert kinds == ["free_customer_service", "regular"]


async def test_webhooks_are_escaped_ascii_and_signed_over_those_bytes(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls, "Grüße / \U0001f600 <b>")

    messages = await receiver.wait_for("messages", 1)

    assert messages[0]["text"] == {"body": "Grüße / \U0001f600 <b>"}
    post = receiver.posts[0]
    assert b'"Gr\\u00fc\\u00dfe \\/ \\ud83d\\ude00 <b>"' in post.body
    assert post.body.isascii()
    assert post.is_signed_with(seed.APP_SECRET)
    assert not post.is_signed_with("another-secret")


async def test_a_failed_webhook_comes_again_with_the_same_bytes(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [0.01, 0.01, 0.01]})
    receiver.answers.extend([500, 302, 202])

    await _write(controls)

    await until(lambda: len(receiver.posts) == 4)
    assert len({post.body for post in receiver.posts}) == 1
    log = (await controls.get("/webhooks")).json()
    assert [attempt["status"] for attempt in log["deliveries"][0]["attempts"]] == [
        500,
        302,
        202,
        200,
    ]
    assert log["deliveries"][0]["state"] == "delivered"
    assert log["waiting"] == 0


async def test_a_webhook_is_given_up_when_the_retries_are_used_up(
    sandbox: RunningSandbox, receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [0.01]})
    receiver.answers.extend([500, 500])

    await _write(controls, "lost")
    await _write(controls, "arrives")

    await until(lambda: len(receiver.posts) == 3)
    await until(lambda: sandbox.world.courier.waiting == 0)
    log = (await controls.get("/webhooks")).json()
    assert [delivery["state"] for delivery in log["deliveries"]] == ["delivered", "dropped"]


async def test_a_retry_waits_on_the_sandboxs_clock(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [3600]})
    receiver.answers.append(503)
    await _write(controls)
    await until(lambda: len(receiver.posts) == 1)

    log = (await controls.get("/webhooks")).json()["deliveries"]
    await controls.post("/clock", json={"advanceS": 3600})

    assert log[0]["state"] in ("sending", "waiting")
    await until(lambda: len(receiver.posts) == 2)


async def test_a_conversation_stays_in_order_through_retries(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"retryDelaysS": [0.01] * 9})
    receiver.answers.extend([500] * 5)

    ids = await _write(controls, "Number {n}", count=5)

    await until(lambda: len(receiver.posts) == 10)
    arrived = [message["id"] for post in receiver.posts[5:] for message in _messages(post.body)]
    assert arrived == ids
    assert [message["text"]["body"] for message in receiver.items("messages")[5:]] == [
        f"Number {n}" for n in range(1, 6)
    ]


def _messages(body: bytes) -> list[Json]:
    messages: list[Json] = json.loads(body)["entry"][0]["changes"][0]["value"]["messages"]
    return messages


async def test_updates_due_at_once_share_a_post_when_batching_is_on(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"batchLimit": 1000})

    ids = await _write(controls, count=1500)

    messages = await receiver.wait_for("messages", 1500)
    assert [message["id"] for message in messages] == ids
    assert [len(_messages(post.body)) for post in receiver.posts] == [1000, 500]
    assert receiver.posts[0].is_signed_with(seed.APP_SECRET)


async def test_a_batch_stays_under_three_megabytes(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await controls.post("/settings", json={"batchLimit": 1000})

    ids = await _write(controls, "\U0001f600" * 1000, count=600)

    messages = await receiver.wait_for("messages", 600)
    assert [message["id"] for message in messages] == ids
    assert max(len(post.body) for post in receiver.posts) <= 3_000_000


async def test_a_delivery_can_be_sent_again(
    receiver: Receiver, controls: httpx.AsyncClient, number: str
) -> None:
    await _write(controls)
    await until(lambda: len(receiver.posts) == 1)
    delivery = (await controls.get("/webhooks")).json()["deliveries"][0]

    answer = await controls.post(f"/webhooks/{delivery['id']}/resend")

    assert answer.status_code == 202
    await until(lambda: len(receiver.posts) == 2)
    assert receiver.posts[0] == receiver.posts[1]


async def test_nothing_is_sent_for_an_account_without_subscription(
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
    number: str,
) -> None:
    await graph.delete(f"/{seed.WABA_ID}/subscribed_apps")
    await _write(controls)
    await graph.post(f"/{seed.WABA_ID}/subscribed_apps")

    second = await _write(controls)

    messages = await receiver.wait_for("messages", 1)
    assert [message["id"] for message in messages] == second


async def test_an_override_gets_the_accounts_messages(
    receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> None:
    async with receiving("their-token") as own:
        override = {"override_callback_uri": own.url, "verify_token": "their-token"}
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps", json=override)
        shown = (await graph.get(f"/{seed.WABA_ID}/subscribed_apps")).json()

        await _write(controls)

        await own.wait_for("messages", 1)
        assert own.posts[0].is_signed_with(seed.APP_SECRET)
    assert receiver.posts == []
    assert shown["data"][0]["override_callback_uri"] == own.url


async def test_an_override_that_does_not_answer_is_refused(
    receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    override = {"override_callback_uri": receiver.url, "verify_token": "wrong"}

    answer = await graph.post(f"/{seed.WABA_ID}/subscribed_apps", json=override)

    assert answer.status_code == 400
    assert "HTTP 403" in answer.json()["error"]["message"]
    shown = (await graph.get(f"/{seed.WABA_ID}/subscribed_apps")).json()
    assert "override_callback_uri" not in shown["data"][0]


async def test_a_callback_must_pass_the_handshake(
    sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    async with receiving("something-else") as callback:
        answer = await controls.post("/webhook", json={"callbackUrl": callback.url})

    assert answer.status_code == 400
    assert answer.json() == {
        "verified": False,
        "reason": "the callback answered the handshake with HTTP 403, not 200",
        "callbackUrl": None,
    }
    assert sandbox.world.apps[seed.APP_ID].callback_url is None


async def test_a_callback_that_is_not_there_is_named_so(controls: httpx.AsyncClient) -> None:
    answer = await controls.post("/webhook", json={"callbackUrl": "http://127.0.0.1:1/"})

    assert answer.status_code == 400
    assert answer.json()["reason"] == "the callback could not be reached (ConnectError)"


async def test_the_app_token_configures_the_callback_through_graph(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    settings = {"object": "whatsapp_business_account", "fields": "messages,account_update"}
    async with sandbox.graph(f"{seed.APP_ID}|{seed.APP_SECRET}") as app, receiving() as callback:
        settings |= {"callback_url": callback.url, "verify_token": seed.VERIFY_TOKEN}
        saved = await app.post(f"/{seed.APP_ID}/subscriptions", data=settings)
        shown = (await app.get(f"/{seed.APP_ID}/subscriptions")).json()
    refused = await graph.get(f"/{seed.APP_ID}/subscriptions")

    assert saved.json() == {"success": True}
    assert shown["data"] == [
        {
            "object": "whatsapp_business_account",
            "callback_url": callback.url,
            "active": True,
            "fields": [
                {"name": "messages", "version": "v25.0"},
                {"name": "account_update", "version": "v25.0"},
            ],
        }
    ]
    assert refused.json()["error"]["code"] == 15
